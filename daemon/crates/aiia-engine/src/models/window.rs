//! How large the context window of a model is.

use std::time::{Duration, Instant};

use aiia_llm::{EMBEDDED_PROVIDER, Survey};

use super::ModelDirectory;

/// How long a window that a server told stays good.
const WINDOW_AGE: Duration = Duration::from_mins(1);
/// The tokens of a window of which nothing is known.
pub(crate) const ASSUMED: u32 = 8192;

/// The context window of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) tokens: u32,
    /// Whether nobody tells it.
    pub(crate) is_assumed: bool,
}

/// The key of the configuration that says the window of the model `provider/model`.
pub(crate) fn key(model: &str) -> Option<String> {
    let (provider, _) = model.split_once('/')?;
    if provider == EMBEDDED_PROVIDER {
        return Some("embedded.context_window".to_owned());
    }
    Some(format!("providers.{provider}.context_window"))
}

impl ModelDirectory {
    /// The context window of the model of this name, in tokens.
    pub(crate) async fn window_of(&self, name: &str) -> Window {
        let survey = self.survey().await;
        self.window(name, &survey).await
    }

    pub(super) async fn window(&self, name: &str, survey: &Survey) -> Window {
        let listed = survey.models.iter().find(|model| model.name == name).and_then(|model| model.context_window);
        let known = match listed {
            Some(tokens) => Some(tokens),
            None => self.asked_window(name).await,
        };
        Window { tokens: known.unwrap_or(ASSUMED), is_assumed: known.is_none() }
    }

    /// Whether images may be sent to the model of this name: not where it is embedded, nor where its server says that it takes none.
    pub(crate) async fn sees(&self, name: &str) -> bool {
        let known = self.sights.lock().get(name).copied();
        if let Some((at, sees)) = known
            && at.elapsed() < WINDOW_AGE
        {
            return sees;
        }
        let sees = self.models.sees(name).await.unwrap_or(true);
        self.sights.lock().insert(name.to_owned(), (Instant::now(), sees));
        sees
    }

    /// The window of a model whose provider does not tell it in its list; its server is asked now and then.
    async fn asked_window(&self, name: &str) -> Option<u32> {
        let known = self.windows.lock().get(name).copied();
        if let Some((at, window)) = known
            && at.elapsed() < WINDOW_AGE
        {
            return window;
        }
        let window = self.models.window(name).await;
        self.windows.lock().insert(name.to_owned(), (Instant::now(), window));
        window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_window_can_be_set() {
        for (model, expected) in [("p/m", "providers.p.context_window"), ("embedded/m.gguf", "embedded.context_window")]
        {
            let key = super::key(model).unwrap();
            assert_eq!(key, expected);
            let change = crate::config::Change::Set("4096".to_owned());
            assert!(crate::config::edited("", &key, &change).is_ok(), "{key}");
        }
        assert_eq!(key("m"), None);
    }
}
