//! Bytes of an answer into deltas.

use serde::de::IgnoredAny;

use super::client::presentable;
use super::cut_json;
use super::elements::Elements;
use super::generate::DeltaSink;
use super::lines::{EventAssembler, Fault, LineSplitter, MAX_LINE, MAX_TOTAL};
use crate::chat::Delta;
use crate::dialect::{Framing, StreamState, failure};
use crate::error::{LlmError, LlmErrorKind};
use crate::provider::ProviderConfig;

/// What is kept of the beginning of a body, to be shown where it is no answer, in bytes.
const BEGINNING: usize = 8192;

/// How a body is written: its first line tells it, its content type often does not.
#[derive(Debug)]
enum Shape {
    /// Nothing has come yet.
    Unknown,
    /// Server-sent events.
    Events,
    /// A JSON text a line.
    Lines,
    /// One JSON text, as servers send that cannot stream.
    Whole(String),
    /// One JSON list of events.
    List(Elements),
}

/// Reads the body of an answer with success.
pub(super) struct BodyReader<'p> {
    provider: &'p ProviderConfig,
    is_page: bool,
    pub(super) state: StreamState,
    lines: LineSplitter,
    events: EventAssembler,
    shape: Shape,
    /// The first line that is not blank, or as much of it as is shown.
    beginning: Option<String>,
    /// Events so far.
    count: usize,
    /// The first text has arrived.
    pub(super) began: bool,
}

impl<'p> BodyReader<'p> {
    /// Begins to read a body of that content type.
    pub(super) fn new(provider: &'p ProviderConfig, content_type: &str) -> Self {
        Self {
            provider,
            is_page: content_type.contains("html"),
            state: StreamState::new(provider.dialect),
            lines: LineSplitter::new(MAX_LINE, MAX_TOTAL),
            events: EventAssembler::default(),
            shape: Shape::Unknown,
            beginning: None,
            count: 0,
            began: false,
        }
    }

    /// Reads the next bytes.
    ///
    /// # Errors
    /// When they are no answer, or say what went wrong.
    pub(super) async fn bytes(&mut self, bytes: &[u8], sink: &mut DeltaSink) -> Result<(), LlmError> {
        if matches!(self.shape, Shape::Unknown) && failure::begins_like_html(bytes) {
            return Err(failure::html());
        }
        let mut rest = bytes;
        loop {
            match self.lines.next(&mut rest) {
                Ok(Some(line)) => self.line(&line, sink).await?,
                Ok(None) => return Ok(()),
                Err(_) if self.state.has_reason() => {
                    self.state.close();
                    return Ok(());
                }
                Err(fault) => {
                    if fault == Fault::LineTooLong {
                        self.beginning_of_line(sink).await;
                    }
                    return Err(malformed(fault));
                }
            }
            if self.state.is_done() {
                return Ok(());
            }
        }
    }

    /// Gives what the beginning of a line that is too long says; the rest of it is not read.
    async fn beginning_of_line(&mut self, sink: &mut DeltaSink) {
        let line = self.lines.take_beginning();
        let event = line.strip_prefix("data:").unwrap_or(&line).trim_start();
        let Some(event) = cut_json::closed(event) else { return };
        for delta in self.state.on_event(&event).unwrap_or_default() {
            if matches!(delta, Delta::Text(_) | Delta::Reasoning(_)) {
                self.began = true;
                sink.send(Ok(delta)).await;
            }
        }
    }

    async fn line(&mut self, line: &str, sink: &mut DeltaSink) -> Result<(), LlmError> {
        if matches!(self.shape, Shape::Unknown) {
            if line.trim().is_empty() {
                return Ok(());
            }
            self.shape = self.shape_of(line)?;
            self.beginning = Some(if matches!(self.shape, Shape::List(_)) { String::new() } else { beginning(line) });
        }
        let event = match &mut self.shape {
            Shape::Whole(whole) => {
                whole.push_str(line);
                whole.push('\n');
                return Ok(());
            }
            Shape::List(list) => {
                let events = list.line(line);
                if let Some(beginning) = self.beginning.as_mut().filter(|beginning| beginning.len() < BEGINNING) {
                    beginning.push_str(line);
                }
                for event in events {
                    self.event(&event, sink).await?;
                    if self.state.is_done() {
                        break;
                    }
                }
                return Ok(());
            }
            Shape::Lines => return self.event(line, sink).await,
            Shape::Events | Shape::Unknown => self.events.line(line).map_err(malformed)?,
        };
        match event {
            Some(event) => self.event(&event, sink).await,
            None => Ok(()),
        }
    }

