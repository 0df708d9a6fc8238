//! The settings of a generation, from the farthest level to the nearest.

use std::path::{Path, PathBuf};

use aiia_protocol::chat::Chat;
use aiia_protocol::project::Project;
use aiia_protocol::settings::{Origin, Parameters, Settings, Sourced};

use crate::config::{self, Config, History, ProjectConfig};
use crate::engine::Engine;
use crate::models::{USUAL_ANSWER, USUAL_TEMPERATURE};
use crate::session::Session;

/// What is wished for one message alone.
#[derive(Clone, Copy)]
pub(crate) struct Wishes<'a> {
    pub(crate) model: Option<&'a str>,
    pub(crate) system_prompt: Option<&'a str>,
    pub(crate) parameters: &'a Parameters,
}

/// The settings in force for an answer in the role `role`, and what the user should know about them. The model is absent where
/// no level names one.
pub(crate) async fn resolve(
    session: &Session,
    project: &Project,
    chat: Option<&Chat>,
    wishes: Wishes<'_>,
    role: &str,
) -> (Settings, Vec<String>) {
    let engine = session.engine();
    let configured = engine.configured();
    let global = &configured.config.settings;
    let mut notes = Vec::new();
    let (model, origin) = in_folder(engine, project, session.is_trusted()).await.model(engine, role, &mut notes).await;
    let nothing = Parameters::default();
    let mut settings = Settings::default();
    settings.lay(Origin::Global, None, global.system_prompt.as_deref(), &global.parameters);
    settings.lay_context(Origin::Global, &global.context);
    settings.lay(origin, model.as_deref(), None, &nothing);
    settings.lay(Origin::Project, project.model.as_deref(), project.system_prompt.as_deref(), &project.parameters);
    settings.lay_context(Origin::Project, &project.context);
    if let Some(chat) = chat {
        settings.lay(Origin::Chat, chat.model.as_deref(), chat.system_prompt.as_deref(), &chat.parameters);
    }
    settings.lay(Origin::Message, wishes.model, wishes.system_prompt, wishes.parameters);
    (settings, notes)
}

/// The settings in force for an answer in a chat, or in a new one of the project. Where no level says, they are those that hold
/// then: the default model, the likeliest words, the usual length, of which a small window may leave less.
pub(crate) async fn in_force(session: &Session, project: &Project, chat: Option<&Chat>) -> Settings {
    let alone = Parameters::default();
    let wishes = Wishes { model: None, system_prompt: None, parameters: &alone };
    let (mut settings, _) = resolve(session, project, chat, wishes, "chat").await;
    if settings.model.is_none() {
        let default = session.engine().models().default_model().await.ok();
        settings.model = default.map(|value| Sourced { value, origin: Origin::Default });
    }
    settings.temperature.get_or_insert(Sourced { value: USUAL_TEMPERATURE, origin: Origin::Default });
    settings.max_tokens.get_or_insert(Sourced { value: USUAL_ANSWER, origin: Origin::Default });
    settings
}

/// The context rules in force for the folder `root`, which may belong to no project yet.
pub(crate) async fn of_folder(engine: &Engine, root: Option<&Path>) -> Settings {
    let mut settings = Settings::default();
    settings.lay_context(Origin::Global, &engine.configured().config.settings.context);
    let Some(folder) = root.and_then(Path::to_str) else { return settings };
    match engine.store.project_of_folder(folder.to_owned()).await {
        Ok(Some(project)) => settings.lay_context(Origin::Project, &project.context),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "the project of a folder is not known"),
    }
    settings
}

/// What of a long chat of the project is sent.
pub(crate) async fn history(session: &Session, project: &Project) -> History {
    in_folder(session.engine(), project, session.is_trusted()).await.settings.history
}

/// The model that is configured for the role `role` itself in the project, such as `title`. The folder is asked where it is
/// `trusted`.
pub(crate) async fn model_of_role(engine: &Engine, project: &Project, role: &str, trusted: bool) -> Option<String> {
    let folder = in_folder(engine, project, trusted).await;
    let named = folder.settings.roles.get(role)?;
    if !folder.keys.contains(&format!("roles.{role}")) {
        return Some(named.to_owned());
    }
    match engine.models().of_the_folder(named).await {
        Ok(name) => Some(name),
        Err(note) => {
            tracing::info!(role, note, "a model of the folder is not used");
            folder.global.settings.roles.get(role).map(str::to_owned)
        }
    }
}

/// The configuration as it holds in a folder.
struct InFolder {
    global: Config,
    settings: config::Settings,
    /// The keys that the folder's own file sets.
    keys: Vec<String>,
}

/// The configuration as it holds in the first folder of the project, whose own file counts where the folder is `trusted`.
async fn in_folder(engine: &Engine, project: &Project, trusted: bool) -> InFolder {
    let global = engine.configured().config.clone();
    let folder = match project.folders.first().filter(|_| trusted).map(PathBuf::from) {
        Some(folder) => tokio::task::spawn_blocking(move || ProjectConfig::load(&folder)).await.unwrap_or_default(),
        None => ProjectConfig::default(),
    };
    let (settings, keys) = config::in_folder(&global, &folder);
    InFolder { global, settings, keys }
}

