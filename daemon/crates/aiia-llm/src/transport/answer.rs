//! An answer of a server, wherever it is.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::stream::BoxStream;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode};
use tokio_util::bytes::Bytes;
use url::Url;

use super::client::{Clients, connection_error, near_error, passes};
use super::near;
use crate::error::LlmError;
use crate::provider::{ProviderConfig, Timeouts};

/// What is kept for the next piece.
const MAX_KEPT: usize = 4096;

/// An answer whose head is there.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// A body, as it comes. Dropping it closes the connection where it was not read to its end.
pub(crate) enum Body {
    /// From this machine.
    Near(near::Body),
    /// From anywhere else.
    Far(BoxStream<'static, reqwest::Result<Bytes>>),
}

/// The rest of an answer is not to be had.
#[derive(Debug)]
pub(crate) struct BrokenOff(pub(crate) String);

impl Answer {
    /// Sends a request; gives the answer, or the error and whether it may pass by itself.
    pub(crate) async fn to(
        request: RequestBuilder,
        provider: &ProviderConfig,
        url: &Url,
        timeouts: &Timeouts,
    ) -> Result<Self, (LlmError, bool)> {
        let far = |error: reqwest::Error| {
            (connection_error(&error, provider, url, timeouts.connect), super::client::was_reset(&error))
        };
        if !Clients::is_near(url) {
            let mut response = request.send().await.map_err(far)?;
            let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
            return Ok(Self { status, headers, body: Body::Far(Box::pin(response.bytes_stream())) });
        }
        let request = request.build().map_err(far)?;
        let response = near::send(request, timeouts.connect).await;
        let near::Response { status, headers, body } = response.map_err(|error| {
            let passes = passes(&error);
            (near_error(error, provider, url, timeouts.connect), passes)
        })?;
        Ok(Self { status, headers, body: Body::Near(body) })
    }

    /// The content type, lower case.
    pub(crate) fn content_type(&self) -> String {
        content_type(&self.headers)
    }

    /// The wait that the server asks for, in seconds or until a date.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        retry_after(self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim(), jiff::Timestamp::now())
    }

    /// How the body is compressed, which nobody asked for; `None` where it is plain.
    pub(crate) fn compression(&self) -> Option<String> {
        let coding = self.headers.get(CONTENT_ENCODING)?.to_str().unwrap_or("?").trim().to_ascii_lowercase();
        (!coding.is_empty() && coding != "identity").then_some(coding)
    }
}

/// The wait that `asked` stands for. One that is too long to be told in numbers is as long as can be.
fn retry_after(asked: &str, now: jiff::Timestamp) -> Option<Duration> {
    if asked.starts_with(|first: char| first.is_ascii_digit()) {
        let seconds: f64 = asked.parse().ok()?;
        return Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    }
    let until = jiff::fmt::rfc2822::parse(asked).ok()?.timestamp();
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

/// The content type that headers tell, lower case.
pub(crate) fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_ascii_lowercase()
}

impl Body {
    fn poll_next(&mut self, context: &mut Context<'_>, piece: &mut Vec<u8>) -> Poll<Result<bool, BrokenOff>> {
        let broken = |error: &dyn std::fmt::Display| BrokenOff(error.to_string());
        match self {
            Self::Near(body) => body.poll_next(context, piece).map_err(|error| broken(&error)),
            Self::Far(body) => Poll::Ready(match ready!(body.as_mut().poll_next(context)) {
                Some(bytes) => {
                    bytes.map(|bytes| piece.extend_from_slice(&bytes)).map(|()| true).map_err(|error| broken(&error))
                }
                None => Ok(false),
            }),
        }
    }

    /// Puts the next piece into `piece`, in the place of what is there; says whether there is one. Its room serves one piece after the
    /// other.
    pub(crate) async fn next(&mut self, piece: &mut Vec<u8>) -> Result<bool, BrokenOff> {
        piece.clear();
        piece.shrink_to(MAX_KEPT);
        std::future::poll_fn(|context| self.poll_next(context, piece)).await
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("3", Some(Duration::from_secs(3)))]
    #[case("0.5", Some(Duration::from_millis(500)))]
    #[case("999999999999999999999", Some(Duration::MAX))]
    #[case("Sun, 22 Nov 2026 12:00:05 GMT", Some(Duration::from_secs(5)))]
    #[case("Sun, 22 Nov 2026 11:59:00 GMT", Some(Duration::ZERO))]
    #[case("-1", None)]
    #[case("inf", None)]
    #[case("soon", None)]
    #[case("", None)]
    fn what_a_server_asks_to_wait(#[case] asked: &str, #[case] expected: Option<Duration>) {
        assert_eq!(retry_after(asked, "2026-11-22T12:00:00Z".parse().unwrap()), expected);
    }
}
