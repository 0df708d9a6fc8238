//! How a provider of models is reached.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use url::{Host, Url};

use crate::dialect::ListedModel;
use crate::error::{LlmError, LlmErrorKind};
use crate::secret::Secret;

/// The wire format a provider speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// `POST {base}/chat/completions` with server-sent events, as `OpenAI` and many others have it.
    OpenaiChat,
    /// `POST {base}/responses`, `OpenAI`'s newer one.
    OpenaiResponses,
    /// Anthropic's `POST {base}/messages`.
    AnthropicMessages,
    /// Google's `POST {base}/models/{model}:streamGenerateContent`.
    Gemini,
    /// Ollama's own `POST {base}/api/chat` with a JSON object a line.
    Ollama,
    /// `POST {base}/completions`: fills a gap in a text, and does not chat.
    CompletionsFim,
    /// The model inside this process; no network.
    Embedded,
}

impl Dialect {
    /// The dialects that a provider can be configured to speak.
    pub const CONFIGURABLE: [Self; 6] = [
        Self::OpenaiChat,
        Self::OpenaiResponses,
        Self::AnthropicMessages,
        Self::Gemini,
        Self::Ollama,
        Self::CompletionsFim,
    ];

    /// The name used in configuration files.
    pub fn as_str(self) -> &'static str {
        match self {
            Dialect::OpenaiChat => "openai_chat",
            Dialect::OpenaiResponses => "openai_responses",
            Dialect::AnthropicMessages => "anthropic_messages",
            Dialect::Gemini => "gemini",
            Dialect::Ollama => "ollama",
            Dialect::CompletionsFim => "completions_fim",
            Dialect::Embedded => "embedded",
        }
    }

    /// The configurable dialect of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::CONFIGURABLE.into_iter().find(|dialect| dialect.as_str() == name)
    }
}

/// How we came to know a provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The user's configuration names it.
    Configured,
    /// It answered on this machine.
    Loopback,
    /// Its key is in this environment variable.
    Environment(String),
    /// The user gave its key, and configured nothing else.
    Key,
    /// It is part of this program.
    Embedded,
}

/// Where a provider departs from its dialect.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quirks {
    /// The field that limits the answer (`max_tokens`, for newer models `max_completion_tokens`).
    pub max_tokens_field: String,
    /// Whether `stream_options.include_usage` may be sent.
    pub stream_usage: bool,
    /// Whether a temperature may be sent; some reasoning models refuse it.
    pub temperature: bool,
    /// Whether `anthropic_messages` may ask to keep prompts, so that what they begin with is paid in full once.
    pub prompt_cache: bool,
    /// The header that carries the key, where it is another than the dialect's (Azure: `api-key`).
    pub key_header: Option<String>,
    /// How `completions_fim` tells of a gap: `auto` (by the marks of the model's family, else `suffix`), `suffix` (a field),
    /// `infill` (llama.cpp's), or a prompt with `{prefix}` and `{suffix}` in it.
    pub fill: String,
    /// The path of `completions_fim` below the base address, where it is not `/completions`.
    pub completions_path: Option<String>,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            max_tokens_field: "max_tokens".to_owned(),
            stream_usage: true,
            temperature: true,
            prompt_cache: true,
            key_header: None,
            fill: "auto".to_owned(),
            completions_path: None,
        }
    }
}

/// A provider: name, dialect, address, key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProviderConfig {
    /// The name before the slash in `provider/model`.
    pub name: String,
    /// The wire format.
    pub dialect: Dialect,
    /// The address the dialect's paths are appended to, e.g. `https://api.openai.com/v1`.
    pub base_url: String,
    /// Whether the user left out its scheme.
    pub assumed_scheme: bool,
    /// The key, sent in the header that the dialect has for it.
    pub api_key: Option<Secret>,
    /// Why there is none, where there is something to say: that the one that is kept is for another host.
    pub key_note: Option<String>,
    /// Further headers; their values are treated like keys.
    pub headers: Vec<(String, Secret)>,
    /// How we came to know it.
    pub origin: Origin,
    /// Models known to exist without asking.
    pub models: Vec<String>,
    /// The context window of all its models, in tokens, as the user says it.
    pub context_window: Option<u32>,
    /// The context windows of single models, in tokens, as they are known without asking.
    pub windows: BTreeMap<String, u32>,
    /// Models of which its list says that another server answers for it, in lower case and without `:latest`.
    pub remote: BTreeSet<String>,
    /// Models of which its list says that they only make vectors.
    pub embedders: BTreeSet<String>,
    /// How many requests it may have at a time; the rest waits. `None`: no limit.
    pub max_concurrent: Option<usize>,
    /// Departures from the dialect.
    pub quirks: Quirks,
}

