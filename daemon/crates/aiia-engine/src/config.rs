//! The configuration file. Nothing in it is needed; what is wrong in it is reported and the rest is used.

use std::collections::BTreeMap;
use std::path::Path;

use aiia_protocol::settings::Parameters;
use serde::Deserialize;

/// After so many mistakes the file is left alone.
const MAX_PROBLEMS: usize = 20;

/// The configuration as it is in force.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The values.
    pub settings: Settings,
    /// What is wrong with the file, one sentence each, with the line.
    pub problems: Vec<String>,
}

/// The configuration file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The model that is used when nobody names another, `provider/model`.
    pub model: Option<String>,
    /// The system prompt of chats where neither they nor their project have one.
    pub system_prompt: Option<String>,
    /// How answers are made where neither the chat nor its project says.
    pub parameters: Parameters,
    /// Model providers by name.
    pub providers: BTreeMap<String, Provider>,
    /// The embedded model.
    pub embedded: Embedded,
    /// How long model servers may take.
    pub timeouts: Timeouts,
    /// The daemon.
    pub daemon: Daemon,
    /// What may be sent.
    pub privacy: Privacy,
}

/// A model provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// How it is spoken to: `openai_chat` or `ollama`.
    pub dialect: String,
    /// Its address, such as `http://127.0.0.1:8080/v1`.
    pub base_url: String,
    /// The environment variable that holds its key.
    #[serde(default)]
    pub api_key_env: Option<String>,
    /// Models that it has, first the one to use.
    #[serde(default)]
    pub models: Vec<String>,
    /// Tokens of the context window.
    #[serde(default)]
    pub context_window: Option<u32>,
}

/// How long model servers may take, in seconds, at least one. There is no limit for a whole answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// Until a connection stands.
    pub connect: Option<u32>,
    /// From the request to the first token.
    pub first_token: Option<u32>,
    /// Between two pieces of an answer.
    pub idle: Option<u32>,
}

/// The embedded model.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Embedded {
    /// Path of the GGUF file.
    pub path: Option<String>,
    /// After how many idle minutes it leaves the memory.
    pub unload_minutes: Option<u64>,
    /// How many threads it computes with.
    pub threads: Option<u32>,
    /// Tokens of its context window.
    pub context_window: Option<u32>,
}

/// The daemon.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Daemon {
    /// After how many minutes without a client it exits.
    pub idle_minutes: Option<u64>,
    /// Its HTTP port; any free one where absent.
    pub http_port: Option<u16>,
}

/// What may be sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Privacy {
    /// Whether key-like strings are replaced before they are sent.
    pub redact_secrets: bool,
    /// Whether that is done for models on this machine, too.
    pub redact_local: bool,
}

impl Default for Privacy {
    fn default() -> Self {
        Self { redact_secrets: true, redact_local: true }
    }
}

impl Config {
    /// Reads the file; then `AIIA_MODEL` of the environment wins over its `model`, `AIIA_MODEL_FILE` over `embedded.path`.
    pub fn load(file: &Path, environment: &BTreeMap<String, String>) -> Self {
        let mut config = match std::fs::read_to_string(file) {
            Ok(text) => Self::parse(&text, &file.display().to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => {
                Self { problems: vec![format!("{} cannot be read: {error}.", file.display())], ..Self::default() }
            }
        };
        let set = |name: &str| environment.get(name).filter(|value| !value.is_empty()).cloned();
        if let Some(model) = set("AIIA_MODEL") {
            config.settings.model = Some(model);
        }
        if let Some(path) = set("AIIA_MODEL_FILE") {
            config.settings.embedded.path = Some(path);
        }
        config
    }

    /// Reads `text`. A line that is wrong is reported and left out, so that one mistake does not cost the rest.
    fn parse(text: &str, file: &str) -> Self {
        let mut lines: Vec<&str> = text.lines().collect();
        let mut problems = Vec::new();
        loop {
            let remaining = lines.join("\n");
            let error = match toml::from_str::<Settings>(&remaining) {
                Ok(settings) => return Self { settings, problems },
                Err(error) => error,
            };
            let line =
                error.span().map_or(0, |span| remaining[..span.start.min(remaining.len())].matches('\n').count());
            problems.push(format!("{file}:{}: {}", line + 1, error.message().replace('\n', " ")));
            match lines.get_mut(line) {
                Some(wrong) if !wrong.is_empty() && problems.len() < MAX_PROBLEMS => *wrong = "",
                _ => return Self { settings: Settings::default(), problems },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file() {
        let config = Config::parse(
            "model = 'here/m'\n[providers.here]\ndialect = 'openai_chat'\nbase_url = 'http://127.0.0.1:1/v1'\n\
             models = ['m']\n[embedded]\nthreads = 2\n[daemon]\nidle_minutes = 5\n[privacy]\nredact_local = false\n",
            "config.toml",
        );
        assert!(config.problems.is_empty(), "{:?}", config.problems);
        assert_eq!(config.settings.model.as_deref(), Some("here/m"));
        assert_eq!(config.settings.providers["here"].models, ["m"]);
        assert!(config.settings.privacy.redact_secrets && !config.settings.privacy.redact_local);
    }

    #[test]
    fn the_documented_file_is_understood() {
        let documentation = include_str!("../../../CONFIGURATION.md");
        let file = documentation.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
        let config = Config::parse(file, "config.toml");
        assert!(config.problems.is_empty(), "{:?}", config.problems);
        assert_eq!(config.settings.providers["work"].context_window, Some(32_768));
        assert_eq!((config.settings.timeouts.connect, config.settings.daemon.idle_minutes), (Some(5), Some(30)));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, expected) in [
            ("\nmodell = 'x'\n", "c.toml:2: unknown field `modell`"),
            ("model = 3\n", "c.toml:1: invalid type"),
            ("[providers.a]\ndialect = 'x'\n", "missing field `base_url`"),
            ("model = \n", "c.toml:1:"),
        ] {
            let config = Config::parse(text, "c.toml");
            assert!(config.problems[0].contains(expected), "{}", config.problems[0]);
        }
    }

    #[test]
    fn one_mistake_does_not_cost_the_rest() {
        let config =
            Config::parse("modell = 'x'\nmodel = 'a/b'\n[daemon]\nidle_minutes = 'soon'\nhttp_port = 4\n", "c.toml");
        assert_eq!(config.problems.len(), 2, "{:?}", config.problems);
        assert_eq!(config.settings.model.as_deref(), Some("a/b"));
        assert_eq!(config.settings.daemon.http_port, Some(4));
    }

    #[test]
    fn the_environment_wins() {
        let environment = BTreeMap::from([("AIIA_MODEL".to_owned(), "a/b".to_owned())]);
        let config = Config::load(Path::new("/no/such/file"), &environment);
        assert_eq!(config.settings.model.as_deref(), Some("a/b"));
        assert!(config.problems.is_empty());
    }
}
