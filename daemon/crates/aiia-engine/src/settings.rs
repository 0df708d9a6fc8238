//! The settings of a generation, from the farthest level to the nearest.

use std::path::{Path, PathBuf};

use aiia_protocol::chat::Chat;
use aiia_protocol::project::Project;
use aiia_protocol::settings::{Origin, Parameters, Settings, Sourced};

use crate::config::{ProjectConfig, ProjectSettings};
use crate::engine::Engine;

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
    engine: &Engine,
    project: &Project,
    chat: Option<&Chat>,
    wishes: Wishes<'_>,
    role: &str,
) -> (Settings, Vec<String>) {
    let configured = engine.configured();
    let global = &configured.config.settings;
    let folder = folder_settings(project).await;
    let mut notes = Vec::new();
    let folder_model = configured.models.wish_of_the_folder(role, &folder, &mut notes).await;
    let global_model = global.roles.get(role).or(global.model.as_deref());
    let nothing = Parameters::default();
    let mut settings = Settings::default();
    settings.lay(Origin::Global, global_model, global.system_prompt.as_deref(), &global.parameters);
    settings.lay_context(Origin::Global, &global.context);
    settings.lay(Origin::Folder, folder_model.as_deref(), None, &nothing);
    settings.lay(Origin::Project, project.model.as_deref(), project.system_prompt.as_deref(), &project.parameters);
    settings.lay_context(Origin::Project, &project.context);
    if let Some(chat) = chat {
        settings.lay(Origin::Chat, chat.model.as_deref(), chat.system_prompt.as_deref(), &chat.parameters);
    }
    settings.lay(Origin::Message, wishes.model, wishes.system_prompt, wishes.parameters);
    (settings, notes)
}

/// The settings in force for an answer in a chat, or in a new one of the project; the model is the default one where no level
/// names another.
pub(crate) async fn in_force(engine: &Engine, project: &Project, chat: Option<&Chat>) -> Settings {
    let alone = Parameters::default();
    let wishes = Wishes { model: None, system_prompt: None, parameters: &alone };
    let (mut settings, _) = resolve(engine, project, chat, wishes, "chat").await;
    if settings.model.is_none() {
        let default = engine.models().default_model().await.ok();
        settings.model = default.map(|value| Sourced { value, origin: Origin::Default });
    }
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

/// What the first folder of the project says about itself.
async fn folder_settings(project: &Project) -> ProjectSettings {
    let Some(folder) = project.folders.first().map(PathBuf::from) else { return ProjectSettings::default() };
    let loading = tokio::task::spawn_blocking(move || ProjectConfig::load(&folder).settings);
    loading.await.unwrap_or_default()
}
