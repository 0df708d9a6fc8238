//! One request to a server, from the connection to the last token.

use std::pin::pin;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, HeaderMap, LOCATION};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use url::Url;

use super::answer::{Answer, BrokenOff};
use super::client::{Clients, authorised, redacted};
use super::generate::DeltaSink;
use super::lines::{EventAssembler, Fault, LineSplitter, MAX_LINE, MAX_TOTAL};
use crate::chat::{ChatRequest, Delta};
use crate::dialect::{Framing, StreamState, chat_body, chat_url, failure};
use crate::error::{LlmError, LlmErrorKind};
use crate::provider::{ProviderConfig, Timeouts, shown};

/// Attempts in all, the first one included.
const ATTEMPTS: usize = 3;
/// A server that wants us to wait longer is reported instead of waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// What is read of the body of an error.
const MAX_ERROR_BODY: usize = 64 * 1024;
/// How long usage and end mark may take once the reason of the end is known.
const AFTER_FINISH: Duration = Duration::from_secs(2);
/// How long the body may take to end after the end mark.
const AFTER_DONE: Duration = Duration::from_millis(100);

/// Asks the provider and sends what it answers. Ends with `Finish` sent, or with the error.
pub(crate) async fn run(
    clients: &Clients,
    provider: &ProviderConfig,
    request: Box<ChatRequest>,
    timeouts: &Timeouts,
    sink: &mut DeltaSink,
) -> Result<(), LlmError> {
    let url = chat_url(provider, &request)?;
    let deadline = Instant::now() + timeouts.first_token;
    // What it takes to ask is let go before the answer is read, which goes on for much longer.
    let response = Box::pin(connect(clients, provider, request, timeouts, &url, deadline, sink)).await?;
    read(response, provider, timeouts, &url, deadline, sink).await
}

/// Sends the request until it is answered with success: again after a passing failure, never once
/// anything of an answer has arrived.
async fn connect(
    clients: &Clients,
    provider: &ProviderConfig,
    request: Box<ChatRequest>,
    timeouts: &Timeouts,
    url: &Url,
    deadline: Instant,
    sink: &mut DeltaSink,
) -> Result<Answer, LlmError> {
    let client = clients.for_url(url, timeouts)?;
    let model = format!("{}/{}", provider.name, request.model);
    let mut has_temperature = request.temperature.is_some() && !clients.refuses_temperature(&model);
    let without = || chat_body(provider, &ChatRequest { temperature: None, ..ChatRequest::clone(&request) });
    let mut body =
        if has_temperature || request.temperature.is_none() { chat_body(provider, &request)? } else { without()? };
    let mut waits = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(300))
        .with_max_delay(Duration::from_secs(5))
        .with_jitter()
        .with_max_times(ATTEMPTS - 1)
        .build();
    loop {
        let request = authorised(client.post(url.clone()), provider)
            .header(ACCEPT, "text/event-stream, application/x-ndjson, application/json")
            .json(&body);
        let sending = Answer::to(request, provider, url, timeouts);
        let answered = timeout_at(deadline, sending).await.map_err(|_| first_token_timeout(provider, timeouts))?;
        let (error, passing) = match answered {
            Ok(answer) if answer.status.is_success() => return Ok(answer),
            Ok(answer) => refusal(answer, provider, url, timeouts).await,
            Err(failed) => failed,
        };
        // Models that think choose it themselves, and say so only when they are given one.
        if has_temperature && error.status == Some(400) && takes_no_temperature(&error.message) {
            tracing::info!(model, "it takes no temperature");
            clients.note_fixed_temperature(model.clone());
            has_temperature = false;
            body = without()?;
            continue;
        }
        let Some(wait) = waits.next().filter(|_| passing) else { return Err(error) };
        let wait = error.retry_after.map_or(wait, |asked| asked.max(wait));
        if wait > LONGEST_WAIT || Instant::now() + wait > deadline {
            return Err(error);
        }
        tracing::debug!(provider = provider.name, kind = error.kind.as_str(), ?wait, "asking again");
        sink.send(Ok(Delta::Status(format!("{} Asking again in {:.1} s", error.message, wait.as_secs_f32())))).await;
        tokio::time::sleep(wait).await;
    }
}

/// Whether an error says that the model takes no temperature at all, or none but its own; that one is out of range is the user's to
/// know. As `OpenAI`, Azure, Anthropic, Google and those who speak like them say it.
fn takes_no_temperature(message: &str) -> bool {
    let message = message.to_lowercase();
    let says = |what: &[&str]| what.iter().any(|what| message.contains(what));
    message.contains("temperature")
        && says(&[
            "unsupported",
            "not support", // … does not support 0 with this model; is not supported
            "deprecated",
            "not compatible",
            "not allowed",
            "not permitted",
            "unknown parameter",
            "unrecognized",
            "unexpected",
            "only the default",
            "may only be set to 1", // while the model thinks
        ])
}

