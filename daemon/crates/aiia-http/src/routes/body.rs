//! Reads a body: its type, its size and its time are bounded.

use std::time::Duration;

use aiia_protocol::problem::{Problem, ProblemCode};
use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, header};
use futures::StreamExt;
use serde_json::Value;

use super::json;

/// How much a body may be, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyLimits {
    /// Bytes.
    pub(crate) bytes: usize,
    /// From the end of the head to the end of the body.
    pub(crate) time: Duration,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { bytes: 8 << 20, time: Duration::from_secs(30) }
    }
}

/// How much of a body that is too large is taken and thrown away, so that the client is still there to read why.
const MAX_THROWN_AWAY: u64 = 256 << 20;

/// The JSON value of the body; nothing when the body is empty.
pub(crate) async fn read_json(headers: &HeaderMap, body: Body, limits: BodyLimits) -> Result<Option<Value>, Problem> {
    let declared = headers.get(header::CONTENT_TYPE);
    if let Some(declared) = declared
        && !declared.to_str().is_ok_and(is_json)
    {
        return Err(unsupported("The body must be JSON."));
    }
    let encoded = headers.get(header::CONTENT_ENCODING);
    if encoded.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(unsupported("The body must not be compressed."));
    }
    let mut chunks = body.into_data_stream();
    let read = tokio::time::timeout(limits.time, read_bounded(headers, &mut chunks, limits.bytes)).await;
    let Ok(read) = read else {
        return Err(Problem::new(
            ProblemCode::RequestTimeout,
            format!("The body was not there after {} s.", limits.time.as_secs()),
        ));
    };
    let Some(bytes) = read? else {
        let _ = tokio::time::timeout(limits.time, throw_away(chunks)).await;
        let mebibytes = limits.bytes >> 20;
        return Err(Problem::new(ProblemCode::TooLarge, format!("The body is larger than {mebibytes} MiB."))
            .with_hint("Send less at once."));
    };
    if bytes.is_empty() {
        return Ok(None);
    }
    if declared.is_none() {
        return Err(unsupported("The body has no type."));
    }
    json::parse(&bytes).map(Some)
}

/// Refuses a body where none is taken.
pub(super) fn refuse(headers: &HeaderMap) -> Result<(), Problem> {
    let empty = headers.get(header::CONTENT_LENGTH).is_none_or(|length| length.as_bytes() == b"0");
    if empty && !headers.contains_key(header::TRANSFER_ENCODING) {
        return Ok(());
    }
    Err(Problem::new(ProblemCode::InvalidParams, "This request takes no body.")
        .with_hint("Its parameters are in the path and the query."))
}

/// The whole body, or nothing when it is larger than `limit`.
async fn read_bounded(
    headers: &HeaderMap,
    chunks: &mut BodyDataStream,
    limit: usize,
) -> Result<Option<Vec<u8>>, Problem> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit as u64) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Problem::new(ProblemCode::InvalidParams, "The body broke off."))?;
        if bytes.len() + chunk.len() > limit {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}

async fn throw_away(mut chunks: BodyDataStream) {
    let mut thrown_away = 0;
    while let Some(Ok(chunk)) = chunks.next().await {
        thrown_away += chunk.len() as u64;
        if thrown_away > MAX_THROWN_AWAY {
            return;
        }
    }
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    ["application/json", "application/merge-patch+json"].iter().any(|json| essence.eq_ignore_ascii_case(json))
}

fn unsupported(detail: &str) -> Problem {
    Problem::new(ProblemCode::UnsupportedMediaType, detail)
        .with_hint("Send it as it is with Content-Type: application/json.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_types() {
        for (media_type, json) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/merge-patch+json", true),
            ("application/jsonp", false),
            ("text/plain", false),
            ("text/plain; application/json", false),
            ("application/x-www-form-urlencoded", false),
            ("multipart/form-data; boundary=x", false),
            ("", false),
        ] {
            assert_eq!(is_json(media_type), json, "{media_type}");
        }
    }
}
