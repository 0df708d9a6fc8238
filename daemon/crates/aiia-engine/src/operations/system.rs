//! `system.*`

use std::path::PathBuf;

use aiia_llm::Survey;
use aiia_protocol::handshake::negotiate;
use aiia_protocol::operation::{OPERATIONS, SystemDoctor, SystemHello, SystemRepair, SystemStatus};
use aiia_protocol::problem::Problem;
use aiia_protocol::system::{Check, CheckStatus, Doctor, Hello, HelloResult, Repair, Status};
use aiia_protocol::{Empty, PROTOCOL_VERSION, PROTOCOL_VERSION_MIN};

use crate::dispatch::{Handle, Reply};
use crate::engine::Engine;
use crate::models::ModelDirectory;
use crate::operations::{config, workspace};
use crate::session::Session;

impl Handle for SystemHello {
    async fn handle(session: &Session, params: Hello) -> Result<Reply<HelloResult>, Problem> {
        let newest = params.protocol_max.unwrap_or(PROTOCOL_VERSION);
        let oldest = params.protocol_min.unwrap_or(newest.min(PROTOCOL_VERSION_MIN));
        let protocol = negotiate((oldest, newest), (PROTOCOL_VERSION_MIN, PROTOCOL_VERSION))?;
        if let Some(name) = &params.client {
            session.set_client_name(name);
        }
        if let Some(folder) = params.folder.map(PathBuf::from).filter(|folder| folder.is_absolute()) {
            session.set_working_folder(folder);
        }
        Ok(Reply::One(HelloResult {
            protocol,
            version: session.engine().version().to_owned(),
            operations: OPERATIONS.iter().map(|row| row.name.to_owned()).collect(),
        }))
    }
}

impl Handle for SystemStatus {
    async fn handle(session: &Session, _: Empty) -> Result<Reply<Status>, Problem> {
        let engine = session.engine();
        let (default_model, model_problem) = match engine.models().default_model().await {
            Ok(model) => (Some(model), None),
            Err(problem) => (None, Some(problem.sentence())),
        };
        Ok(Reply::One(Status {
            version: engine.version().to_owned(),
            pid: std::process::id(),
            started_at: engine.started_at.clone(),
            data_dir: engine.data_dir().display().to_string(),
            http_url: engine.http_url(),
            sessions: engine.session_infos(),
            active_runs: engine.active_runs() as u32,
            default_model,
            model_problem,
            memory_bytes: memory_bytes(),
            indexes: workspace::progress(engine),
            config_problems: engine.config_problems(),
        }))
    }
}

impl Handle for SystemDoctor {
    async fn handle(session: &Session, _: Empty) -> Result<Reply<Doctor>, Problem> {
        let engine = session.engine();
        let mut checks = vec![Check {
            name: "daemon".to_owned(),
            status: CheckStatus::Ok,
            detail: format!("Version {}, process {}.", engine.version(), std::process::id()),
            hint: None,
        }];
        checks.push(store_check(engine).await);
        checks.push(config_check(engine).await);
        checks.extend(engine.tokens.problem().map(|detail| Check {
            name: "tokens".to_owned(),
            status: CheckStatus::Failed,
            detail,
            hint: Some("Mend the file or move it away, then restart the daemon: `aiia stop`.".to_owned()),
        }));
        checks.push(weights_check(engine));
        checks.extend(model_checks(engine).await);
        checks.push(match engine.http_url() {
            Some(url) => ok("http", format!("Served at {url}; `aiia open` opens the page.")),
            None => Check {
                name: "http".to_owned(),
                status: CheckStatus::Warning,
                detail: "No HTTP is served.".to_owned(),
                hint: Some("The port may be taken; see the log, or set daemon.http_port.".to_owned()),
            },
        });
        Ok(Reply::One(Doctor { checks }))
    }
}

impl Handle for SystemRepair {
    async fn handle(session: &Session, _: Empty) -> Result<Reply<Repair>, Problem> {
        let done = session.engine().store.repair().await?;
        let kept = done.kept.map(|path| path.display().to_string());
        Ok(Reply::One(Repair { found: done.found, left: done.left, kept }))
    }
}

fn ok(name: &str, detail: String) -> Check {
    Check { name: name.to_owned(), status: CheckStatus::Ok, detail, hint: None }
}

