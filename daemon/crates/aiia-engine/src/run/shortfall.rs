//! What there is to say of an answer that ended before it was whole.

use aiia_llm::{FinishReason, LlmErrorKind};
use aiia_protocol::problem::{Problem, ProblemCode, reason};
use aiia_protocol::run::{RunEventKind, notice};

/// Which limit an answer of `limit` tokens at most has reached, of which it `used` so many as its server counts.
pub(super) fn reached(limit: u32, used: Option<u64>) -> String {
    match used {
        // Servers count a few tokens otherwise, and some have a limit of their own.
        Some(used) if used.saturating_add(16) < u64::from(limit) => {
            format!("a limit of its server, after {used} tokens")
        }
        _ => format!("its limit of {limit} tokens (`max_tokens`, or what the model's window leaves)"),
    }
}

/// The notice that an answer was cut off; the arguments are those of [`reached`].
pub(super) fn cut_off(limit: u32, used: Option<u64>) -> RunEventKind {
    let text = format!("The answer is cut off: it has reached {}. It can be continued.", reached(limit, used));
    RunEventKind::Notice { reason: notice::ANSWER_CUT_OFF.to_owned(), text }
}

/// The problem of an answer without a word; `limit` and `used` are those of [`reached`].
pub(crate) fn empty(
    model: &str,
    finish: Option<&FinishReason>,
    limit: u32,
    used: Option<u64>,
    has_thought: bool,
) -> Problem {
    if finish == Some(&FinishReason::Length) {
        let reached = reached(limit, used);
        return Problem::new(
            ProblemCode::ModelError,
            format!("{model} has reached {reached} before it said anything; thinking counts, too."),
        )
        .with_reason(reason::ANSWER_CUT_OFF)
        .with_hint("Raise `max_tokens`, give the model a larger window, or ask for less.");
    }
    let what = match finish {
        Some(FinishReason::Other(reason)) if is_call(reason) => {
            "asked for a tool, which it is not given, and said nothing"
        }
        _ if has_thought => "has only thought and said nothing",
        _ => "gave an empty answer",
    };
    Problem::new(ProblemCode::ModelError, format!("{model} {what}."))
        .with_reason(reason::EMPTY_ANSWER)
        .with_hint("Ask again, or choose another model.")
}

fn is_call(reason: &str) -> bool {
    reason.contains("tool") || reason.contains("function_call")
}

/// Why an answer that ended as `finish` says is none, whatever text came: it was withheld, or its server gave up. `said`: whether
/// any came.
pub(crate) fn broken_off(model: &str, finish: Option<&FinishReason>, said: bool) -> Option<Problem> {
    let (rest, kept) = if said { ("the rest of ", "What arrived is kept. ") } else { ("", "") };
    match finish? {
        FinishReason::Stop | FinishReason::Length => None,
        FinishReason::ContentFilter => Some(
            Problem::new(ProblemCode::ModelError, format!("The provider has withheld {rest}{model}'s answer."))
                .with_reason(LlmErrorKind::ContentFilter.as_str())
                .with_hint(format!("{kept}Ask in other words, or choose another model.")),
        ),
        // A model that wants to call a tool has said what it had to say: it has none here.
        FinishReason::Other(reason) if is_call(reason) => None,
        FinishReason::Other(reason) => {
            let (detail, hint) = if said {
                (format!("{model} broke its answer off: “{reason}”."), "Continue the answer, ask")
            } else {
                (format!("{model} gave no answer: “{reason}”."), "Ask")
            };
            Some(
                Problem::new(ProblemCode::ModelError, detail)
                    .with_reason(LlmErrorKind::CutOff.as_str())
                    .with_hint(format!("{kept}{hint} again, or look into the model server's log.")),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(None, 4096, "its limit of 4096 tokens")]
    #[case(Some(4096), 4096, "its limit of 4096 tokens")]
    #[case(Some(4090), 4096, "its limit of 4096 tokens")]
    #[case(Some(1000), 4096, "a limit of its server, after 1000 tokens")]
    fn it_is_said_which_limit_has_cut_an_answer_off(#[case] used: Option<u64>, #[case] limit: u32, #[case] said: &str) {
        let RunEventKind::Notice { reason, text } = cut_off(limit, used) else { panic!("it is a notice") };
        assert!(reason == notice::ANSWER_CUT_OFF && text.contains(said), "{text}");
    }

    #[rstest]
    #[case(None, None)]
    #[case(Some(FinishReason::Stop), None)]
    #[case(Some(FinishReason::Length), None)]
    #[case(Some(FinishReason::Other("tool_calls".into())), None)]
    #[case(Some(FinishReason::ContentFilter), Some("content_filter"))]
    #[case(Some(FinishReason::Other("error".into())), Some("cut_off"))]
    fn an_answer_may_be_none(#[case] finish: Option<FinishReason>, #[case] reason: Option<&str>) {
        for said in [true, false] {
            let problem = broken_off("p/m", finish.as_ref(), said);
            assert_eq!(problem.as_ref().and_then(|problem| problem.reason.as_deref()), reason);
            let told = problem.map(|problem| format!("{} {}", problem.detail, problem.hint.unwrap_or_default()));
            assert!(told.is_none_or(|told| told.contains("What arrived is kept. ") == said));
        }
    }

    #[test]
    fn an_empty_answer_names_the_limit_that_emptied_it() {
        let tools = FinishReason::Other("tool_calls".to_owned());
        for (finish, used, has_thought, said) in [
            (FinishReason::Length, Some(250), true, "its limit of 256 tokens"),
            (FinishReason::Length, Some(9), false, "a limit of its server, after 9 tokens"),
            (FinishReason::Stop, None, false, "empty answer"),
            (FinishReason::Stop, None, true, "only thought"),
            (tools, None, true, "asked for a tool"),
        ] {
            let problem = empty("p/m", Some(&finish), 256, used, has_thought);
            assert!(problem.detail.contains(said), "{problem:?}");
        }
    }
}
