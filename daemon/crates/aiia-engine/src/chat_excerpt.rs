//! What of a long chat is sent: as many of the last messages as fit, a number of them, or those and a summary of the rest.

use aiia_llm::{ChatMessage, Role};
use aiia_protocol::id::MessageId;
use aiia_protocol::message::{self, Message};
use aiia_protocol::run::RunEventKind;
use aiia_store::Summary;

use crate::attachments::AttachedPath;
use crate::config::{History, HistoryStrategy};
use crate::engine::Engine;
use crate::models::Chosen;

/// The longest summary, in tokens.
pub(crate) const SUMMARY_TOKENS: u32 = 512;
/// How a summary is introduced to the model.
const INTRODUCTION: &str = "What was said earlier in this chat, in short:";

/// What is sent of a chat.
#[derive(Debug, PartialEq)]
pub(crate) struct Excerpt {
    /// The system prompt and the messages.
    pub(crate) messages: Vec<ChatMessage>,
    /// What there is to say about the rest.
    pub(crate) notice: Option<RunEventKind>,
    /// What has to be summarised before the model is asked.
    pub(crate) fold: Option<Fold>,
}

/// Messages that are to be summarised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fold {
    /// The messages, oldest first, as the model reads them.
    pub(crate) lines: Vec<String>,
    /// The summary that they go on from.
    pub(crate) before: Option<String>,
    /// The last of them.
    pub(crate) upto: MessageId,
    /// How many messages the new summary stands for.
    pub(crate) messages: u64,
}

/// What is sent of the chat whose branch `path` ends with what is answered.
pub(crate) async fn excerpt(
    engine: &Engine,
    system: &str,
    path: &[Message],
    attached: &AttachedPath,
    model: &Chosen,
) -> Excerpt {
    let directory = engine.models();
    let history = directory.history();
    let summary = match history.strategy {
        HistoryStrategy::Summary => {
            let ids = path.iter().map(|message| message.id.clone()).collect();
            engine.store.last_summary(ids).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the summary of a chat is not known");
                None
            })
        }
        HistoryStrategy::Tokens | HistoryStrategy::Last => None,
    };
    choose(system, path, attached, model, history, summary)
}

/// The messages that are sent: the system prompt and the end of `path` that fits into half of the window, or less as `history`
/// says. The last message always goes along.
fn choose(
    system: &str,
    path: &[Message],
    attached: &AttachedPath,
    model: &Chosen,
    history: &History,
    summary: Option<(usize, Summary)>,
) -> Excerpt {
    let half = (model.window / 2) as usize;
    let budget = half.min(history.tokens as usize).saturating_sub(model.tokens.count(system));
    if history.strategy == HistoryStrategy::Summary {
        return summarised(system, path, attached, model, budget, summary);
    }
    let most = match history.strategy {
        HistoryStrategy::Last => (history.messages as usize).saturating_add(1),
        HistoryStrategy::Tokens | HistoryStrategy::Summary => usize::MAX,
    };
    let said: Vec<&Message> = path.iter().filter(|message| says_something(message)).collect();
    let kept = last(&said, attached, model, budget, most);
    let why = match history.strategy {
        HistoryStrategy::Last => format!("the last {} before the question are, as configured", history.messages),
        _ if budget < half && history.tokens < model.window / 2 => {
            format!("they are beyond the {} tokens of `history.tokens`", history.tokens)
        }
        _ => format!("they do not fit into half of the model's window of {} tokens", model.window),
    };
    let notice = dropped(said.len() - kept).map(|dropped| RunEventKind::Notice {
        reason: "history_dropped".to_owned(),
        text: format!("{dropped} not sent: {why}."),
    });
    Excerpt { messages: with_system(system.to_owned(), &said[said.len() - kept..], attached), notice, fold: None }
}

