//! `aiia models`: the models that can be used now, and getting others.

use std::path::Path;
use std::time::{Duration, Instant};

use aiia_protocol::Empty;
use aiia_protocol::model::{ModelDetails, ModelRef, Pull, PullModel, PullState};
use aiia_protocol::operation::{ModelDelete, ModelGet, ModelList, ModelPull, ModelPulls, ModelStatus, ModelTest};
use aiia_protocol::problem::{Problem, ProblemCode};

use crate::cli::arguments::{ModelsArguments, ModelsVerb};
use crate::cli::interrupt::Interrupt;
use crate::cli::output::{self, Style, paint};
use crate::cli::question;
use crate::cli::terminal::progress::Progress;
use crate::client::Client;
use crate::exit::{self, Failure};

/// The provider of the embedded models.
const EMBEDDED: &str = "embedded";
/// How often a pull is asked how far it is.
const ASK_EVERY: Duration = Duration::from_millis(200);

pub(crate) fn run(arguments: &ModelsArguments) -> Result<u8, Failure> {
    let json = arguments.json;
    match arguments.verb.as_ref().unwrap_or(&ModelsVerb::List) {
        ModelsVerb::List => list(json),
        ModelsVerb::Show { model } => show(model, json),
        ModelsVerb::Test { model } => test(model.as_deref(), json),
        ModelsVerb::Status => status(json),
        ModelsVerb::Pull { model } => pull(model.as_deref(), json),
        ModelsVerb::Delete { model, yes } => delete(model, *yes, json),
    }
}

fn delete(model: &str, yes: bool, json: bool) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    let model = if yes { model.to_owned() } else { agreed(&mut client, model)? };
    client.call::<ModelDelete>(&ModelRef { model: model.clone() })?;
    if json {
        output::json(&Empty {});
    } else {
        output::note(&format!("{model} was deleted."));
    }
    Ok(exit::OK)
}

/// The full name of the model, once somebody has agreed that it goes.
fn agreed(client: &mut Client, model: &str) -> Result<String, Failure> {
    let mut get = |model: String| client.call::<ModelGet>(&ModelRef { model });
    let details = match get(model.to_owned()) {
        // Of the embedded ones a name alone will do.
        Err(_) if !model.contains('/') => get(format!("{EMBEDDED}/{model}")),
        details => details,
    }?;
    let name = details.model.id;
    let size = details.bytes.map_or_else(String::new, |bytes| format!(" ({})", megabytes(bytes)));
    let question = format!("Delete {name}{size}?");
    if !question::can_be_asked() {
        return Err(Failure::usage(question, "Add --yes to delete it without being asked."));
    }
    if question::is_agreed(&question) { Ok(name) } else { Err(Failure::local("Nothing was deleted.")) }
}

fn list(json: bool) -> Result<u8, Failure> {
    let list = Client::open()?.call::<ModelList>(&Empty {})?;
    if json {
        output::json(&list);
    } else {
        for model in &list.items {
            let place = if model.local { "on this machine" } else { "remote" };
            let window = model.context_window.map_or(String::new(), |tokens| format!(", {tokens} tokens"));
            let mark = if model.default { paint(" (default)", Style::Good) } else { String::new() };
            let about = paint(&format!("{place}{window}"), Style::Faint);
            output::painted_line(&format!("{}{mark}  {about}", paint(&model.id, Style::Heading)));
        }
        for provider in &list.unavailable {
            output::note(&format!("{}: {}", provider.provider, provider.reason));
        }
    }
    if list.items.is_empty() {
        return Err(Failure::new(
            exit::NO_MODEL,
            "There is no model.",
            "`aiia models pull` gets one; `aiia doctor` tells what was tried.",
        ));
    }
    Ok(exit::OK)
}

fn row(name: &str, value: &str) {
    output::painted_line(&format!("{}  {value}", paint(&format!("{name:<14}"), Style::Faint)));
}

