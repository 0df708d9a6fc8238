//! An answer of a server, wherever it is.

use std::task::{Context, Poll};
use std::time::Duration;

use futures::stream::BoxStream;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode};
use tokio_util::bytes::Bytes;
use url::Url;

use super::client::{Clients, connection_error, near_error, passes};
use super::near;
use crate::error::LlmError;
use crate::provider::{ProviderConfig, Timeouts};

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

    /// The wait in seconds that the server asks for; dates are not read, our own back-off serves then.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let seconds: f64 = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

/// The content type that headers tell, lower case.
pub(crate) fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_ascii_lowercase()
}

impl Body {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        let broken = |error: &dyn std::fmt::Display| BrokenOff(error.to_string());
        match self {
            Self::Near(body) => body.poll_next(context).map_err(|error| broken(&error)),
            Self::Far(body) => body.as_mut().poll_next(context).map_err(|error| broken(&error)),
        }
    }

    /// The next piece; nothing at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, BrokenOff> {
        std::future::poll_fn(|context| self.poll_next(context)).await.transpose()
    }
}
