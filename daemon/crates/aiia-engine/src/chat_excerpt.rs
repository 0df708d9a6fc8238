//! What of a long chat is sent: as many of the last messages as fit, a number of them, or those and a summary of the rest.

use aiia_llm::{ChatMessage, Role};
use aiia_protocol::id::MessageId;
use aiia_protocol::message::{self, Message};
use aiia_protocol::run::{RunEventKind, notice};
use aiia_store::Summary;

use crate::attachments::{self, AttachedPath};
use crate::config::{History, HistoryStrategy};
use crate::engine::Engine;
use crate::models::Chosen;

/// The longest summary, in tokens.
pub(crate) const SUMMARY_TOKENS: u32 = 512;
/// Why answers before the first question are not sent.
const ANSWERS_FIRST: &str = "models want a question first";
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
    /// The messages where no summary comes of that: as many of the last ones as fit.
    pub(crate) unfolded: Vec<ChatMessage>,
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
    /// How many of the last of them are sent where it does not come.
    pub(crate) fitting: usize,
}

/// How the question stands to the branch of which a part is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// It is the last message, which always goes along.
    Question,
    /// It follows the branch in other words: nothing of the branch has to go along.
    Elsewhere,
}

/// The part of a branch that is sent, before what is attached to it has been read.
#[derive(Debug, PartialEq)]
pub(crate) struct Choice {
    system: String,
    sent: Vec<Message>,
    notice: Option<RunEventKind>,
    fold: Option<Folding>,
}

/// What is to be summarised.
#[derive(Debug, PartialEq)]
struct Folding {
    old: Vec<Message>,
    /// The summary that it goes on from, and for how many messages that stands.
    before: Option<String>,
    earlier: u64,
    /// How many of the last of them would fit as they are.
    fitting: usize,
}

impl Choice {
    /// The messages that are sent as they are.
    pub(crate) fn sent(&self) -> &[Message] {
        &self.sent
    }

    /// The messages that are to be summarised.
    pub(crate) fn folded(&self) -> &[Message] {
        self.fold.as_ref().map_or(&[], |fold| fold.old.as_slice())
    }

    /// The same with what is attached to the messages.
    pub(crate) fn excerpt(self, attached: &AttachedPath) -> Excerpt {
        let mut messages = vec![ChatMessage::new(Role::System, self.system)];
        messages.extend(self.sent.iter().map(|message| attached.message(message)));
        let mut unfolded = Vec::new();
        if let Some(Folding { old, fitting, .. }) = &self.fold {
            unfolded.extend(messages.first().cloned());
            unfolded.extend(old[old.len() - fitting..].iter().map(|message| attached.message(message)));
            unfolded.extend(messages.iter().skip(1).cloned());
        }
        let fold = self.fold.and_then(|Folding { old, before, earlier, fitting }| {
            Some(Fold {
                fitting,
                lines: old.iter().map(|one| format!("{}: {}", speaker(one), attached.text(one))).collect(),
                before,
                upto: old.last()?.id.clone(),
                messages: earlier + old.len() as u64,
            })
        });
        Excerpt { messages, notice: self.notice, fold, unfolded }
    }
}

/// The newest summary of a part of the branch and its place in it, where `history` uses one.
pub(crate) async fn known_summary(engine: &Engine, path: &[Message], history: &History) -> Option<(usize, Summary)> {
    if history.strategy != HistoryStrategy::Summary {
        return None;
    }
    let ids = path.iter().map(|message| message.id.clone()).collect();
    engine.store.last_summary(ids).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the summary of a chat is not known");
        None
    })
}