    /// What the first line says of all.
    fn shape_of(&self, line: &str) -> Result<Shape, LlmError> {
        let start = line.trim_start();
        if failure::begins_like_html(start.as_bytes()) {
            return Err(failure::html());
        }
        if start.starts_with(['{', '[']) {
            return Ok(match (is_open(start), start.starts_with('[')) {
                (false, _) => Shape::Lines,
                (true, true) => Shape::List(Elements::default()),
                (true, false) => Shape::Whole(String::new()),
            });
        }
        let is_field = ["data", "event", "id", "retry", "error", ""]
            .iter()
            .any(|field| start.strip_prefix(field).is_some_and(|rest| rest.starts_with(':')));
        if self.is_page && !is_field {
            return Err(failure::html());
        }
        Ok(if self.state.framing() == Framing::JsonLines { Shape::Lines } else { Shape::Events })
    }

    async fn event(&mut self, event: &str, sink: &mut DeltaSink) -> Result<(), LlmError> {
        if event.trim().is_empty() {
            return Ok(());
        }
        let deltas = match self.state.on_event(event) {
            Ok(deltas) => deltas,
            // An answer that is whole is not spoilt by what follows it.
            Err(error) if error.kind == LlmErrorKind::Malformed && self.state.has_reason() => {
                self.state.close();
                return Ok(());
            }
            Err(error) => return Err(presentable(self.provider, error)),
        };
        self.count += 1;
        for delta in deltas {
            self.began |= matches!(delta, Delta::Text(_) | Delta::Reasoning(_));
            sink.send(Ok(self.in_full(delta))).await;
        }
        Ok(())
    }

    /// A provider knows its models by their own names.
    fn in_full(&self, delta: Delta) -> Delta {
        let full = |model| format!("{}/{model}", self.provider.name);
        match delta {
            Delta::Fallback { from, to, because } => Delta::Fallback { from: full(from), to: full(to), because },
            delta => delta,
        }
    }

    /// Reads what was left open when the body ended, and says how the answer ended.
    ///
    /// # Errors
    /// When it is not whole.
    pub(super) async fn end(mut self, sink: &mut DeltaSink) -> Result<(), LlmError> {
        if !self.state.is_done() {
            self.rest(sink).await?;
        }
        if !self.began && !self.state.has_reason() {
            self.explained()?;
        }
        for delta in self.state.on_end().map_err(|error| presentable(self.provider, error))? {
            sink.send(Ok(delta)).await;
        }
        Ok(())
    }

    /// Reads what no line break ended. What the end of the connection cut in two says nothing.
    async fn rest(&mut self, sink: &mut DeltaSink) -> Result<(), LlmError> {
        let line = match self.lines.finish() {
            Err(Fault::InvalidUtf8) if self.count > 0 => None,
            line => line.map_err(malformed)?,
        };
        if let Some(line) = line {
            if matches!(self.shape, Shape::Lines) && is_open(&line) {
                return Ok(());
            }
            self.line(&line, sink).await?;
        }
        let open = match &mut self.shape {
            Shape::Whole(whole) => {
                self.beginning = Some(beginning(whole));
                Some(std::mem::take(whole))
            }
            _ => self.events.finish(),
        };
        match open {
            Some(event) if !is_open(&event) => self.event(&event, sink).await,
            _ => Ok(()),
        }
    }

    /// An error of its own for an answer that is none, where there is more to say than that it ended.
    fn explained(&self) -> Result<(), LlmError> {
        let Some(beginning) = &self.beginning else {
            return Err(LlmError::new(
                LlmErrorKind::CutOff,
                "The model server answered with nothing.",
                "Ask again, or look into the model server's log.",
            ));
        };
        let is_one = self.count == 1 && matches!(self.shape, Shape::Lines | Shape::Whole(_));
        if let Some(error) = failure::of_answer(beginning).filter(|_| is_one) {
            return Err(presentable(self.provider, error));
        }
        let was_cut = is_open(beginning) || self.events.had_fields();
        if self.count > 0 || was_cut {
            return Ok(());
        }
        let message =
            format!("The model server sent something that is not of its protocol: {}", failure::words(beginning));
        let hint = "Check that the address and the dialect of the provider are right.";
        Err(presentable(self.provider, LlmError::new(LlmErrorKind::Malformed, message, hint)))
    }
}

fn beginning(text: &str) -> String {
    text[..text.floor_char_boundary(BEGINNING)].to_owned()
}

/// Whether `text` is the beginning of a JSON text.
fn is_open(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_err_and(|error| error.is_eof())
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