/// How many of the last messages fit; at least one, at most `most`.
fn last(said: &[&Message], attached: &AttachedPath, model: &Chosen, budget: usize, most: usize) -> usize {
    let mut left = budget;
    let mut kept = 0;
    for message in said.iter().rev() {
        let tokens = model.tokens.count_message(&attached.message(message));
        if (tokens > left && kept > 0) || kept >= most {
            break;
        }
        left = left.saturating_sub(tokens);
        kept += 1;
    }
    kept
}

/// The end of the chat behind a summary of what came before. When the end has grown too long, so much of it is to be
/// summarised, too, that what stays fills half of the budget: a chat is not summarised anew with every question.
fn summarised(
    system: &str,
    path: &[Message],
    attached: &AttachedPath,
    model: &Chosen,
    budget: usize,
    summary: Option<(usize, Summary)>,
) -> Excerpt {
    let (start, before, earlier) = match summary {
        Some((place, summary)) => (place + 1, Some(summary.text), summary.messages),
        None => (0, None, 0),
    };
    let said: Vec<&Message> = path[start.min(path.len())..].iter().filter(|one| says_something(one)).collect();
    let taken = before.as_ref().map_or(0, |text| model.tokens.count(text));
    let room = budget.saturating_sub(taken);
    let kept = last(&said, attached, model, room, usize::MAX);
    if kept == said.len() {
        let notice = before.as_ref().map(|_| sent_in_short(earlier, "by a summary that was made before"));
        let system = before.map_or_else(|| system.to_owned(), |text| introduced(system, &text));
        return Excerpt { messages: with_system(system, &said, attached), notice, fold: None };
    }
    let room = (budget / 2).saturating_sub(SUMMARY_TOKENS as usize);
    let kept = last(&said, attached, model, room, usize::MAX);
    let (old, recent) = said.split_at(said.len() - kept);
    let fold = old.last().map(|newest| Fold {
        lines: old.iter().map(|one| format!("{}: {}", speaker(one), attached.message(one).content)).collect(),
        before,
        upto: newest.id.clone(),
        messages: earlier + old.len() as u64,
    });
    Excerpt { messages: with_system(system.to_owned(), recent, attached), notice: None, fold }
}

fn speaker(message: &Message) -> &'static str {
    match message.role {
        message::Role::System => "System",
        message::Role::User => "User",
        message::Role::Assistant => "Assistant",
    }
}

/// The system prompt with a summary behind it.
pub(crate) fn introduced(system: &str, summary: &str) -> String {
    format!("{system}\n\n{INTRODUCTION}\n{summary}")
}

/// What is said of messages that are sent as a summary.
pub(crate) fn sent_in_short(messages: u64, how: &str) -> RunEventKind {
    let what = match messages {
        1 => "The first message of this chat was".to_owned(),
        count => format!("The first {count} messages of this chat were"),
    };
    let text = format!("{what} sent in short, {how}.");
    RunEventKind::Notice { reason: "history_summarised".to_owned(), text }
}

/// How the first messages are called of which so many are not sent.
pub(crate) fn dropped(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some("The first message of this chat was".to_owned()),
        count => Some(format!("The first {count} messages of this chat were")),
    }
}

fn says_something(message: &Message) -> bool {
    !message.content.is_empty() || !message.attachments.is_empty()
}

fn with_system(system: String, said: &[&Message], attached: &AttachedPath) -> Vec<ChatMessage> {
    let mut messages = vec![ChatMessage::new(Role::System, system)];
    messages.extend(said.iter().map(|message| attached.message(message)));
    messages
}

#[cfg(test)]
mod tests {
    use aiia_protocol::message::MessageStatus;
    use rstest::rstest;

    use super::*;

    fn message(number: usize, words: usize) -> Message {
        let role = if number.is_multiple_of(2) { "user" } else { "assistant" };
        serde_json::from_value(serde_json::json!({
            "id": format!("m{number}"), "chat_id": "c", "role": role, "content": format!("{number} {}", "word ".repeat(words)),
            "status": MessageStatus::Complete, "created_at": "2026-01-01T00:00:00Z", "version": 1,
        }))
        .unwrap()
    }