impl InFolder {
    /// The model for the role `role`, and who names it.
    async fn model(&self, engine: &Engine, role: &str, notes: &mut Vec<String>) -> (Option<String>, Origin) {
        let named =
            |settings: &config::Settings| settings.roles.get(role).or(settings.model.as_deref()).map(str::to_owned);
        let key = if self.settings.roles.get(role).is_some() { format!("roles.{role}") } else { "model".to_owned() };
        let ours = named(&self.global.settings);
        if !self.keys.contains(&key) {
            return (ours, Origin::Global);
        }
        match named(&self.settings).filter(|name| !name.is_empty()) {
            Some(name) => match engine.models().of_the_folder(&name).await {
                Ok(name) => (Some(name), Origin::Folder),
                Err(note) => {
                    notes.push(note);
                    (ours, Origin::Global)
                }
            },
            None => (ours, Origin::Global),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aiia_protocol::project::CreateProject;
    use rstest::rstest;

    use super::*;
    use crate::config::{Flag, HistoryStrategy};

    const PROVIDERS: &str = "[providers.p]\ndialect = 'openai_chat'\nbase_url = 'http://127.0.0.1:1/v1'\n";

    /// An engine, and a project whose folder has this file.
    async fn engine(home: &std::path::Path, file: &str, folder: &str, variable: &str, flag: &str) -> (Engine, Project) {
        std::fs::create_dir(home.join("project")).unwrap();
        std::fs::write(home.join("config.toml"), format!("{file}\n{PROVIDERS}")).unwrap();
        std::fs::write(home.join("project/.aiia.toml"), folder).unwrap();
        let flags = flag.split_once('=').map(|(key, value)| Flag::new("--set", key, value).unwrap());
        let engine = Engine::for_tests(home, &[("AIIA_MODEL", variable)], flags.into_iter().collect());
        let folders = vec![home.join("project").display().to_string()];
        let new = CreateProject { folders, ..CreateProject::new("p") };
        let project = engine.store.create_project(new).await.unwrap();
        (engine, project)
    }

    #[rstest]
    #[case::the_file("model = 'p/file'", "", "", "", "p/file Global")]
    #[case::the_folder("model = 'p/file'", "model = 'p/folder'", "", "", "p/folder Folder")]
    #[case::a_role_of_the_folder("model = 'p/file'", "roles.chat = 'p/folder'", "", "", "p/folder Folder")]
    #[case::a_variable("model = 'p/file'", "model = 'p/folder'", "p/variable", "", "p/variable Global")]
    #[case::a_flag("", "model = 'p/folder'", "p/variable", "model=p/flag", "p/flag Global")]
    #[case::a_role_by_flag("", "roles.chat = 'p/folder'", "", "roles.chat=p/flag", "p/flag Global")]
    #[case::what_it_may_not("model = 'p/file'", "model = 'evil/m'", "", "", "p/file Global")]
    #[tokio::test]
    async fn who_names_the_model(
        #[case] file: &str,
        #[case] folder: &str,
        #[case] variable: &str,
        #[case] flag: &str,
        #[case] expected: &str,
    ) {
        let home = tempfile::tempdir().unwrap();
        let (engine, project) = engine(home.path(), file, folder, variable, flag).await;
        let alone = Parameters::default();
        let wishes = Wishes { model: None, system_prompt: None, parameters: &alone };
        let session = engine.session_for_tests();
        let (settings, notes) = resolve(&session, &project, None, wishes, "chat").await;
        let model = settings.model.unwrap();
        assert_eq!(format!("{} {:?}", model.value, model.origin), expected);
        assert_eq!(notes.len(), usize::from(folder.contains("evil")), "{notes:?}");
        // What is shown is what counts.
        let known = ProjectConfig::load(&home.path().join("project"));
        let values = config::effective(&engine.configured().config, Some((home.path(), &known)));
        let shown: BTreeMap<&str, String> =
            values.iter().map(|one| (one.key.as_str(), one.value.to_string())).collect();
        if !folder.contains("evil") {
            let value = format!("\"{}\"", model.value);
            assert!(shown["roles.chat"] == value || shown["model"] == value, "{shown:?}");
        }
    }

    #[tokio::test]
    async fn the_folder_says_what_of_a_chat_is_sent_and_who_sums_up() {
        let home = tempfile::tempdir().unwrap();
        let folder = "[roles]\nsummarise = 'p/small'\ntitle = 'evil/m'\n[history]\nstrategy = 'last'\n";
        let (engine, project) = engine(home.path(), "[history]\nmessages = 7", folder, "", "").await;
        let session = engine.session_for_tests();
        let history = history(&session, &project).await;
        assert_eq!((history.strategy, history.messages), (HistoryStrategy::Last, 7));
        assert_eq!(model_of_role(&engine, &project, "summarise", true).await.as_deref(), Some("p/small"));
        assert_eq!(model_of_role(&engine, &project, "title", true).await, None);
        assert_eq!(model_of_role(&engine, &project, "fix", true).await, None);
    }

    #[tokio::test]
    async fn a_folder_that_is_not_trusted_says_nothing() {
        let home = tempfile::tempdir().unwrap();
        let folder = "model = 'p/folder'\n[roles]\nsummarise = 'p/small'\n[history]\nstrategy = 'last'\n";
        let (engine, project) = engine(home.path(), "model = 'p/file'", folder, "", "").await;
        let session = engine.session_for_tests();
        let shown = in_force(&session, &project, None).await;
        assert_eq!(shown.temperature, Some(Sourced { value: 0.0, origin: Origin::Default }));
        assert_eq!(shown.max_tokens, Some(Sourced { value: 4096, origin: Origin::Default }));
        let model = async || in_force(&session, &project, None).await.model.unwrap().value;
        assert_eq!(model().await, "p/folder");
        session.set_trusted(false);
        assert_eq!(model().await, "p/file");
        assert_ne!(history(&session, &project).await.strategy, HistoryStrategy::Last);
        assert_eq!(model_of_role(&engine, &project, "summarise", false).await, None);
    }
}
