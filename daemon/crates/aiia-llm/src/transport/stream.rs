//! One request to a server, from the connection to the last token.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, HeaderMap, LOCATION};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use url::Url;

use super::answer::{Answer, BrokenOff};
use super::body::BodyReader;
use super::client::{Clients, authorised, presentable, proxy_error, redacted};
use super::generate::DeltaSink;
use crate::chat::{ChatRequest, Delta};
use crate::dialect::{chat_url, failure};
use crate::error::{LlmError, LlmErrorKind};
use crate::provider::{ProviderConfig, Timeouts, shown};
use crate::rarely::Rarely;

/// Attempts in all, the first one included.
const ATTEMPTS: usize = 3;
/// The pause between two questions whether a model is loaded, after the first ones.
const LOADING: Duration = Duration::from_secs(2);
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
    let mut waits = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(300))
        .with_max_delay(Duration::from_secs(5))
        .with_jitter()
        .with_max_times(ATTEMPTS - 1)
        .build();
    let mut asked = Some(request);
    loop {
        let Some(request) = &asked else { return Err(LlmError::cancelled()) };
        // What it takes to ask is let go before the answer is read, which goes on for much longer.
        let response =
            Box::pin(connect(clients, provider, request, timeouts, &url, deadline, &mut waits, sink)).await?;
        match read(response, provider, timeouts, &url, deadline, &mut asked, sink).await {
            // Some tell only in the stream that they have too much to do.
            Err(error) if error.passes && !sink.has_answered() => {
                again(error, &mut waits, provider, deadline, sink).await?;
            }
            result => return result,
        }
    }
}

/// Waits until the provider may be asked again.
///
/// # Errors
/// `error`, where it has been asked often enough, or wants to be left alone for too long.
async fn again(
    error: LlmError,
    waits: &mut ExponentialBackoff,
    provider: &ProviderConfig,
    deadline: Instant,
    sink: &mut DeltaSink,
) -> Result<(), LlmError> {
    // A model that is being loaded comes, and may be large.
    let wait = waits.next().or(error.loads.then_some(LOADING));
    let Some(wait) = wait.map(|wait| error.retry_after.map_or(wait, |asked| asked.max(wait))) else {
        return Err(error);
    };
    if wait > LONGEST_WAIT || Instant::now() + wait > deadline {
        return Err(error);
    }
    tracing::debug!(provider = provider.name, kind = error.kind.as_str(), ?wait, "asking again");
    sink.send(Ok(Delta::Status(format!("{} Asking again in {:.1} s", error.sentence(), wait.as_secs_f32())))).await;
    tokio::time::sleep(wait).await;
    Ok(())
}

/// Sends the request until it is answered with success: again after a passing failure, never once
/// anything of an answer has arrived.
#[expect(clippy::too_many_arguments, reason = "it is a part of one function")]
async fn connect(
    clients: &Clients,
    provider: &ProviderConfig,
    request: &ChatRequest,
    timeouts: &Timeouts,
    url: &Url,
    deadline: Instant,
    waits: &mut ExponentialBackoff,
    sink: &mut DeltaSink,
) -> Result<Answer, LlmError> {
    let client = clients.for_url(url, timeouts)?;
    let model = format!("{}/{}", provider.name, request.model);
    let mut departures = clients.departures(&model);
    let mut body = departures.body(provider, request)?;
    loop {
        let sent = authorised(client.post(url.clone()), provider)
            .header(ACCEPT, "text/event-stream, application/x-ndjson, application/json")
            .json(&body);
        let sending = Answer::to(sent, provider, url, timeouts);
        let answered = timeout_at(deadline, sending).await.map_err(|_| first_token_timeout(provider, timeouts))?;
        let (error, passing) = match answered {
            Ok(answer) if answer.status.is_success() => return Ok(answer),
            Ok(answer) => refusal(answer, provider, url, timeouts).await,
            Err(failed) => failed,
        };
        let told = departures.after(&error, provider);
        if told != departures {
            let other = told.body(provider, request)?;
            departures = told;
            if other != body {
                tracing::info!(model, ?told, "it is asked otherwise");
                clients.note_departures(model.clone(), told);
                body = other;
                continue;
            }
        }
        if !passing {
            return Err(error);
        }
        again(error, waits, provider, deadline, sink).await?;
    }
}

/// The error of an answer that is no success, and whether it may pass by itself.
async fn refusal(mut answer: Answer, provider: &ProviderConfig, url: &Url, timeouts: &Timeouts) -> (LlmError, bool) {
    let status = answer.status.as_u16();
    if (300..400).contains(&status) && answer.headers.contains_key(LOCATION) {
        return (redirect_error(answer.status, &answer.headers, provider, url), false);
    }
    if let Some(error) = (status == 407).then(|| proxy_error(provider, url)).flatten() {
        return (error, false);
    }
    let (retry_after, content_type) = (answer.retry_after(), answer.content_type());
    let (mut body, mut piece) = (Vec::new(), Vec::new());
    // A body that never ends must not hold the error back.
    let reading = async {
        while let Ok(true) = answer.body.next(&mut piece).await {
            body.extend_from_slice(&piece);
            if body.len() > MAX_ERROR_BODY {
                break;
            }
        }
    };
    let _ = timeout(timeouts.connect, reading).await;
    body.truncate(MAX_ERROR_BODY);
    let body = match answer.compression() {
        Some(coding) => format!("(compressed by {coding}, which was not asked for)"),
        None => String::from_utf8_lossy(&body).into_owned(),
    };
    let mut error = presentable(provider, failure::of_response(status, &content_type, &body, &shown(url)));
    error.retry_after = retry_after.or(error.retry_after);
    if let Some(wait) = error.retry_after.filter(|wait| *wait > LONGEST_WAIT) {
        error.hint = format!("The server asks to wait {}. Ask again then, or choose another model.", in_words(wait));
    }
    let passes = error.passes;
    (error, passes)
}

