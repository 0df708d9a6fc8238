//! Which models are on this machine, and where code may go.

use aiia_llm::{Origin, ProviderConfig, Standing};

use super::ModelDirectory;
use crate::config::PROJECT_FILE;

impl ModelDirectory {
    /// Whether what is sent to a model stays on this machine.
    pub(crate) async fn is_local(&self, model: &str) -> bool {
        self.standing(model).await.is_some_and(|standing| standing.local)
    }

    /// How a model stands to this machine, by what its provider's list says of it.
    pub(super) async fn standing(&self, model: &str) -> Option<Standing> {
        self.survey().await;
        self.models.standing(model).await
    }

    /// Whether a model is on this machine, as its name and its provider's address tell it. Nobody is asked: its server may be off.
    pub(crate) fn is_of_this_machine(&self, model: &str) -> bool {
        let by_preset = || {
            let (provider, own_name) = model.split_once('/')?;
            let preset = self.presets.iter().find(|preset| preset.name == provider)?;
            Some(ProviderConfig::new(provider, preset.dialect, &preset.base_url).keeps(own_name))
        };
        self.models.is_kept_here(model).or_else(by_preset).unwrap_or(false)
    }

    /// The models to ask when `name` cannot be reached. What was not redacted, because it was to stay on this machine, goes
    /// to no other.
    pub(super) async fn fallback(&self, name: &str, local: bool) -> Vec<String> {
        let privacy = &self.settings.privacy;
        let stays_here = local && privacy.redact_secrets && !privacy.redact_local;
        let mut chain = Vec::new();
        for next in self.settings.fallback.iter().map(|next| self.resolved(next)) {
            let may = !stays_here || self.is_local(&next).await;
            if may && next != name && !chain.contains(&next) {
                chain.push(next);
            }
        }
        chain
    }

    /// The full name of a model that the folder's own file asks for, if it may: the file comes with the code, so it cannot send
    /// the code to a provider that the user has not configured, nor to one that a server here has answer.
    ///
    /// # Errors
    /// Why it may not.
    pub(crate) async fn of_the_folder(&self, name: &str) -> Result<String, String> {
        let name = self.resolved(name);
        if let Some(standing) = self.standing(&name).await {
            let chosen = matches!(standing.origin, Origin::Configured | Origin::Key) && !standing.passed_on;
            if standing.local || chosen {
                return Ok(name);
            }
        }
        Err(format!(
            "{PROJECT_FILE} asks for {name}, which is neither on this machine nor of a provider in your configuration; it is not used."
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::Engine;
    use crate::models::Chosen;

    /// The models of a configuration whose servers are all off.
    fn directory(config: &str) -> (Arc<ModelDirectory>, tempfile::TempDir) {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config.toml"), config).unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        (engine.models(), home)
    }

    const SERVERS: &str = "[providers.ollama]\nbase_url = 'http://127.0.0.1:1'\n[providers.work]\ndialect = 'ollama'\nbase_url = 'http://work.invalid'\n";

    #[tokio::test]
    async fn a_folder_cannot_have_a_server_here_pass_its_code_on() {
        let (models, _home) = directory(SERVERS);
        for (name, may) in [("ollama/coder:7b", true), ("ollama/gpt-oss:120b-cloud", false), ("work/x:cloud", true)] {
            assert_eq!(models.of_the_folder(name).await.is_ok(), may, "{name}");
        }
        assert!(models.is_local("ollama/coder:7b").await && !models.is_local("ollama/gpt-oss:120b-cloud").await);
    }

    #[tokio::test]
    async fn a_model_of_this_machine_costs_nothing_when_its_server_is_off() {
        let (models, _home) = directory("");
        for (name, here) in [
            ("ollama/coder:7b", true),
            ("lmstudio/x", true),
            ("embedded/x", true),
            ("ollama/gpt-oss:120b-cloud", false),
            ("openai/gpt-4.1", false),
            ("nobody/x", false),
        ] {
            assert_eq!(models.is_of_this_machine(name), here, "{name}");
        }
        let (moved, _home) = directory("[providers.ollama]\nbase_url = 'https://ollama.example'\n");
        assert!(!moved.is_of_this_machine("ollama/coder:7b"));
    }

    #[tokio::test]
    async fn it_is_said_once_that_the_default_has_left_this_machine() {
        let (models, _home) = directory("");
        let here = Chosen::for_tests(4096);
        let away = Chosen { name: "openai/x".to_owned(), local: false, ..here.clone() };
        assert_eq!(models.note_of_default(&away), None);
        assert_eq!(models.note_of_default(&here), None);
        let note = models.note_of_default(&away).unwrap();
        assert!(note.contains("test/m") && note.contains("openai/x is asked"), "{note}");
        assert_eq!(models.note_of_default(&away), None);
    }
}
