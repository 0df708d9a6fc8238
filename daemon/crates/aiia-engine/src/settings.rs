//! The settings of a generation, from the farthest level to the nearest.

use aiia_protocol::chat::Chat;
use aiia_protocol::project::Project;
use aiia_protocol::settings::{Origin, Parameters, Settings};

use crate::engine::Engine;

/// What is wished for one message alone.
#[derive(Clone, Copy)]
pub(crate) struct Wishes<'a> {
    pub(crate) model: Option<&'a str>,
    pub(crate) system_prompt: Option<&'a str>,
    pub(crate) parameters: &'a Parameters,
}

/// The settings in force for an answer. The model is absent where no level names one.
pub(crate) fn resolve(engine: &Engine, project: &Project, chat: Option<&Chat>, wishes: Wishes<'_>) -> Settings {
    let global = &engine.config.settings;
    let mut settings = Settings::default();
    settings.lay(Origin::Global, global.model.as_deref(), global.system_prompt.as_deref(), &global.parameters);
    settings.lay(Origin::Project, project.model.as_deref(), project.system_prompt.as_deref(), &project.parameters);
    if let Some(chat) = chat {
        settings.lay(Origin::Chat, chat.model.as_deref(), chat.system_prompt.as_deref(), &chat.parameters);
    }
    settings.lay(Origin::Message, wishes.model, wishes.system_prompt, wishes.parameters);
    settings
}