impl ProviderConfig {
    /// A provider named by the user, without key or quirks.
    pub fn new(name: impl Into<String>, dialect: Dialect, base_url: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            dialect,
            base_url: base_url.into(),
            assumed_scheme: false,
            api_key: None,
            key_note: None,
            headers: Vec::new(),
            origin: Origin::Configured,
            models: Vec::new(),
            context_window: None,
            windows: BTreeMap::new(),
            remote: BTreeSet::new(),
            embedders: BTreeSet::new(),
            max_concurrent: None,
            quirks: Quirks::default(),
        }
    }

    /// The same provider with a key; an empty key is no key.
    #[must_use]
    pub fn with_key(mut self, key: impl AsRef<str>) -> Self {
        let key = Secret::pasted(key.as_ref());
        self.api_key = (!key.expose().is_empty()).then_some(key);
        self
    }

    /// Whether requests go to this machine. What becomes of them there depends on the model: see [`ProviderConfig::keeps`].
    pub fn is_local(&self) -> bool {
        self.dialect == Dialect::Embedded || Url::parse(&self.base_url).is_ok_and(|url| is_loopback(&url))
    }

    /// Whether what is asked of the model of this name stays on this machine. A server here may have others answer for some
    /// of its models, as Ollama does for those whose tag ends in `cloud` and for what is made from them.
    pub fn keeps(&self, model: &str) -> bool {
        let name = listed_as(model);
        let passed_on = name.ends_with(":cloud") || name.ends_with("-cloud") || self.remote.contains(&name);
        self.is_local() && (self.dialect == Dialect::Embedded || !passed_on)
    }

    /// Whether a model of this name only makes vectors, as the name or the provider's list says it.
    pub(crate) fn only_embeds(&self, model: &str) -> bool {
        self.embedders.contains(model) || only_embeds(model)
    }

    /// Notes what the provider's list says of its models.
    pub(crate) fn note_listed(&mut self, listed: &[ListedModel]) {
        self.remote = listed.iter().filter(|model| model.remote).map(|model| listed_as(&model.name)).collect();
        self.embedders = listed.iter().filter(|model| model.only_embeds).map(|model| model.name.clone()).collect();
    }

    /// The address without user name, password and query, fit for messages.
    pub fn shown_url(&self) -> String {
        match Url::parse(&self.base_url) {
            Ok(url) => shown(&url),
            Err(_) => "an invalid address".to_owned(),
        }
    }

    /// Whether the address can be used at all.
    pub fn check_address(&self) -> Result<(), LlmError> {
        self.endpoint("/").map(drop)
    }

    /// The address of `path` (which starts with a slash) below the base address.
    pub(crate) fn endpoint(&self, path: &str) -> Result<Url, LlmError> {
        let bad = |why: &str| {
            LlmError::new(
                LlmErrorKind::BadRequest,
                format!("The address of the provider '{}' cannot be used: {why}.", self.name),
                "Set base_url to an address like http://127.0.0.1:11434 or https://host/v1.",
            )
        };
        let mut url = Url::parse(&self.base_url).map_err(|error| bad(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("only http and https are spoken"));
        }
        if url.host().is_none() {
            return Err(bad("it names no host"));
        }
        let joined = format!("{}{path}", url.path().trim_end_matches('/'));
        url.set_path(&joined);
        Ok(url)
    }
}