/// What is sent: the system prompt and the end of `path` that fits into half of the window, or less as `history` says.
pub(crate) fn choose(
    system: &str,
    mut path: Vec<Message>,
    tail: Tail,
    model: &Chosen,
    history: &History,
    summary: Option<(usize, Summary)>,
) -> Choice {
    let half = (model.window / 2) as usize;
    let budget = half.min(history.tokens as usize).saturating_sub(model.tokens.count(system));
    let least = usize::from(tail == Tail::Question);
    if history.strategy == HistoryStrategy::Summary {
        return summarised(system, path, least, model, budget, summary);
    }
    let most = match history.strategy {
        HistoryStrategy::Last => (history.messages as usize).saturating_add(least),
        HistoryStrategy::Tokens | HistoryStrategy::Summary => usize::MAX,
    };
    path.retain(says_something);
    let fitting = last(&path, model, budget, least, most);
    let kept = from_a_question(&path, fitting);
    let why = match history.strategy {
        _ if fitting == path.len() => ANSWERS_FIRST.to_owned(),
        HistoryStrategy::Last if fitting >= most => as_configured(history.messages, kept.saturating_sub(least)),
        _ if budget < half && history.tokens < model.window / 2 => {
            format!("they are beyond the {} tokens of `history.tokens`", history.tokens)
        }
        _ => format!("they do not fit into half of the model's window of {} tokens", model.window),
    };
    let notice = dropped(path.len() - kept).map(|dropped| RunEventKind::Notice {
        reason: notice::HISTORY_DROPPED.to_owned(),
        text: format!("{dropped} not sent: {why}."),
    });
    let sent = path.split_off(path.len() - kept);
    Choice { system: system.to_owned(), sent, notice, fold: None }
}

/// Why no more than `before` messages before the question are sent where `configured` of them are to be.
fn as_configured(configured: u32, before: usize) -> String {
    let last = |count: u64| match count {
        1 => "the last one before the question is".to_owned(),
        count => format!("the last {count} before the question are"),
    };
    let wanted = u64::from(configured);
    match before as u64 {
        _ if wanted == 0 => "the question alone is, as configured".to_owned(),
        0 if wanted == 1 => format!("{} an answer, and {ANSWERS_FIRST}", last(1)),
        0 => format!("{} answers, and {ANSWERS_FIRST}", last(wanted)),
        sent if sent < wanted => {
            format!("{}, of {wanted} as configured: these begin with an answer, and {ANSWERS_FIRST}", last(sent))
        }
        _ => format!("{}, as configured", last(wanted)),
    }
}

/// How many of the last messages fit; from `least` to `most`.
fn last(said: &[Message], model: &Chosen, budget: usize, least: usize, most: usize) -> usize {
    let mut left = budget;
    let mut kept = 0;
    for message in said.iter().rev() {
        if kept >= most {
            break;
        }
        let attached: usize = message.attachments.iter().map(|one| attachments::about_tokens(one, &model.name)).sum();
        let tokens = model.tokens.count_within(&message.content, left) + attached;
        if tokens > left && kept >= least {
            break;
        }
        left = left.saturating_sub(tokens);
        kept += 1;
    }
    kept
}

/// How many of the last `kept` messages are sent so that they begin with a question: the templates of some models refuse an
/// answer there, and with it all that follows.
fn from_a_question(said: &[Message], kept: usize) -> usize {
    let answers = said[said.len() - kept..].iter().take_while(|one| one.role == message::Role::Assistant);
    kept - answers.count()
}

/// The messages with neighbours of one role as one: an answer that was stopped before its first word leaves two questions
/// behind, which the templates of some models refuse.
pub(crate) fn joined(messages: Vec<ChatMessage>) -> Vec<ChatMessage> {
    let mut joined: Vec<ChatMessage> = Vec::with_capacity(messages.len());
    for message in messages {
        match joined.last_mut() {
            Some(last) if last.role == message.role => {
                last.content.push_str("\n\n");
                last.content.push_str(&message.content);
                last.images.extend(message.images);
            }
            _ => joined.push(message),
        }
    }
    joined
}

