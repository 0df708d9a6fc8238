//! `aiia backup`: copies of the store, and how one takes its place.

use aiia_protocol::Empty;
use aiia_protocol::backup::{Backup, BackupRef};
use aiia_protocol::operation::{BackupCreate, BackupList, BackupVerify};
use aiia_protocol::problem::{Problem, ProblemCode};

use crate::cli::arguments::{BackupArguments, BackupVerb};
use crate::cli::output::{self, Style, paint};
use crate::client::Client;
use crate::exit::{self, Failure};
use crate::lifecycle;
use crate::lock::Lock;
use crate::paths::Paths;

pub(crate) fn run(arguments: &BackupArguments) -> Result<u8, Failure> {
    let json = arguments.json;
    match &arguments.verb {
        BackupVerb::Create => {
            let backup = Client::open()?.call::<BackupCreate>(&Empty {})?;
            if json {
                output::json(&backup);
            } else {
                line(&backup);
            }
            Ok(exit::OK)
        }
        BackupVerb::List => {
            let backups = Client::open()?.call::<BackupList>(&Empty {})?;
            if json {
                output::json(&backups);
                return Ok(exit::OK);
            }
            if backups.items.is_empty() {
                output::note("There are no backups yet. One is made every hour in which something changes.");
            }
            backups.items.iter().for_each(line);
            Ok(exit::OK)
        }
        BackupVerb::Verify { name } => {
            let report = Client::open()?.call::<BackupVerify>(&BackupRef { name: name.clone() })?;
            let sound = report.findings.is_empty();
            if json {
                output::json(&report);
            } else if sound {
                let (chats, messages) =
                    (output::counted(report.chats, "chat"), output::counted(report.messages, "message"));
                output::line(&format!("Sound: {chats}, {messages}."));
            } else {
                report.findings.iter().for_each(|finding| output::line(finding));
            }
            Ok(if sound { exit::OK } else { exit::FAILED })
        }
        BackupVerb::Restore { name } => restore(name, json),
    }
}

/// Ends the daemon and swaps the files while nobody else can start one.
fn restore(name: &str, json: bool) -> Result<u8, Failure> {
    let paths = Paths::from_environment()?;
    let _starting = lifecycle::hold_starts(&paths);
    lifecycle::end(&paths)?;
    let lock = Lock::take(&paths.daemon_lock())
        .map_err(|error| Failure::local(format!("The lock of the data directory cannot be used: {error}.")))?;
    let Some(_lock) = lock else {
        return Err(Problem::new(ProblemCode::Unavailable, "A daemon was started meanwhile.")
            .with_hint("Close editors that use aiia, then try again.")
            .into());
    };
    let kept = aiia_engine::restore_backup(&paths.data_dir, name)?;
    if json {
        output::json(&serde_json::json!({ "restored": name, "kept": kept }));
        return Ok(exit::OK);
    }
    output::note(&format!("The store is as it was in {name}."));
    if let Some(kept) = kept {
        output::note(&format!("What was there before is kept in {}.", kept.display()));
    }
    Ok(exit::OK)
}

fn line(backup: &Backup) {
    let size = format!("{:>8} KiB", backup.bytes.div_ceil(1024));
    output::painted_line(&format!("{}  {}  {size}", backup.name, paint(&backup.path, Style::Faint)));
}
