//! Large files over HTTP, gone on with where the last attempt ended.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use futures::StreamExt;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_RANGE, RANGE};
use reqwest::{Client, Response, redirect};
use tokio_util::sync::CancellationToken;

use super::{OnProgress, PullProgress};
use crate::error::{LlmError, LlmErrorKind};

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// A server that sends nothing for so long is given up.
const STALL_LIMIT: Duration = Duration::from_mins(1);
/// Places that have large files lead on to others that keep them.
const REDIRECTS: usize = 5;

/// A client for public files.
pub(super) fn client() -> Result<Client, LlmError> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(redirect::Policy::limited(REDIRECTS))
        .connect_timeout(CONNECT_LIMIT)
        .read_timeout(STALL_LIMIT)
        .user_agent(concat!("aiia/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| failed(&error))
}

/// Brings the file at `url` to `target`. Bytes that are there already are not asked for again. Of a file that is to have
/// `size` bytes, another one is refused.
///
/// # Errors
/// When the server does not have it, stops sending, or `cancel` ends it; what has arrived is kept.
pub(super) async fn fetch(
    url: &str,
    target: &Path,
    size: Option<u64>,
    progress: OnProgress<'_>,
    cancel: &CancellationToken,
) -> Result<(), LlmError> {
    let client = client()?;
    let mut there = fs::metadata(target).map_or(0, |metadata| metadata.len());
    loop {
        if size.is_some_and(|size| there == size) {
            return Ok(());
        }
        let result = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(LlmError::cancelled()),
            result = transfer(&client, url, target, there, size, progress) => result,
        };
        let now = fs::metadata(target).map_or(0, |metadata| metadata.len());
        match result {
            Ok(()) if size.is_none_or(|size| now == size) => return Ok(()),
            Ok(()) if now <= there => {
                return Err(failure(LlmErrorKind::CutOff, "The transfer ended early.".to_owned()));
            }
            // A connection that broke after it brought something is gone on with; one that brings nothing is not insisted on.
            Err(error) if now <= there || error.kind != LlmErrorKind::CutOff => return Err(error),
            _ => there = now,
        }
    }
}

async fn transfer(
    client: &Client,
    url: &str,
    target: &Path,
    from: u64,
    size: Option<u64>,
    progress: OnProgress<'_>,
) -> Result<(), LlmError> {
    let mut request = client.get(url).header(ACCEPT_ENCODING, "identity");
    if from > 0 {
        request = request.header(RANGE, format!("bytes={from}-"));
    }
    let response = request.send().await.map_err(|error| failed(&error))?;
    let status = response.status();
    // All of it was there already, though nobody knew its size.
    if status.as_u16() == 416 && size.is_none() {
        return Ok(());
    }
    if !status.is_success() {
        return Err(failure(LlmErrorKind::Server, format!("It answered {status}.")).with_status(status.as_u16()));
    }
    let resumed = status.as_u16() == 206;
    let start = if resumed { from } else { 0 };
    let total = total_of(&response, resumed);
    if let (Some(total), Some(size)) = (total, size)
        && total != size
    {
        return Err(failure(LlmErrorKind::Malformed, format!("It has a file of {total} bytes, not {size}.")));
    }
    let unwritable = |error: std::io::Error| {
        LlmError::new(
            LlmErrorKind::ModelFile,
            format!("{} cannot be written: {error}.", target.display()),
            "Make room or mend the permissions, then pull the model again.",
        )
    };
    let mut file = OpenOptions::new().create(true).write(true).truncate(!resumed).open(target).map_err(unwritable)?;
    file.seek(SeekFrom::Start(start)).map_err(unwritable)?;
    let mut completed = start;
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| {
            failure(LlmErrorKind::CutOff, format!("The transfer broke off: {}.", error.without_url()))
        })?;
        completed += chunk.len() as u64;
        if size.is_some_and(|size| completed > size) {
            return Err(failure(LlmErrorKind::Malformed, "It sent more than the file has.".to_owned()));
        }
        file.write_all(&chunk).map_err(unwritable)?;
        progress(PullProgress { step: "downloading".to_owned(), completed, total: size.or(total) });
    }
    file.sync_all().map_err(unwritable)
}

fn total_of(response: &Response, resumed: bool) -> Option<u64> {
    if resumed {
        let range = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
        return range.rsplit('/').next()?.parse().ok();
    }
    response.content_length()
}

pub(super) fn failed(error: &reqwest::Error) -> LlmError {
    let kind = if error.is_connect() { LlmErrorKind::Refused } else { LlmErrorKind::CutOff };
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    failure(kind, format!("It cannot be reached: {reason}."))
}

pub(super) fn failure(kind: LlmErrorKind, message: String) -> LlmError {
    LlmError::new(kind, message, "Check the network and pull the model again; what has arrived is kept.")
}