/// The end of the chat behind a summary of what came before. When the end has grown too long, so much of it is to be
/// summarised, too, that what stays fills half of the budget: a chat is not summarised anew with every question.
fn summarised(
    system: &str,
    mut path: Vec<Message>,
    least: usize,
    model: &Chosen,
    budget: usize,
    summary: Option<(usize, Summary)>,
) -> Choice {
    let (start, before, earlier) = match summary {
        Some((place, summary)) => (place + 1, Some(summary.text), summary.messages),
        None => (0, None, 0),
    };
    let mut said = path.split_off(start.min(path.len()));
    said.retain(says_something);
    let taken = before.as_ref().map_or(0, |text| model.tokens.count(text));
    let kept = last(&said, model, budget.saturating_sub(taken), least, usize::MAX);
    if kept == said.len() {
        let sent = said.split_off(said.len() - from_a_question(&said, kept));
        let Some(mut before) = before else {
            let notice = dropped(said.len()).map(|dropped| RunEventKind::Notice {
                reason: notice::HISTORY_DROPPED.to_owned(),
                text: format!("{dropped} not sent: {ANSWERS_FIRST}."),
            });
            return Choice { system: system.to_owned(), sent, notice, fold: None };
        };
        // Answers to a question that the summary still holds.
        for answer in &said {
            before = format!("{before}\n\n{}: {}", speaker(answer), answer.content);
        }
        let notice = Some(sent_in_short(earlier, "by a summary that was made before"));
        return Choice { system: introduced(system, &before), sent, notice, fold: None };
    }
    let fits = from_a_question(&said, kept);
    let room = (budget / 2).saturating_sub(SUMMARY_TOKENS as usize);
    let kept = from_a_question(&said, last(&said, model, room, least, usize::MAX));
    let sent = said.split_off(said.len() - kept);
    let fold = Some(Folding { old: said, before, earlier, fitting: fits.saturating_sub(kept) });
    Choice { system: system.to_owned(), sent, notice: None, fold }
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
    RunEventKind::Notice { reason: notice::HISTORY_SUMMARISED.to_owned(), text }
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
    #[case::everything_fits(HistoryStrategy::Tokens, 20, 5, 8192, "0 1 2 3 4", "", Tail::Question)]
    #[case::the_end_fits(
        HistoryStrategy::Tokens,
        20,
        100,
        512,
        "4",
        "The first 4 messages of this chat were not sent: they do not fit",
        Tail::Question
    )]
    #[case::the_question_always_goes(
        HistoryStrategy::Tokens,
        20,
        5000,
        512,
        "4",
        "The first 4 messages",
        Tail::Question
    )]
    #[case::beyond_the_limit(
        HistoryStrategy::Tokens,
        20,
        400,
        100_000,
        "4",
        "beyond the 1000 tokens of `history.tokens`",
        Tail::Question
    )]
    #[case::the_last_two(HistoryStrategy::Last, 2, 5, 8192, "2 3 4", "the last 2 before the question", Tail::Question)]
    #[case::the_last_do_not_fit(HistoryStrategy::Last, 3, 100, 512, "4", "they do not fit into half", Tail::Question)]
    #[case::the_question_alone(
        HistoryStrategy::Last,
        0,
        5,
        8192,
        "4",
        "The first 4 messages of this chat were not sent: the question alone is, as configured.",
        Tail::Question
    )]
    #[case::the_last_one_is_an_answer(
        HistoryStrategy::Last,
        1,
        5,
        8192,
        "4",
        "The first 4 messages of this chat were not sent: the last one before the question is an answer, and models",
        Tail::Question
    )]
    #[case::one_is_dropped(
        HistoryStrategy::Last,
        3,
        5,
        8192,
        "2 3 4",
        "The first 2 messages of this chat were not sent: the last 2 before the question are, of 3 as configured",
        Tail::Question
    )]
    #[case::before_another_wording(
        HistoryStrategy::Last,
        2,
        5,
        8192,
        "4",
        "the last one before the question is, of 2 as configured",
        Tail::Elsewhere
    )]
    #[case::nothing_before(HistoryStrategy::Last, 0, 5, 8192, "", "The first 5 messages", Tail::Elsewhere)]
    #[case::nothing_fits(HistoryStrategy::Tokens, 20, 5000, 512, "", "The first 5 messages", Tail::Elsewhere)]
    fn what_is_sent_of_a_chat(
        #[case] strategy: HistoryStrategy,
        #[case] messages: u32,
        #[case] words: usize,
        #[case] window: u32,
        #[case] expected: &str,
        #[case] notice: &str,
        #[case] tail: Tail,
    ) {
        let path: Vec<Message> = (0..5).map(|number| message(number, words)).collect();
        let history = History { strategy, messages, tokens: 1000 };
        let sent = choose("s", path, tail, &Chosen::for_tests(window), &history, None);
        let sent = sent.excerpt(&AttachedPath::default());
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
    #[case::known_in_short(600, Some(summary(2)), "4", None)]
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
        let sent = choose("s", path, Tail::Question, &Chosen::for_tests(4096), &history, known);
        let sent = sent.excerpt(&AttachedPath::default());
        assert_eq!(numbers(&sent), expected);
        let found = sent.fold.as_ref().map(|fold| (fold.upto.as_str(), fold.messages));
        assert_eq!(found, fold);
        if let Some(fold) = &sent.fold {
            assert_eq!(fold.before, before);
        } else {
            let system = &sent.messages[0].content;
            assert_eq!(system.contains("They spoke of words."), before.is_some(), "{system}");
            assert_eq!(told(&sent).contains("sent in short"), before.is_some());
            assert_eq!(system.contains("Assistant: 3 word"), words == 600, "an answer to what is in short stays");
        }
    }

    #[rstest]
    #[case::half_of_them(9, 90, None, "4 5 6 7 8")]
    #[case::behind_a_summary(9, 90, Some(summary(0)), "4 5 6 7 8")]
    #[case::none_fits(5, 600, None, "4")]
    fn without_a_summary_as_much_is_sent_as_fits(
        #[case] count: usize,
        #[case] words: usize,
        #[case] known: Option<(usize, Summary)>,
        #[case] expected: &str,
    ) {
        let path: Vec<Message> = (0..count).map(|number| message(number, words)).collect();
        let history = History { strategy: HistoryStrategy::Summary, ..History::default() };
        let sent = choose("s", path, Tail::Question, &Chosen::for_tests(1200), &history, known);
        let sent = sent.excerpt(&AttachedPath::default());
        let fold = sent.fold.as_ref().unwrap();
        assert!(sent.unfolded.len() == sent.messages.len() + fold.fitting, "{sent:?}");
        let unfolded = Excerpt { messages: sent.unfolded.clone(), ..sent };
        assert_eq!(numbers(&unfolded), expected);
    }

    #[test]
    fn a_chat_that_begins_with_an_answer_is_sent_from_the_first_question() {
        for strategy in [HistoryStrategy::Tokens, HistoryStrategy::Summary] {
            let path: Vec<Message> = (1..5).map(|number| message(number, 5)).collect();
            let history = History { strategy, ..History::default() };
            let sent = choose("s", path, Tail::Question, &Chosen::for_tests(8192), &history, None);
            let sent = sent.excerpt(&AttachedPath::default());
            assert_eq!(numbers(&sent), "2 3 4");
            assert!(
                told(&sent).contains("The first message of this chat was not sent: models want"),
                "{}",
                told(&sent)
            );
        }
    }

    #[test]
    fn neighbours_of_one_role_are_one_message() {
        let said =
            [(Role::System, "s"), (Role::User, "a"), (Role::User, "b"), (Role::Assistant, "c"), (Role::User, "d")];
        let joined = joined(said.map(|(role, text)| ChatMessage::new(role, text)).to_vec());
        let shown: Vec<String> = joined.iter().map(|one| format!("{}:{}", one.role.as_str(), one.content)).collect();
        assert_eq!(shown, ["system:s", "user:a\n\nb", "assistant:c", "user:d"]);
    }
}
