//! Backups: whole copies of the store in a folder beside it. One is moved to its place only after it was opened and checked.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use aiia_protocol::backup::{Backup, BackupReport};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rusqlite::{Connection, OpenFlags};

use crate::{Store, StoreError, check, opening, schema};

/// The folder in the data directory.
const FOLDER: &str = "backups";
const PREFIX: &str = "aiia-";
const SUFFIX: &str = ".db";
/// What stands after the time in the name of a backup that somebody asked for.
const BY_HAND: &str = "-by-hand";
/// How the time stands in a name; names sort by time.
const TIME: &str = "%Y%m%dT%H%M%S%3fZ";
/// Backups that stay: the newest one of so many hours, days and weeks.
const HOURS: usize = 24;
const DAYS: usize = 7;
const WEEKS: usize = 8;

/// Why a backup is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupOccasion {
    /// It was time for one. It goes when newer ones make it needless.
    Due,
    /// Somebody asked for it. It stays until somebody removes its file.
    ByHand,
}

impl Store {
    /// Makes a backup: copied from one state of the store while others write, flushed to the disk, opened and checked.
    /// Older ones of [`BackupOccasion::Due`] that are not needed any more go.
    ///
    /// # Errors
    /// `Full`, `Io`; `Corrupt` when the copy is not sound, which then does not stay.
    pub async fn create_backup(&self, occasion: BackupOccasion) -> Result<Backup, StoreError> {
        let store = self.clone();
        let made = tokio::task::spawn_blocking(move || {
            let _alone = store.copying();
            let backup = create(store.path(), occasion)?;
            rotate(store.path());
            Ok(backup)
        });
        made.await.map_err(|error| StoreError::Internal { detail: format!("a backup ended by a fault: {error}") })?
    }

    /// The backups, the newest first.
    pub fn list_backups(&self) -> Vec<Backup> {
        list(self.path())
    }

    /// When the newest backup was made that is not of a time after `now`, as a clock that was wrong leaves them.
    pub fn newest_backup(&self, now: Timestamp) -> Option<Timestamp> {
        let times = self.list_backups().into_iter().filter_map(|backup| backup.created_at.parse().ok());
        times.filter(|time| *time <= now).max()
    }

    /// Opens a backup and looks for damage, as [`Store::check`] does with the store.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn verify_backup(&self, name: String) -> Result<BackupReport, StoreError> {
        let path = self.path().to_owned();
        let done = tokio::task::spawn_blocking(move || verify(&path, &name));
        done.await.map_err(|error| StoreError::Internal { detail: format!("a check ended by a fault: {error}") })?
    }
}

/// Puts a backup into the place of the store in `dir`, which no process may have open. What was there is kept beside it;
/// gives its path where there was something.
///
/// # Errors
/// `NotFound`; `Corrupt` when the backup is not sound; `Io`. The store is then as it was.
pub fn restore(dir: &Path, name: &str) -> Result<Option<PathBuf>, StoreError> {
    let store = dir.join(opening::FILE_NAME);
    let backup = find(&store, name)?;
    let report = report(backup)?;
    if let Some(finding) = report.findings.first() {
        return Err(StoreError::corrupt(Path::new(&report.backup.path), finding.trim_end_matches('.')));
    }
    let failed = |error: std::io::Error| StoreError::file(&store, &error);
    let draft = opening::beside(&store, ".restored");
    let _ = std::fs::remove_file(&draft);
    std::fs::copy(&report.backup.path, &draft).map_err(failed)?;
    File::options().write(true).open(&draft).and_then(|file| file.sync_all()).map_err(failed)?;
    let kept = store.exists().then(|| opening::beside(&store, &format!(".before-restore-{}", stamp())));
    let mut renames = Vec::new();
    if let Some(kept) = &kept {
        // The log belongs to the file: both go, or what is in it would be written into the backup.
        let parts = ["-wal", "-shm"].map(|suffix| (opening::beside(&store, suffix), opening::beside(kept, suffix)));
        renames.extend(parts.into_iter().filter(|(part, _)| part.exists()));
        renames.push((store.clone(), kept.clone()));
    }
    renames.push((draft.clone(), store.clone()));
    if let Err(error) = rename_all(&renames) {
        let _ = std::fs::remove_file(&draft);
        return Err(failed(error));
    }
    opening::sync_directory(&store)?;
    Ok(kept)
}

