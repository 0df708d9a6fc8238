//! `aiia templates test`: cases × models, one answer each, in a table. The chats stay, archived, to be looked at.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use aiia_protocol::chat::UpdateChat;
use aiia_protocol::id::{ChatId, ProjectId};
use aiia_protocol::operation::{ChatUpdate, RunGet, TemplateStart};
use aiia_protocol::run::RunRef;
use aiia_protocol::template::{StartTemplate, VariableValue};
use serde::{Deserialize, Serialize};

use crate::cli::given_text;
use crate::cli::interrupt::Interrupt;
use crate::cli::output::{self, Style, paint};
use crate::cli::run_view::{self, Show};
use crate::cli::sanitize::one_line;
use crate::cli::terminal::progress::Progress;
use crate::client::Client;
use crate::exit::{self, Failure};

/// A case of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    values: BTreeMap<String, VariableValue>,
    /// Text that must be in the answer, in whatever case.
    #[serde(default)]
    expect: Option<String>,
}

/// A line of the table.
#[derive(Debug, Serialize)]
struct Outcome {
    case: String,
    model: String,
    chat_id: Option<ChatId>,
    /// `passed`, `failed`, `answered` where nothing was expected, or why there is no answer.
    verdict: String,
    seconds: f64,
    output_tokens: Option<u64>,
    answer: String,
}

pub(super) fn run(
    client: &mut Client,
    project: &ProjectId,
    template: &str,
    cases: &Path,
    models: &[String],
    json: bool,
    interrupt: &Interrupt,
) -> Result<u8, Failure> {
    let cases: Vec<Case> = serde_json::from_str(&given_text::file_text(cases)?)
        .map_err(|error| Failure::local(format!("{} is no list of cases: {error}.", cases.display())))?;
    let models: Vec<Option<String>> =
        if models.is_empty() { vec![None] } else { models.iter().cloned().map(Some).collect() };
    let mut progress = Progress::new(json);
    let mut outcomes = Vec::new();
    for case in &cases {
        for model in &models {
            progress.show(&format!("{} with {}", case.name, model.as_deref().unwrap_or("the default model")));
            let start = StartTemplate {
                template_id: template.into(),
                revision: None,
                project_id: project.clone(),
                values: case.values.clone(),
                title: Some(format!("Test: {}", case.name).chars().take(200).collect()),
                model: model.clone(),
                tags: vec!["template test".to_owned()],
            };
            outcomes.push(one(client, case, model.as_deref(), &start, interrupt)?);
        }
    }
    progress.clear();
    if json {
        output::json(&outcomes);
    } else {
        table(&outcomes);
    }
    Ok(if outcomes.iter().all(|outcome| ["passed", "answered"].contains(&outcome.verdict.as_str())) {
        exit::OK
    } else {
        exit::FAILED
    })
}

fn one(
    client: &mut Client,
    case: &Case,
    model: Option<&str>,
    start: &StartTemplate,
    interrupt: &Interrupt,
) -> Result<Outcome, Failure> {
    let began = Instant::now();
    let mut outcome = Outcome {
        case: case.name.clone(),
        model: model.unwrap_or("default").to_owned(),
        chat_id: None,
        verdict: String::new(),
        seconds: 0.0,
        output_tokens: None,
        answer: String::new(),
    };
    let started = match client.call::<TemplateStart>(start) {
        Ok(started) => started,
        Err(problem) => {
            outcome.verdict = problem.detail;
            return Ok(outcome);
        }
    };
    outcome.chat_id = Some(started.chat.id.clone());
    let Some(run) = &started.run else {
        return Err(Failure::local("The template asks nothing, so there is nothing to test.".to_owned()));
    };
    outcome.model.clone_from(&run.model);
    let followed = run_view::follow(client, run, Show::Nothing, interrupt);
    outcome.seconds = rounded(began.elapsed());
    client.call::<ChatUpdate>(&UpdateChat { archived: Some(true), ..UpdateChat::new(started.chat.id) })?;
    if let Err(failure) = followed {
        outcome.verdict = failure.problem.detail;
        return Ok(outcome);
    }
    let ended = client.call::<RunGet>(&RunRef { run_id: run.id.clone() })?;
    outcome.output_tokens = ended.usage.and_then(|usage| usage.output_tokens);
    outcome.answer = run_view::message(client, run)?.content;
    judge(&outcome.answer, case.expect.as_deref()).clone_into(&mut outcome.verdict);
    Ok(outcome)
}

fn judge(answer: &str, expect: Option<&str>) -> &'static str {
    match expect {
        None => "answered",
        Some(text) if answer.to_lowercase().contains(&text.to_lowercase()) => "passed",
        Some(_) => "failed",
    }
}

fn rounded(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}

fn table(outcomes: &[Outcome]) {
    let width = |of: fn(&Outcome) -> usize, least: usize| outcomes.iter().map(of).max().unwrap_or(0).max(least);
    let case = width(|outcome| outcome.case.chars().count(), 4);
    let model = width(|outcome| outcome.model.chars().count(), 5);
    let head =
        format!("{:case$}  {:model$}  {:>7}  {:>6}  {:8}  answer", "case", "model", "seconds", "tokens", "outcome");
    output::painted_line(&paint(&head, Style::Heading));
    for outcome in outcomes {
        let tokens = outcome.output_tokens.map_or_else(|| "?".to_owned(), |tokens| tokens.to_string());
        let style = if outcome.verdict == "passed" || outcome.verdict == "answered" { Style::Good } else { Style::Bad };
        let answer: String = one_line(&outcome.answer).chars().take(60).collect();
        let shown = paint(&format!("{:8}", one_line(&outcome.verdict)), style);
        let (name, by) = (one_line(&outcome.case), one_line(&outcome.model));
        output::painted_line(&format!(
            "{name:case$}  {by:model$}  {:>7.1}  {tokens:>6}  {shown}  {answer}",
            outcome.seconds
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_judged_by_what_must_be_in_it() {
        assert_eq!(judge("It is BLUE.", Some("blue")), "passed");
        assert_eq!(judge("It is red.", Some("blue")), "failed");
        assert_eq!(judge("", None), "answered");
    }
}