/// The error of an answer that is no success, and whether it may pass by itself.
async fn refusal(mut answer: Answer, provider: &ProviderConfig, url: &Url, timeouts: &Timeouts) -> (LlmError, bool) {
    let status = answer.status.as_u16();
    if (300..400).contains(&status) {
        return (redirect_error(answer.status, &answer.headers, provider, url), false);
    }
    let (retry_after, content_type) = (answer.retry_after(), answer.content_type());
    let mut body = Vec::new();
    // A body that never ends must not hold the error back.
    let reading = async {
        while let Ok(Some(bytes)) = answer.body.next().await {
            body.extend_from_slice(&bytes);
            if body.len() > MAX_ERROR_BODY {
                break;
            }
        }
    };
    let _ = timeout(timeouts.connect, reading).await;
    body.truncate(MAX_ERROR_BODY);
    let mut error = failure::of_response(status, &content_type, &String::from_utf8_lossy(&body), &shown(url));
    error.message = redacted(provider, &error.message);
    error.retry_after = retry_after;
    let used_up = error.kind == LlmErrorKind::Quota && error.message.contains("used up");
    (error, matches!(status, 429 | 502 | 503 | 529) && !used_up)
}

async fn read(
    answer: Answer,
    provider: &ProviderConfig,
    timeouts: &Timeouts,
    url: &Url,
    deadline: Instant,
    sink: &mut DeltaSink,
) -> Result<(), LlmError> {
    let mut reader = BodyReader::new(provider, &answer.content_type());
    // The head, which may hold the buffer that it was read into, is let go.
    let Answer { mut body, .. } = answer;
    // One for all chunks: it is only put off, which costs next to nothing.
    let mut limit = pin!(sleep_until(deadline));
    loop {
        if reader.state.is_finishing() {
            limit.as_mut().reset(Instant::now() + AFTER_FINISH);
        } else if reader.began {
            limit.as_mut().reset(Instant::now() + timeouts.idle);
        }
        let chunk = tokio::select! {
            biased;
            chunk = body.next() => Ok(chunk),
            () = &mut limit => Err(()),
        };
        let bytes = match chunk {
            Ok(Ok(Some(bytes))) => bytes,
            Ok(Ok(None)) => return reader.end(sink).await,
            Ok(Err(BrokenOff(error))) => {
                tracing::debug!(provider = provider.name, error, "the answer broke off");
                if reader.state.is_finishing() {
                    return reader.end(sink).await;
                }
                return Err(LlmError::new(
                    LlmErrorKind::CutOff,
                    format!("The connection to {} broke off before the answer was complete.", shown(url)),
                    "What arrived is kept. Ask again, or look into the model server's log.",
                ));
            }
            Err(()) if reader.state.is_finishing() => return reader.end(sink).await,
            Err(()) if reader.began => {
                return Err(LlmError::new(
                    LlmErrorKind::IdleTimeout,
                    format!(
                        "The answer stopped: nothing came from {} for {} s.",
                        shown(url),
                        timeouts.idle.as_secs_f32()
                    ),
                    "What arrived is kept. Ask again; a longer idle limit can be configured.",
                ));
            }
            Err(()) => return Err(first_token_timeout(provider, timeouts)),
        };
        reader.bytes(&bytes, sink).await?;
        if reader.state.is_done() {
            // A connection whose body was read to its end serves the next request as well.
            let drained = async { while let Ok(Some(_)) = body.next().await {} };
            let _ = timeout(AFTER_DONE, drained).await;
            return reader.end(sink).await;
        }
    }
}

/// Bytes of a body into deltas.
struct BodyReader<'p> {
    provider: &'p ProviderConfig,
    content_type: String,
    state: StreamState,
    lines: LineSplitter,
    events: EventAssembler,
    framing: Framing,
    /// A whole JSON text instead of a stream, as servers send that cannot stream.
    whole: Option<String>,
    first_line: Option<String>,
    saw_event: bool,
    /// The first text has arrived.
    began: bool,
}

impl<'p> BodyReader<'p> {
    fn new(provider: &'p ProviderConfig, content_type: &str) -> Self {
        let state = StreamState::new(provider.dialect);
        let framing = state.framing();
        let is_whole = framing == Framing::ServerSentEvents && content_type.starts_with("application/json");
        Self {
            provider,
            content_type: content_type.to_owned(),
            state,
            lines: LineSplitter::new(MAX_LINE, MAX_TOTAL),
            events: EventAssembler::default(),
            framing,
            whole: is_whole.then(String::new),
            first_line: None,
            saw_event: false,
            began: false,
        }
    }