/// A wait as people say it.
fn in_words(wait: Duration) -> String {
    let minutes = wait.as_secs().div_ceil(60);
    match (minutes, minutes.div_ceil(60)) {
        (1, _) => "a minute".to_owned(),
        (2..120, _) => format!("{minutes} minutes"),
        (_, hours @ 0..48) => format!("{hours} hours"),
        (_, hours) if hours < 24 * 365 => format!("{} days", hours.div_ceil(24)),
        _ => "more than a year".to_owned(),
    }
}

async fn read(
    answer: Answer,
    provider: &ProviderConfig,
    timeouts: &Timeouts,
    url: &Url,
    deadline: Instant,
    asked: &mut Option<Box<ChatRequest>>,
    sink: &mut DeltaSink,
) -> Result<(), LlmError> {
    if let Some(coding) = answer.compression() {
        return Err(LlmError::new(
            LlmErrorKind::Malformed,
            redacted(
                provider,
                &format!("The answer of {} is compressed by {coding}, which was not asked for.", shown(url)),
            ),
            "Turn the compression of the server or of the proxy before it off for answers that stream.",
        ));
    }
    let mut reader = BodyReader::new(provider, &answer.content_type());
    // The head, which may hold the buffer that it was read into, is let go.
    let Answer { mut body, .. } = answer;
    // One for all pieces: when it is due it is seen whether it has been put off since.
    let mut limit = Rarely::new(sleep_until(deadline));
    let (mut due, mut armed) = (deadline, deadline);
    let mut pace = Pace::default();
    let mut piece = Vec::new();
    loop {
        let chunk = tokio::select! {
            biased;
            chunk = body.next(&mut piece) => Ok(chunk),
            () = &mut limit => Err(()),
        };
        match chunk {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return reader.end(sink).await,
            Ok(Err(BrokenOff(error))) => {
                tracing::debug!(provider = provider.name, error, "the answer broke off");
                if reader.state.is_whole() {
                    return reader.end(sink).await;
                }
                return Err(LlmError::new(
                    LlmErrorKind::CutOff,
                    format!("The connection to {} broke off before the answer was complete.", shown(url)),
                    "What arrived is kept. Ask again, or look into the model server's log.",
                ));
            }
            Err(()) if due > armed => {
                armed = due;
                limit.change(|limit| limit.reset(due));
                continue;
            }
            Err(()) if reader.state.is_whole() => return reader.end(sink).await,
            Err(()) => {
                return Err(match pace.silence() {
                    Some(silence) => idle_timeout(url, timeouts, pace.is_alive.then_some(silence)),
                    None => first_token_timeout(provider, timeouts),
                });
            }
        }
        reader.bytes(&piece, sink).await?;
        if reader.began {
            // Nothing is asked again from here on.
            *asked = None;
        }
        let (moved, is_finishing) = (reader.state.has_moved(), reader.state.is_finishing());
        if let Some(until) = pace.after(moved, is_finishing, timeouts) {
            due = until;
            if due < armed {
                armed = due;
                limit.change(|limit| limit.reset(due));
            }
        }
        if reader.state.is_done() {
            // A connection whose body was read to its end serves the next request as well.
            let drained = async { while let Ok(true) = body.next(&mut piece).await {} };
            let _ = timeout(AFTER_DONE, drained).await;
            return reader.end(sink).await;
        }
    }
}

/// When something of the answer came last.
#[derive(Default)]
struct Pace {
    last: Option<Instant>,
    is_finishing: bool,
    /// Something else has come since.
    is_alive: bool,
}

impl Pace {
    /// Until when the next bytes must come, after some that brought a piece of the answer or did not. `None`: until when they had to.
    fn after(&mut self, moved: bool, is_finishing: bool, timeouts: &Timeouts) -> Option<Instant> {
        let now = Instant::now();
        if moved || (is_finishing && !self.is_finishing) {
            (self.last, self.is_finishing, self.is_alive) = (Some(now), is_finishing, false);
            return Some(now + if is_finishing { AFTER_FINISH } else { timeouts.idle });
        }
        let last = self.last.filter(|_| !is_finishing)?;
        self.is_alive = true;
        // Who keeps the connection open may take as long as for a beginning, and no longer.
        Some((now + timeouts.idle).min(last + timeouts.idle.max(timeouts.first_token)))
    }

    /// How long nothing of the answer has come, once it has begun.
    fn silence(&self) -> Option<Duration> {
        self.last.map(|last| last.elapsed())
    }
}

/// The error for an answer that has stopped; `alive` is for how long its server has kept the connection open without a word.
fn idle_timeout(url: &Url, timeouts: &Timeouts, alive: Option<Duration>) -> LlmError {
    let (what, silence) = match alive {
        Some(silence) => ("nothing but signs of life", silence.as_secs_f32().round()),
        None => ("nothing", timeouts.idle.as_secs_f32()),
    };
    LlmError::new(
        LlmErrorKind::IdleTimeout,
        format!("The answer stopped: {what} came from {} for {silence} s.", shown(url)),
        "What arrived is kept. Ask again; a longer idle limit can be configured.",
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

    use super::*;

    #[rstest]
    #[case(31, "a minute")]
    #[case(61, "2 minutes")]
    #[case(3600, "60 minutes")]
    #[case(36_000, "10 hours")]
    #[case(864_000, "10 days")]
    #[case(u64::MAX, "more than a year")]
    fn waits_in_words(#[case] seconds: u64, #[case] expected: &str) {
        assert_eq!(in_words(Duration::from_secs(seconds)), expected);
    }
}