/// Time limits of a request. There is none on the whole of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// Until a connection stands.
    pub connect: Duration,
    /// From the request to the first token; generous, since local servers load the model first.
    pub first_token: Duration,
    /// Between two pieces of an answer.
    pub idle: Duration,
    /// For one provider to list its models.
    pub list: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_token: Duration::from_mins(2),
            idle: Duration::from_mins(1),
            list: Duration::from_secs(1),
        }
    }
}

/// A model's name as servers compare it.
fn listed_as(model: &str) -> String {
    let name = model.trim().to_ascii_lowercase();
    name.strip_suffix(":latest").unwrap_or(&name).to_owned()
}

/// Whether a model or a family of this name only makes vectors, or only ranks texts.
pub(crate) fn only_embeds(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("embed")
        || name.contains("rerank")
        || name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "bge" || word.ends_with("bert"))
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

pub(crate) fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}{}", url.scheme(), url.path().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("http://127.0.0.1:1234/v1", "http://127.0.0.1:1234/v1/chat", true)]
    #[case("http://localhost:1234/v1/", "http://localhost:1234/v1/chat", true)]
    #[case("http://[::1]:80", "http://[::1]/chat", true)]
    #[case("https://example.org/v1?api-version=3", "https://example.org/v1/chat?api-version=3", false)]
    fn addresses(#[case] base: &str, #[case] endpoint: &str, #[case] local: bool) {
        let provider = ProviderConfig::new("p", Dialect::OpenaiChat, base);
        assert_eq!(provider.endpoint("/chat").unwrap().as_str(), endpoint);
        assert_eq!(provider.is_local(), local);
    }

    #[rstest]
    #[case("http://127.0.0.1:11434", "qwen2.5-coder:7b", true)]
    #[case("http://127.0.0.1:11434", "gpt-oss:120b-cloud", false)]
    #[case("http://127.0.0.1:11434", "kimi-k2:Cloud", false)]
    #[case("http://127.0.0.1:11434", "glm-cloud", false)]
    #[case("http://127.0.0.1:11434", "cloudy:7b", true)]
    #[case::made_from_one_that_is_passed_on("http://127.0.0.1:11434", "mine", false)]
    #[case::with_its_tag("http://127.0.0.1:11434", "Mine:latest", false)]
    #[case("https://ollama.example", "qwen2.5-coder:7b", false)]
    fn what_is_asked_of_a_model_may_leave_a_server_here(#[case] base: &str, #[case] model: &str, #[case] kept: bool) {
        let mut provider = ProviderConfig::new("p", Dialect::Ollama, base);
        provider.note_listed(&[ListedModel { name: "mine:latest".into(), remote: true, ..ListedModel::default() }]);
        assert_eq!(provider.keeps(model), kept);
    }

    #[rstest]
    #[case("nomic-embed-text:latest", true)]
    #[case("text-embedding-3-small", true)]
    #[case("bge-m3", true)]
    #[case("BAAI/bge-reranker-v2", true)]
    #[case("nomic-bert", true)]
    #[case("modernbert", true)]
    #[case("qwen2.5-coder:7b", false)]
    #[case("llama3.2", false)]
    fn some_models_only_make_vectors(#[case] model: &str, #[case] expected: bool) {
        assert_eq!(only_embeds(model), expected);
    }

    #[rstest]
    #[case("")]
    #[case("example.org")]
    #[case("file:///etc/passwd")]
    #[case("unix:/run/x")]
    fn bad_addresses(#[case] base: &str) {
        let provider = ProviderConfig::new("p", Dialect::OpenaiChat, base);
        assert_eq!(provider.endpoint("/chat").unwrap_err().kind, LlmErrorKind::BadRequest);
    }

    #[test]
    fn nothing_secret_is_shown() {
        let provider = ProviderConfig::new("p", Dialect::OpenaiChat, "https://me:pw@host/v1?key=k").with_key("sk-1");
        assert_eq!(provider.shown_url(), "https://host/v1");
        assert!(!format!("{:?}", provider.api_key).contains("sk-1"));
    }
}