    async fn bytes(&mut self, bytes: &[u8], sink: &mut DeltaSink) -> Result<(), LlmError> {
        if !self.saw_event && failure::looks_like_html(&self.content_type, bytes) {
            return Err(failure::html());
        }
        let (lines, fault) = self.lines.push(bytes);
        for line in lines {
            self.line(&line, sink).await?;
            if self.state.is_done() {
                return Ok(());
            }
        }
        fault.map_or(Ok(()), |fault| Err(malformed(fault)))
    }

    async fn line(&mut self, line: &str, sink: &mut DeltaSink) -> Result<(), LlmError> {
        if self.first_line.is_none() && !line.trim().is_empty() {
            self.first_line = Some(line.to_owned());
        }
        if let Some(whole) = &mut self.whole {
            whole.push_str(line);
            whole.push('\n');
            return Ok(());
        }
        let event = match self.framing {
            Framing::JsonLines => Some(line.to_owned()),
            Framing::ServerSentEvents => self.events.line(line).map_err(malformed)?,
        };
        match event {
            Some(event) => self.event(&event, sink).await,
            None => Ok(()),
        }
    }

    async fn event(&mut self, event: &str, sink: &mut DeltaSink) -> Result<(), LlmError> {
        if event.trim().is_empty() {
            return Ok(());
        }
        let deltas = self
            .state
            .on_event(event)
            .map_err(|error| LlmError { message: redacted(self.provider, &error.message), ..error })?;
        self.saw_event = true;
        for delta in deltas {
            self.began |= matches!(delta, Delta::Text(_) | Delta::Reasoning(_));
            sink.send(Ok(delta)).await;
        }
        Ok(())
    }

    async fn end(mut self, sink: &mut DeltaSink) -> Result<(), LlmError> {
        if !self.state.is_done() {
            if let Some(line) = self.lines.finish().map_err(malformed)? {
                self.line(&line, sink).await?;
            }
            let open = self.whole.take().or_else(|| self.events.finish());
            if let Some(event) = open {
                self.event(&event, sink).await?;
            }
        }
        if let Some(line) = self.first_line.filter(|_| !self.saw_event) {
            return Err(LlmError::new(
                LlmErrorKind::Malformed,
                format!("The model server sent something that is not of its protocol: {}", failure::excerpt(&line)),
                "Check that the address and the dialect of the provider are right.",
            ));
        }
        for delta in self.state.on_end()? {
            sink.send(Ok(delta)).await;
        }
        Ok(())
    }
}

fn malformed(fault: Fault) -> LlmError {
    let message = match fault {
        Fault::LineTooLong => format!("The model server sent a line of more than {} KiB.", MAX_LINE / 1024),
        Fault::BodyTooLong => format!("The model server sent more than {} MiB.", MAX_TOTAL / 1024 / 1024),
        Fault::InvalidUtf8 => "The model server sent bytes that are no UTF-8 text.".to_owned(),
    };
    LlmError::new(
        LlmErrorKind::Malformed,
        message,
        "What arrived is kept. Check that the address and the dialect of the provider are right.",
    )
}

fn first_token_timeout(provider: &ProviderConfig, timeouts: &Timeouts) -> LlmError {
    LlmError::new(
        LlmErrorKind::FirstTokenTimeout,
        format!("'{}' did not begin to answer within {} s.", provider.name, timeouts.first_token.as_secs_f32()),
        "Ask again when the server has loaded its model, or configure a longer limit.",
    )
}

/// The error for an answer that sends us elsewhere.
pub(crate) fn redirect_error(
    status: StatusCode,
    headers: &HeaderMap,
    provider: &ProviderConfig,
    url: &Url,
) -> LlmError {
    let target = headers
        .get(LOCATION)
        .and_then(|location| location.to_str().ok())
        .and_then(|location| url.join(location).ok())
        .map_or_else(|| "another address".to_owned(), |target| shown(&target));
    LlmError::new(
        LlmErrorKind::Redirect,
        redacted(provider, &format!("{} redirects to {target}, which is not followed.", shown(url))),
        "If you trust the new address, make it the provider's base address.",
    )
    .with_status(status.as_u16())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::takes_no_temperature;

    #[rstest]
    #[case(
        "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
        true
    )]
    #[case("`temperature` is deprecated for this model.", true)]
    #[case("Unsupported parameter: 'temperature' is not supported with this model.", true)]
    #[case("`temperature` may only be set to 1 when thinking is enabled.", true)]
    #[case("temperature: Input should be less than or equal to 1", false)]
    #[case("Invalid 'temperature': decimal above maximum value. Expected a value <= 2.", false)]
    #[case("The model 'm' does not support images.", false)]
    fn only_a_model_that_takes_none_is_asked_without(#[case] message: &str, #[case] expected: bool) {
        assert_eq!(takes_no_temperature(message), expected);
    }
}