async fn store_check(engine: &Engine) -> Check {
    let place = engine.data_dir().display();
    let found = match engine.store.check().await {
        Ok(faults) if faults.is_empty() => engine.store.check_writing().await.map(|()| faults),
        found => found,
    };
    match found {
        Ok(faults) if faults.is_empty() => ok("store", format!("Sound, in {place}.")),
        Ok(faults) => Check {
            name: "store".to_owned(),
            status: CheckStatus::Failed,
            detail: faults.join("; "),
            hint: Some(
                "`aiia doctor --repair` mends what can be mended and keeps a copy; `aiia backup restore` brings a backup back."
                    .to_owned(),
            ),
        },
        Err(error) => Check {
            name: "store".to_owned(),
            status: CheckStatus::Failed,
            detail: error.to_string(),
            hint: Problem::from(error).hint,
        },
    }
}

async fn config_check(engine: &Engine) -> Check {
    let mut problems = engine.config_problems();
    problems.extend(config::doubts(engine).await);
    let file = engine.options.config_file.display();
    if !problems.is_empty() {
        return Check {
            name: "configuration".to_owned(),
            status: CheckStatus::Warning,
            detail: problems.join("; "),
            hint: Some(format!("Mend {file}; it counts from the next request on.")),
        };
    }
    let detail = if engine.options.config_file.exists() {
        format!("{file} is in force.")
    } else {
        format!("There is no {file}, and none is needed.")
    };
    ok("configuration", detail)
}

fn weights_check(engine: &Engine) -> Check {
    let models = engine.models();
    let weights = models.embedded().weights();
    let fault = weights.first().filter(|first| first.path.is_file()).and_then(|first| models.embedded().fault(first));
    if let Some(fault) = fault {
        return Check {
            name: "embedded model".to_owned(),
            status: CheckStatus::Failed,
            detail: fault.message,
            hint: Some(fault.hint).filter(|hint| !hint.is_empty()),
        };
    }
    match weights.first() {
        Some(first) if first.path.is_file() => ok("embedded model", format!("{}.", first.path.display())),
        Some(first) => Check {
            name: "embedded model".to_owned(),
            status: CheckStatus::Failed,
            detail: format!("There is no file {}.", first.path.display()),
            hint: Some("Correct embedded.path, or get a model with `aiia models pull`.".to_owned()),
        },
        None => Check {
            name: "embedded model".to_owned(),
            status: CheckStatus::Warning,
            detail: "Its weights are not there.".to_owned(),
            hint: Some(format!(
                "Get some with `aiia models pull`, or put a .gguf file into {}.",
                engine.data_dir().join("models").display()
            )),
        },
    }
}

async fn model_checks(engine: &Engine) -> Vec<Check> {
    let directory = engine.models();
    let survey = directory.survey().await;
    let mut checks: Vec<Check> = survey
        .providers
        .iter()
        .map(|provider| {
            let name = format!("provider {}", provider.name);
            match &provider.error {
                None => ok(&name, format!("{} model(s) {}", provider.models, provider.address).trim().to_owned()),
                Some(error) => Check {
                    name,
                    status: CheckStatus::Failed,
                    detail: error.message.clone(),
                    hint: Some(error.hint.clone()).filter(|hint| !hint.is_empty()),
                },
            }
        })
        .collect();
    if !survey.tried.is_empty() {
        let looked: Vec<String> =
            survey.tried.iter().map(|tried| format!("{}: {}", tried.what, tried.outcome)).collect();
        checks.push(ok("looked for", looked.join("; ")));
    }
    checks.extend(directory.unusable().map(|(provider, why)| Check {
        name: format!("provider {provider}"),
        status: CheckStatus::Failed,
        detail: why.to_owned(),
        hint: Some("`aiia config check` shows where to mend it.".to_owned()),
    }));
    checks.push(default_check(&directory, &survey).await);
    checks
}

/// Whether the default model can be asked, as far as its provider tells.
async fn default_check(directory: &ModelDirectory, survey: &Survey) -> Check {
    let failed = |detail: String, hint: Option<String>| Check {
        name: "default model".to_owned(),
        status: CheckStatus::Failed,
        detail,
        hint,
    };
    let model = match directory.default_model().await {
        Ok(model) => model,
        Err(problem) => return failed(problem.detail, problem.hint),
    };
    let provider = model.split_once('/').map_or(model.as_str(), |(provider, _)| provider);
    let broken = directory.unusable().find(|(name, _)| *name == provider).map(|(_, why)| why.to_owned());
    let silent = || {
        let status = survey.providers.iter().find(|status| status.name == provider)?;
        // Some servers do not list their models, and answer.
        status.error.as_ref().filter(|error| error.kind.is_unreachable()).map(|error| error.message.clone())
    };
    match broken.or_else(silent) {
        Some(why) => {
            let hint = "Mend its provider, or choose another model: `aiia config set model`; `aiia models` lists them.";
            failed(format!("{model} cannot be asked. {why}"), Some(hint.to_owned()))
        }
        None => ok("default model", model),
    }
}

/// Resident memory of this process, from `/proc`.
fn memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