fn show(model: &str, json: bool) -> Result<u8, Failure> {
    let details = Client::open()?.call::<ModelGet>(&ModelRef { model: model.to_owned() })?;
    if json {
        output::json(&details);
    } else {
        about(&details);
    }
    Ok(exit::OK)
}

fn about(details: &ModelDetails) {
    let model = &details.model;
    let mark = if model.default { paint(" (default)", Style::Good) } else { String::new() };
    output::painted_line(&format!("{}{mark}", paint(&model.id, Style::Heading)));
    row("at", &details.address);
    row("speaks", &details.dialect);
    row("known by", &details.origin);
    row("what is sent", if model.local { "stays on this machine" } else { "leaves this machine" });
    match (model.context_window, details.assumed_window) {
        (Some(tokens), _) => row("window", &format!("{tokens} tokens")),
        (None, Some(assumed)) => {
            let key = format!("providers.{}.context_window", model.provider);
            row("window", &format!("unknown, {assumed} tokens are assumed; `aiia config set {key} TOKENS` says it"));
        }
        (None, None) => {}
    }
    let size = [details.bytes.map(megabytes), details.parameters.clone(), details.quantization.clone()];
    let size: Vec<String> = size.into_iter().flatten().collect();
    if !size.is_empty() {
        row("size", &size.join(", "));
    }
    match (model.local, details.input_price, details.output_price) {
        (true, input, output) if input <= Some(0.0) && output <= Some(0.0) => row("price", "none"),
        (_, Some(input), Some(output)) => row("price", &format!("${input} in, ${output} out, a million tokens")),
        _ => row("price", "unknown"),
    }
    if let Some(origin) = &details.price_origin {
        row("price from", origin);
    }
    for (name, values) in [("aliases", &details.aliases), ("used for", &details.roles)] {
        if !values.is_empty() {
            row(name, &values.join(", "));
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", (bytes + 500_000) / 1_000_000)
}

fn test(model: Option<&str>, json: bool) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    let model = if let Some(model) = model {
        model.to_owned()
    } else {
        let list = client.call::<ModelList>(&Empty {})?;
        let default = list.items.into_iter().find(|model| model.default);
        let nothing = || Failure::new(exit::NO_MODEL, "There is no model.", "`aiia models pull` gets one.");
        default.ok_or_else(nothing)?.id
    };
    let tested = client.call::<ModelTest>(&ModelRef { model })?;
    if json {
        output::json(&tested);
        return Ok(exit::OK);
    }
    output::painted_line(&format!("{}  {}", paint(&tested.model, Style::Heading), paint("answers", Style::Good)));
    row("said", &tested.answer);
    row("first token", &format!("{} ms", tested.first_token_ms));
    row("all of it", &format!("{} ms", tested.total_ms));
    if let (Some(input), Some(output)) = (tested.usage.input_tokens, tested.usage.output_tokens) {
        row("tokens", &format!("{input} in, {output} out"));
    }
    Ok(exit::OK)
}

fn status(json: bool) -> Result<u8, Failure> {
    let status = Client::open()?.call::<ModelStatus>(&Empty {})?;
    if json {
        output::json(&status);
        return Ok(exit::OK);
    }
    row("default", status.default.as_deref().unwrap_or("none"));
    for provider in &status.providers {
        let how = match &provider.reason {
            Some(reason) => paint(reason, Style::Bad),
            None => format!("{} model{}", provider.models, if provider.models == 1 { "" } else { "s" }),
        };
        let place = if provider.address.is_empty() { String::new() } else { format!(" at {}", provider.address) };
        let about = paint(&format!("({}{place}, {})", provider.dialect, provider.origin), Style::Faint);
        output::painted_line(&format!("{}  {how}  {about}", paint(&provider.name, Style::Heading)));
    }
    for place in &status.looked {
        output::painted_line(&paint(&format!("{}: {}", place.provider, place.reason), Style::Faint));
    }
    let speed =
        status.embedded.prompt_tokens_per_second.map(|speed| format!(", read {speed:.0} tokens of a prompt a second"));
    let loaded = if status.embedded.loaded { "in memory" } else { "not in memory" };
    row("embedded", &format!("{loaded}{}", speed.unwrap_or_default()));
    output::line("To be had with `aiia models pull`:");
    for model in &status.embedded.catalogue {
        let mark = if model.installed.is_some() { paint(" (is here)", Style::Good) } else { String::new() };
        let about = format!("{}, {} tokens, {}", megabytes(model.bytes), model.context_window, model.licence);
        output::painted_line(&format!("  {}{mark}  {}", model.name, paint(&about, Style::Faint)));
    }
    for pull in status.pulls.iter().filter(|pull| pull.state == PullState::Running) {
        output::painted_line(&format!("{}  {}", pull.model, shown(pull, None)));
    }
    Ok(exit::OK)
}

fn pull(model: Option<&str>, json: bool) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    let model = match model {
        // The daemon has another working directory.
        Some(model) if Path::new(model).is_file() => std::path::absolute(model)
            .map_err(|error| Failure::local(format!("{model} cannot be found: {error}.")))?
            .display()
            .to_string(),
        Some(model) => model.to_owned(),
        None => client
            .call::<ModelStatus>(&Empty {})?
            .embedded
            .catalogue
            .first()
            .map(|model| model.name.clone())
            .ok_or_else(|| Failure::local("There is nothing to get by name.".to_owned()))?,
    };
    let interrupt = Interrupt::listen();
    let begun = client.call::<ModelPull>(&PullModel { model })?;
    interrupt.watch_pull(client.canceller(), begun.id.clone());
    let mut progress = Progress::new(json);
    // The rate is that of the step that goes on.
    let (mut step, mut before, mut since) = (begun.step.clone(), begun.completed_bytes, Instant::now());
    loop {
        let pulls = client.call::<ModelPulls>(&Empty {})?.items;
        let Some(now) = pulls.into_iter().find(|pull| pull.id == begun.id) else {
            return Err(Problem::new(ProblemCode::Internal, "The daemon has forgotten the pull.").into());
        };
        if now.state == PullState::Running {
            if now.step != step {
                (step, before, since) = (now.step.clone(), now.completed_bytes, Instant::now());
            }
            let rate = now.completed_bytes.saturating_sub(before) as f64 / since.elapsed().as_secs_f64().max(0.1);
            progress.show(&shown(&now, Some(rate)));
            std::thread::sleep(ASK_EVERY);
            continue;
        }
        progress.clear();
        if json {
            output::json(&now);
        }
        return match (now.state, now.problem) {
            (PullState::Completed, _) => {
                if !json {
                    output::note(&format!("{} is here. `aiia models test {}` asks it.", now.model, now.model));
                }
                Ok(exit::OK)
            }
            (PullState::Cancelled, _) => Err(Failure::new(
                exit::CANCELLED,
                "The pull was cancelled.",
                "What has arrived is kept; the same command goes on with it.",
            )),
            (_, Some(problem)) => Err(problem.into()),
            (_, None) => Err(Problem::new(ProblemCode::Internal, "The pull ended without saying how.").into()),
        };
    }
}

/// How far a pull is; `rate` in bytes a second.
fn shown(pull: &Pull, rate: Option<f64>) -> String {
    let amount = match pull.total_bytes {
        Some(total) if total > 0 => {
            let percent = pull.completed_bytes.min(total) * 100 / total;
            format!("  {percent} % of {}", megabytes(total))
        }
        _ if pull.completed_bytes > 0 => format!("  {}", megabytes(pull.completed_bytes)),
        _ => String::new(),
    };
    let rate = rate.filter(|rate| *rate >= 1e5).map(|rate| format!(", {:.1} MB/s", rate / 1e6));
    format!("{}{amount}{}", pull.step, rate.unwrap_or_default())
}