/// Renames one file after the other. Where one cannot be renamed, those before it get their names back.
fn rename_all(renames: &[(PathBuf, PathBuf)]) -> std::io::Result<()> {
    for (at, (from, to)) in renames.iter().enumerate() {
        if let Err(error) = std::fs::rename(from, to) {
            for (from, to) in renames[..at].iter().rev() {
                if let Err(error) = std::fs::rename(to, from) {
                    tracing::error!(%error, from = %to.display(), to = %from.display(), "a file did not get its name back");
                }
            }
            return Err(error);
        }
    }
    Ok(())
}

pub(crate) fn stamp() -> String {
    Timestamp::now().to_zoned(TimeZone::UTC).strftime(TIME).to_string()
}

fn folder(store: &Path) -> PathBuf {
    store.with_file_name(FOLDER)
}

fn create(store: &Path, occasion: BackupOccasion) -> Result<Backup, StoreError> {
    let folder = folder(store);
    opening::create_directory(&folder)?;
    opening::remove_drafts(&folder, PREFIX);
    let mark = if occasion == BackupOccasion::ByHand { BY_HAND } else { "" };
    let name = format!("{PREFIX}{}{mark}", stamp());
    let place = folder.join(format!("{name}{SUFFIX}"));
    let draft = opening::beside(&place, opening::DRAFT);
    let copied =
        opening::open_reader(store).and_then(|connection| opening::copy_to(&connection, &draft)).and_then(|()| {
            let findings = findings(&draft)?;
            match findings.first() {
                Some(finding) => Err(StoreError::corrupt(&draft, finding.trim_end_matches('.'))),
                None => Ok(()),
            }
        });
    if let Err(error) = copied {
        for part in [opening::beside(&draft, "-journal"), draft] {
            let _ = std::fs::remove_file(part);
        }
        return Err(error.about(store));
    }
    std::fs::rename(&draft, &place).map_err(|error| StoreError::file(&place, &error))?;
    opening::sync_directory(&place)?;
    find(store, &name)
}

fn list(store: &Path) -> Vec<Backup> {
    let mut backups: Vec<Backup> = std::fs::read_dir(folder(store))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            let name = file.strip_suffix(SUFFIX)?;
            let time = time_of(name)?;
            Some(Backup {
                name: name.to_owned(),
                path: entry.path().display().to_string(),
                created_at: format!("{time:.3}"),
                bytes: entry.metadata().ok()?.len(),
            })
        })
        .collect();
    backups.sort_by(|one, other| other.name.cmp(&one.name));
    backups
}

/// When the backup of that name was made; nothing when it is no such name.
fn time_of(name: &str) -> Option<Timestamp> {
    let text = name.strip_prefix(PREFIX)?;
    let text = text.strip_suffix(BY_HAND).unwrap_or(text).strip_suffix('Z')?;
    let (date, time) = text.split_once('T')?;
    let digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(date, 8) || !digits(time, 9) {
        return None;
    }
    let text = format!(
        "{}-{}-{}T{}:{}:{}.{}Z",
        &date[..4],
        &date[4..6],
        &date[6..],
        &time[..2],
        &time[2..4],
        &time[4..6],
        &time[6..]
    );
    text.parse().ok()
}

fn find(store: &Path, name: &str) -> Result<Backup, StoreError> {
    // Only what is listed has a name, so that no name leads out of the folder.
    let found = list(store).into_iter().find(|backup| backup.name == name);
    found.ok_or_else(|| StoreError::not_found("backup", name))
}

fn verify(store: &Path, name: &str) -> Result<BackupReport, StoreError> {
    report(find(store, name)?)
}

fn report(backup: Backup) -> Result<BackupReport, StoreError> {
    let path = PathBuf::from(&backup.path);
    let findings = findings(&path)?;
    let count = |table: &str| -> u64 {
        let connection = open(&path);
        let counted = connection.and_then(|connection| {
            Ok(connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))?)
        });
        counted.unwrap_or(0).unsigned_abs()
    };
    let (chats, messages) = if findings.is_empty() { (count("chats"), count("messages")) } else { (0, 0) };
    Ok(BackupReport { backup, findings, chats, messages })
}

fn open(path: &Path) -> Result<Connection, StoreError> {
    Ok(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?)
}