    fn numbers(excerpt: &Excerpt) -> String {
        let numbers: Vec<&str> =
            excerpt.messages.iter().skip(1).filter_map(|sent| sent.content.split(' ').next()).collect();
        numbers.join(" ")
    }

    fn told(excerpt: &Excerpt) -> String {
        match &excerpt.notice {
            Some(RunEventKind::Notice { text, .. }) => text.clone(),
            None => String::new(),
            Some(other) => panic!("{other:?}"),
        }
    }

    #[rstest]
    #[case::everything_fits(HistoryStrategy::Tokens, 20, 5, 8192, "0 1 2 3 4", "")]
    #[case::the_end_fits(
        HistoryStrategy::Tokens,
        20,
        100,
        512,
        "3 4",
        "The first 3 messages of this chat were not sent: they do not fit"
    )]
    #[case::the_question_always_goes(HistoryStrategy::Tokens, 20, 5000, 512, "4", "The first 4 messages")]
    #[case::beyond_the_limit(
        HistoryStrategy::Tokens,
        20,
        400,
        100_000,
        "3 4",
        "beyond the 1000 tokens of `history.tokens`"
    )]
    #[case::the_last_two(HistoryStrategy::Last, 2, 5, 8192, "2 3 4", "the last 2 before the question")]
    #[case::the_question_alone(HistoryStrategy::Last, 0, 5, 8192, "4", "The first 4 messages")]
    #[case::one_is_dropped(HistoryStrategy::Last, 3, 5, 8192, "1 2 3 4", "The first message of this chat was not sent")]
    fn what_is_sent_of_a_chat(
        #[case] strategy: HistoryStrategy,
        #[case] messages: u32,
        #[case] words: usize,
        #[case] window: u32,
        #[case] expected: &str,
        #[case] notice: &str,
    ) {
        let path: Vec<Message> = (0..5).map(|number| message(number, words)).collect();
        let history = History { strategy, messages, tokens: 1000 };
        let sent = choose("s", &path, &AttachedPath::default(), &Chosen::for_tests(window), &history, None);
        assert_eq!(numbers(&sent), expected);
        assert_eq!(notice.is_empty(), sent.notice.is_none(), "{sent:?}");
        assert!(told(&sent).contains(notice), "{}", told(&sent));
    }

    fn summary(place: usize) -> (usize, Summary) {
        let text = "They spoke of words.".to_owned();
        let summary = Summary {
            message_id: format!("m{place}").as_str().into(),
            text,
            messages: place as u64 + 1,
            model: "a/b".to_owned(),
        };
        (place, summary)
    }

    #[rstest]
    #[case::everything_fits(5, None, "0 1 2 3 4", None)]
    #[case::too_long(600, None, "4", Some(("m3", 4)))]
    #[case::known_in_short(600, Some(summary(2)), "3 4", None)]
    #[case::grown_since(600, Some(summary(0)), "4", Some(("m3", 4)))]
    fn what_is_sent_in_short(
        #[case] words: usize,
        #[case] known: Option<(usize, Summary)>,
        #[case] expected: &str,
        #[case] fold: Option<(&str, u64)>,
    ) {
        let path: Vec<Message> = (0..5).map(|number| message(number, words)).collect();
        let history = History { strategy: HistoryStrategy::Summary, ..History::default() };
        let before = known.as_ref().map(|(_, summary)| summary.text.clone());
        let sent = choose("s", &path, &AttachedPath::default(), &Chosen::for_tests(4096), &history, known);
        assert_eq!(numbers(&sent), expected);
        let found = sent.fold.as_ref().map(|fold| (fold.upto.as_str(), fold.messages));
        assert_eq!(found, fold);
        if let Some(fold) = &sent.fold {
            assert_eq!(fold.before, before);
        } else {
            let system = &sent.messages[0].content;
            assert_eq!(system.contains("They spoke of words."), before.is_some(), "{system}");
            assert_eq!(told(&sent).contains("sent in short"), before.is_some());
        }
    }
}
