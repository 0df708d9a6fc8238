//! What the tests of this crate share.

use std::time::Duration;

use aiia_llm::{ChatMessage, ChatRequest, Delta, DeltaStream, FinishReason, LlmError, Role, Usage};
use futures::StreamExt;

/// Longer than anything here takes; a test that gets here has failed.
pub(crate) const LIMIT: Duration = Duration::from_mins(2);

/// A request with one question.
pub(crate) fn ask(question: &str) -> ChatRequest {
    ChatRequest { messages: vec![ChatMessage::new(Role::User, question)], ..ChatRequest::default() }
}

/// All that came of a stream.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) statuses: Vec<String>,
    pub(crate) fallbacks: Vec<String>,
    pub(crate) usage: Option<Usage>,
    pub(crate) finish: Option<FinishReason>,
    pub(crate) error: Option<LlmError>,
}

impl Answer {
    /// The kind of the error, or `ok`.
    pub(crate) fn outcome(&self) -> &str {
        self.error.as_ref().map_or("ok", |error| error.kind.as_str())
    }

    fn add(&mut self, item: Result<Delta, LlmError>) {
        assert!(self.finish.is_none() && self.error.is_none(), "nothing may follow the end: {item:?}");
        match item {
            Ok(Delta::Text(text)) => self.text.push_str(&text),
            Ok(Delta::Status(text)) => self.statuses.push(text),
            Ok(Delta::Usage(usage)) => self.usage = Some(usage),
            Ok(Delta::Finish(reason)) => self.finish = Some(reason),
            Ok(Delta::Fallback { to, .. }) => self.fallbacks.push(to),
            Ok(Delta::Reasoning(_)) => {}
            Err(error) => self.error = Some(error),
        }
    }
}

/// Reads a stream to its end.
pub(crate) async fn collect(stream: DeltaStream) -> Answer {
    collect_until(stream, |_| false).await.0
}

/// Reads a stream until `enough` or its end; gives the stream back.
pub(crate) async fn collect_until(mut stream: DeltaStream, enough: impl Fn(&Answer) -> bool) -> (Answer, DeltaStream) {
    let mut answer = Answer::default();
    let reading = async {
        while let Some(item) = stream.next().await {
            answer.add(item);
            if enough(&answer) {
                break;
            }
        }
    };
    tokio::time::timeout(LIMIT, reading).await.expect("the stream ends");
    (answer, stream)
}