/// What is wrong with the file.
fn findings(path: &Path) -> Result<Vec<String>, StoreError> {
    let look = || -> Result<Vec<String>, StoreError> {
        let connection = open(path)?;
        let id: u32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        if id != schema::APPLICATION_ID {
            return Ok(vec!["It is no store of aiia.".to_owned()]);
        }
        let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version < schema::MIGRATIONS.len() as u32 {
            // An older one is brought up to date when it is opened; here only its structure can be judged.
            let rows: Vec<String> = crate::columns::all(&connection, "PRAGMA integrity_check", [], |row| row.get(0))?;
            return Ok(rows.into_iter().filter(|row| row != "ok").collect());
        }
        check::findings(&connection)
    };
    match look() {
        Err(StoreError::Corrupt { detail, .. }) => Ok(vec![format!("It is damaged: {detail}.")]),
        other => other,
    }
}

/// Removes backups that are not needed any more. Those made by hand stay, and take the place of none; nor do those of a time to
/// come, which another clock set.
fn rotate(store: &Path) {
    let now = Timestamp::now();
    let mut all = list(store);
    all.retain(|backup| {
        !backup.name.ends_with(BY_HAND) && backup.created_at.parse::<Timestamp>().is_ok_and(|time| time <= now)
    });
    let times: Vec<Timestamp> = all.iter().filter_map(|backup| backup.created_at.parse().ok()).collect();
    let keep = kept(&times);
    for (backup, keep) in all.iter().zip(keep) {
        if !keep && let Err(error) = std::fs::remove_file(&backup.path) {
            tracing::warn!(path = backup.path, %error, "an old backup could not be removed");
        }
    }
}

/// Which of the backups, the newest first, stay: of each of the last hours, days and weeks that have one, the newest.
fn kept(times: &[Timestamp]) -> Vec<bool> {
    let zoned: Vec<Zoned> = times.iter().map(|time| time.to_zoned(TimeZone::UTC)).collect();
    let newest_of = |name: &dyn Fn(&Zoned) -> String, most: usize| -> HashSet<usize> {
        let mut seen = HashSet::new();
        (0..zoned.len()).filter(|index| seen.insert(name(&zoned[*index]))).take(most).collect()
    };
    let hours = newest_of(&|time| time.strftime("%Y%m%d%H").to_string(), HOURS);
    let days = newest_of(&|time| time.strftime("%Y%m%d").to_string(), DAYS);
    let weeks = newest_of(&|time| time.strftime("%G%V").to_string(), WEEKS);
    (0..times.len()).map(|index| [&hours, &days, &weeks].iter().any(|stay| stay.contains(&index))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_time_and_nothing_else_is_a_name() {
        let name = format!("{PREFIX}{}", stamp());
        let time = time_of(&name).unwrap();
        assert!(time <= Timestamp::now());
        assert_eq!(time_of(&format!("{name}{BY_HAND}")), Some(time));
        for other in ["", "aiia-", "aiia-20250101T000000000", "../aiia-20250101T000000000Z", "aiia-2025-01-01", "x"] {
            assert_eq!(time_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_rename_that_fails_takes_back_those_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let [log, store, draft, kept_log, kept] =
            ["log", "store", "draft", "kept-log", "kept"].map(|name| folder.path().join(name));
        for file in [&log, &store, &draft] {
            std::fs::write(file, file.display().to_string()).unwrap();
        }
        // A file cannot be renamed over a folder.
        std::fs::create_dir(&kept).unwrap();
        let renames = [(log.clone(), kept_log.clone()), (store.clone(), kept.clone()), (draft.clone(), store.clone())];
        assert!(rename_all(&renames).is_err());
        for file in [&log, &store, &draft] {
            assert_eq!(std::fs::read_to_string(file).unwrap(), file.display().to_string());
        }
        assert!(!kept_log.exists());
        std::fs::remove_dir(&kept).unwrap();
        rename_all(&renames).unwrap();
        assert_eq!(std::fs::read_to_string(&store).unwrap(), draft.display().to_string());
        assert!(kept_log.exists() && kept.exists() && !log.exists() && !draft.exists());
    }

    #[test]
    fn hours_days_and_weeks_are_kept() {
        let start: Timestamp = "2025-06-30T23:30:00Z".parse().unwrap();
        // Every half hour for a hundred days.
        let times: Vec<Timestamp> =
            (0..4800_i64).map(|number| Timestamp::from_second(start.as_second() - number * 1800).unwrap()).collect();
        let keep = kept(&times);
        let count = keep.iter().filter(|keep| **keep).count();
        // The newest hour is the newest day and week, too.
        assert!((HOURS + DAYS + WEEKS - 3..=HOURS + DAYS + WEEKS).contains(&count), "{count}");
        assert!(keep[0] && !keep[1] && keep[2]);
        assert!(keep[100..].iter().any(|keep| *keep));
        assert_eq!(kept(&[]), Vec::<bool>::new());
    }
}
