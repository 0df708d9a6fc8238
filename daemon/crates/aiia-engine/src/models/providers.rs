//! From the configured providers to those that can be asked.

use std::collections::BTreeMap;

use aiia_llm::{Dialect, Origin, Preset, ProviderConfig, Quirks, Secret, missed_variable};
use aiia_protocol::config::{Key, KeyPlace};
use serde_json::Value;

use crate::config::{Provider, Settings};
use crate::keys::{Found, Keys, host};

/// What there is to say of a variable that is missed: who has set it since sees it in his own shell.
fn not_set(variable: &str) -> String {
    format!("{}; after `aiia stop`, the next command starts it anew.", missed_variable(variable))
}

/// The names that servers have for the limit of an answer.
const LIMITS: [&str; 5] = ["max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens", "n_predict"];

/// The providers, and what is wrong with those that are not among them.
#[derive(Default)]
pub(super) struct Made {
    pub(super) providers: Vec<ProviderConfig>,
    pub(super) faults: Vec<Fault>,
    /// Keys that variables of the environment give.
    pub(super) environment_keys: Vec<Key>,
}

/// Something that is wrong with a configured provider.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) provider: String,
    /// The key below `providers.NAME` that is to be mended; empty where it is the section as such.
    pub(super) key: String,
    /// A sentence.
    pub(super) message: String,
    /// The provider cannot be used at all.
    pub(super) is_fatal: bool,
}

/// Makes the providers of the configuration, and of those keys that the user gave.
pub(super) fn make(
    settings: &Settings,
    presets: &[Preset],
    environment: &BTreeMap<String, String>,
    keys: &Keys,
) -> Made {
    let mut made = Made::default();
    for (name, provider) in &settings.providers {
        let preset = presets.iter().find(|preset| preset.name == *name);
        match configured(name, provider, preset, environment, keys, &mut made) {
            Ok(provider) => made.providers.push(provider),
            Err((key, why)) => {
                let message = format!("The provider “{name}” {why}");
                // The embedded models are there all the same.
                let is_fatal = name != aiia_llm::EMBEDDED_PROVIDER;
                made.faults.push(Fault { provider: name.clone(), key, message, is_fatal });
            }
        }
    }
    for preset in presets {
        let Some(variable) = &preset.key_variable else { continue };
        if environment.get(variable).is_some_and(|key| !key.trim().is_empty()) {
            made.note_key(&preset.name, &preset.base_url);
        } else if !settings.providers.contains_key(&preset.name)
            && let Found::Key(key) = keys.get(&preset.name, &preset.base_url)
        {
            let mut provider = ProviderConfig::new(&preset.name, preset.dialect, &preset.base_url);
            provider.api_key = Some(key);
            provider.origin = Origin::Key;
            provider.models.clone_from(&preset.models);
            provider.windows.clone_from(&preset.windows);
            provider.quirks.clone_from(&preset.quirks);
            made.providers.push(provider);
        }
    }
    made
}

impl Made {
    fn note_key(&mut self, provider: &str, base_url: &str) {
        if let Some(host) = host(base_url)
            && !self.environment_keys.iter().any(|known| known.provider == provider)
        {
            self.environment_keys.push(Key { provider: provider.to_owned(), host, place: KeyPlace::Environment });
        }
    }
}

fn configured(
    name: &str,
    provider: &Provider,
    preset: Option<&Preset>,
    environment: &BTreeMap<String, String>,
    keys: &Keys,
    made: &mut Made,
) -> Result<ProviderConfig, (String, String)> {
    let at = |key: &str| {
        let key = key.to_owned();
        move |why: String| (key, why)
    };
    if name.contains('/') || name.is_empty() || name == aiia_llm::EMBEDDED_PROVIDER {
        return Err(at("")("needs another name: one without a slash that is not “embedded”.".to_owned()));
    }
    let dialect = provider.dialect.map(Into::into).or_else(|| preset.map(|preset| preset.dialect));
    let dialect = dialect.ok_or("has no dialect; most servers speak openai_chat.".to_owned()).map_err(at(""))?;
    let base_url = provider.base_url.clone().or_else(|| preset.map(|preset| preset.base_url.clone()));
    let missing = || "has no base_url, such as http://127.0.0.1:8080/v1.".to_owned();
    let base_url = base_url.ok_or_else(missing).map_err(at(""))?;
    let assumed_scheme = !base_url.contains("://");
    let mut base_url = as_base(&with_scheme(&base_url));
    if dialect == Dialect::Ollama {
        base_url = without_path_of_others(base_url);
    }
    let mut result = ProviderConfig { assumed_scheme, ..ProviderConfig::new(name, dialect, &base_url) };
    let check = result.check_address().map_err(|error| format!("cannot be used: {error} {}", error.hint));
    check.map_err(at("base_url"))?;
    result.models = named_once(&provider.models);
    if result.models.len() < provider.models.len() {
        let message = format!("The provider “{name}” has a model without a name, or one that is named twice.");
        made.faults.push(Fault { provider: name.to_owned(), key: "models".to_owned(), message, is_fatal: false });
    }
    if let Some(preset) = preset.filter(|_| result.models.is_empty() && provider.base_url.is_none()) {
        result.models.clone_from(&preset.models);
    }
    if let Some(preset) = preset {
        result.windows.clone_from(&preset.windows);
    }
    result.context_window = provider.context_window;
    result.max_concurrent = provider.max_concurrent.map(|limit| limit as usize);
    result.quirks = quirks(provider, preset);
    for (header, value) in &provider.headers {
        let key = crate::config::joined_key(["headers", header]);
        let value = match value.strip_prefix('$') {
            Some(variable) => environment
                .get(variable)
                .ok_or_else(|| format!("takes its header {header} from {}", not_set(variable)))
                .map_err(at(&key))?,
            None => value,
        };
        if header.is_empty() || !header.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        {
            return Err(at(&key)(format!("has a header “{header}”, which is no name of one.")));
        }
        result.headers.push((header.clone(), Secret::new(value)));
    }
    let fill = result.quirks.fill.as_str();
    let is_template = fill.contains("{prefix}") && fill.contains("{suffix}");
    if !is_template && !matches!(fill, "auto" | "suffix" | "infill") {
        let why = "has a `fill` that is neither auto, suffix, infill nor a prompt with {prefix} and {suffix}.";
        return Err(at("quirks.fill")(why.to_owned()));
    }
    if let Some(field) = provider.quirks.max_tokens_field.as_deref().filter(|field| !LIMITS.contains(field)) {
        let message =
            format!("The provider “{name}” has `{field}` as the field of a limit; servers know {}.", LIMITS.join(", "));
        let key = "quirks.max_tokens_field".to_owned();
        made.faults.push(Fault { provider: name.to_owned(), key, message, is_fatal: false });
    }
    key(&mut result, provider, preset, environment, keys, made);
    if (result.api_key.is_some() || !result.headers.is_empty()) && goes_in_the_clear(&result) {
        let what = if result.api_key.is_some() { "key" } else { "headers" };
        let message = format!(
            "The {what} of “{name}” would be read by anybody between here and {}, which is spoken to in plain HTTP; use https, or a tunnel that ends on this machine.",
            result.shown_url()
        );
        made.faults.push(Fault { provider: name.to_owned(), key: "base_url".to_owned(), message, is_fatal: false });
    }
    Ok(result)
}

/// The names without blank ones and repetitions.
fn named_once(models: &[String]) -> Vec<String> {
    let mut once: Vec<String> = Vec::with_capacity(models.len());
    for model in models.iter().map(|model| model.trim()).filter(|model| !model.is_empty()) {
        if !once.iter().any(|known| known == model) {
            once.push(model.to_owned());
        }
    }
    once
}

/// Whether what is sent to a provider leaves this machine unencrypted.
fn goes_in_the_clear(provider: &ProviderConfig) -> bool {
    provider.base_url.trim_start().to_ascii_lowercase().starts_with("http:") && !provider.is_local()
}

/// What holds of a configured provider where the file says nothing, by key, as it can stand in the file.
pub(crate) fn built_in(name: &str, provider: &Provider, presets: &[Preset]) -> Vec<(&'static str, Value)> {
    let preset = presets.iter().find(|preset| preset.name == name);
    let quirks = quirks(provider, preset);
    let mut known = vec![
        ("quirks.max_tokens_field", quirks.max_tokens_field.into()),
        ("quirks.stream_usage", quirks.stream_usage.into()),
        ("quirks.temperature", quirks.temperature.into()),
        ("quirks.prompt_cache", quirks.prompt_cache.into()),
        ("quirks.key_header", quirks.key_header.into()),
        ("quirks.fill", quirks.fill.into()),
        ("quirks.completions_path", quirks.completions_path.into()),
    ];
    let Some(preset) = preset else { return known };
    known.push(("dialect", preset.dialect.as_str().into()));
    known.push(("base_url", preset.base_url.clone().into()));
    if provider.base_url.is_none() && provider.models.is_empty() {
        known.push(("models", preset.models.clone().into()));
    }
    // The usual variable is for the usual address.
    let address = provider.base_url.as_deref().map(with_scheme);
    if address.is_none_or(|address| host(&address) == host(&preset.base_url)) {
        known.push(("api_key_env", preset.key_variable.clone().into()));
    }
    known
}

/// What people leave out: `localhost:8080/v1` is a server on this machine, and others are reached in secret.
pub(crate) fn with_scheme(base_url: &str) -> String {
    let base_url = base_url.trim();
    if base_url.contains("://") || base_url.is_empty() {
        return base_url.to_owned();
    }
    let near = ["localhost", "127.", "[::1]"].iter().any(|start| base_url.starts_with(start));
    format!("{}://{base_url}", if near { "http" } else { "https" })
}

/// The address without the path of a request, which people copy along.
fn as_base(base_url: &str) -> String {
    let plain = base_url.trim_end_matches('/');
    let requests =
        ["/chat/completions", "/completions", "/responses", "/messages", "/api/chat", "/api/generate", "/models"];
    requests.iter().find_map(|request| plain.strip_suffix(request)).unwrap_or(base_url).to_owned()
}

/// The address of an Ollama server, of which people copy the one that it has for programs that speak as `OpenAI` does.
fn without_path_of_others(base_url: String) -> String {
    let plain = base_url.trim_end_matches('/');
    ["/v1", "/api"].iter().find_map(|path| plain.strip_suffix(path)).map_or(base_url.clone(), str::to_owned)
}

fn quirks(provider: &Provider, preset: Option<&Preset>) -> Quirks {
    let mut quirks = preset.map(|preset| preset.quirks.clone()).unwrap_or_default();
    let own = &provider.quirks;
    if let Some(field) = &own.max_tokens_field {
        quirks.max_tokens_field.clone_from(field);
    }
    quirks.stream_usage = own.stream_usage.unwrap_or(quirks.stream_usage);
    quirks.temperature = own.temperature.unwrap_or(quirks.temperature);
    quirks.prompt_cache = own.prompt_cache.unwrap_or(quirks.prompt_cache);
    quirks.key_header = own.key_header.clone().or(quirks.key_header);
    if let Some(fill) = &own.fill {
        quirks.fill.clone_from(fill);
    }
    quirks.completions_path = own.completions_path.clone().or(quirks.completions_path);
    quirks
}

/// The key: of the variable that is named, else of the provider's usual variable as long as the address is the usual one,
/// else the kept one for this address.
fn key(
    result: &mut ProviderConfig,
    provider: &Provider,
    preset: Option<&Preset>,
    environment: &BTreeMap<String, String>,
    keys: &Keys,
    made: &mut Made,
) {
    let name = result.name.clone();
    let usual = preset.filter(|preset| host(&preset.base_url) == host(&result.base_url));
    let usual = usual.and_then(|preset| preset.key_variable.clone());
    let variable = provider.api_key_env.clone().or(usual);
    if let Some(key) = variable.as_ref().and_then(|variable| environment.get(variable)).filter(|key| !key.is_empty()) {
        result.api_key = Some(Secret::pasted(key));
        made.note_key(&name, &result.base_url);
        return;
    }
    match keys.get(&name, &result.base_url) {
        Found::Key(key) => result.api_key = Some(key),
        Found::OtherHost(other) => {
            result.key_note = Some(format!("No key was sent: the one that is kept was given for {other}."));
            let message = format!(
                "The key of “{name}” was given for {other} and is not sent to {}; run `aiia config set-key {name}` to use it there.",
                result.shown_url()
            );
            made.faults.push(Fault { provider: name, key: "base_url".to_owned(), message, is_fatal: false });
        }
        Found::None => {
            if let Some(variable) = &variable {
                result.key_note = Some(format!("No key was sent: the provider takes it from {}", not_set(variable)));
            }
            if let Some(variable) = &provider.api_key_env {
                let message = format!("The provider “{name}” takes its key from {}", not_set(variable));
                made.faults.push(Fault { provider: name, key: "api_key_env".to_owned(), message, is_fatal: false });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn made(text: &str, environment: &[(&str, &str)], keep: &[(&str, &str)]) -> Made {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::new(folder.path(), false);
        for (provider, host) in keep {
            keys.set(provider, host, "sk-kept").unwrap();
        }
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let config = crate::config::Config::of(text, std::path::Path::new("c"), &BTreeMap::new());
        assert!(config.problems.is_empty(), "{:?}", config.problems);
        make(&config.settings, &aiia_llm::presets(), &environment, &keys)
    }

    fn key_of(made: &Made) -> Option<&str> {
        made.providers[0].api_key.as_ref().map(Secret::expose)
    }

    #[test]
    fn a_known_provider_needs_its_name_alone() {
        let made = made("[providers.anthropic]\n", &[("ANTHROPIC_API_KEY", "sk-1")], &[]);
        let provider = &made.providers[0];
        assert_eq!((provider.dialect.as_str(), key_of(&made)), ("anthropic_messages", Some("sk-1")));
        assert!(provider.base_url.starts_with("https://api.anthropic.com") && !provider.models.is_empty());
    }

    #[rstest]
    #[case::usual_address("[providers.openai]", Some("sk-env"))]
    #[case::another_host("[providers.openai]\nbase_url = 'https://evil.example/v1'", None)]
    #[case::another_port("[providers.openai]\nbase_url = 'https://api.openai.com:444/v1'", None)]
    #[case::in_the_clear("[providers.openai]\nbase_url = 'http://api.openai.com/v1'", None)]
    #[case::said_so(
        "[providers.openai]\nbase_url = 'https://proxy.example/v1'\napi_key_env = 'OPENAI_API_KEY'",
        Some("sk-env")
    )]
    fn the_key_of_the_environment_goes_to_its_usual_host(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(key_of(&made(text, &[("OPENAI_API_KEY", "sk-env")], &[])), expected);
    }

    #[test]
    fn a_changed_host_asks_for_the_key_again() {
        let text = "[providers.p]\ndialect = 'ollama'\nbase_url = 'https://new.example'\n";
        let kept = made(text, &[], &[("p", "https://new.example/x")]);
        assert_eq!(key_of(&kept), Some("sk-kept"));
        let moved = made(text, &[], &[("p", "https://old.example")]);
        assert_eq!(key_of(&moved), None);
        assert!(moved.faults[0].message.contains("was given for https://old.example"), "{:?}", moved.faults);
    }

    #[rstest]
    #[case::elsewhere("http://models.example/v1", "api_key_env = 'K'", true)]
    #[case::in_the_local_net("http://192.168.0.9:8000/v1", "api_key_env = 'K'", true)]
    #[case::a_header("http://models.example/v1", "headers = { X-Key = '$K' }", true)]
    #[case::nothing_secret("http://models.example/v1", "", false)]
    #[case::encrypted("https://models.example/v1", "api_key_env = 'K'", false)]
    #[case::here("http://localhost:8000/v1", "api_key_env = 'K'", false)]
    #[case::no_scheme("models.example/v1", "api_key_env = 'K'", false)]
    fn a_key_that_anybody_could_read_is_told_of(#[case] url: &str, #[case] more: &str, #[case] told: bool) {
        let made = made(
            &format!("[providers.p]\ndialect = 'ollama'\nbase_url = '{url}'\n{more}\n"),
            &[("K", "sk-secret")],
            &[],
        );
        assert_eq!(made.providers.len(), 1, "it is used all the same");
        assert_eq!(
            made.faults.iter().any(|fault| fault.message.contains("plain HTTP") && fault.key == "base_url"),
            told
        );
        assert!(!format!("{:?}", made.faults).contains("sk-secret"));
    }

    #[rstest]
    #[case("[providers.p]\ndialect = 'ollama'\nbase_url = 'http://localhost'\napi_key_env = 'TEAM'\n", Some("TEAM"))]
    #[case("[providers.openai]\n", Some("OPENAI_API_KEY"))]
    #[case("[providers.p]\ndialect = 'ollama'\nbase_url = 'http://localhost'\n", None)]
    fn a_key_that_is_missed_says_where_it_was_looked_for(#[case] text: &str, #[case] variable: Option<&str>) {
        let note = made(text, &[], &[]).providers[0].key_note.clone();
        assert_eq!(note.is_some(), variable.is_some(), "{note:?}");
        if let (Some(note), Some(variable)) = (note, variable) {
            let said = format!("from {variable}, which was not set when the daemon was started; after `aiia stop`");
            assert!(note.contains(&said), "{note}");
        }
    }

    #[test]
    fn a_kept_key_makes_its_provider_known() {
        let made = made("", &[], &[("gemini", "https://generativelanguage.googleapis.com")]);
        assert_eq!((made.providers[0].name.as_str(), &made.providers[0].origin), ("gemini", &Origin::Key));
    }

    #[rstest]
    #[case("dialect = 'ollama'", "has no base_url")]
    #[case("base_url = 'http://h'", "has no dialect")]
    #[case("dialect = 'ollama'\nbase_url = ''", "cannot be used")]
    #[case("dialect = 'ollama'\nbase_url = 'ftp://h'", "only http and https")]
    #[case("dialect = 'ollama'\nbase_url = 'http://'", "cannot be used")]
    #[case("dialect = 'ollama'\nbase_url = 'http://h'\nheaders = { 'a b' = 'x' }", "no name of one")]
    #[case(
        "dialect = 'ollama'\nbase_url = 'http://h'\nheaders = { a = '$NOT_SET' }",
        "NOT_SET, which was not set when the daemon was started"
    )]
    #[case("dialect = 'completions_fim'\nbase_url = 'http://h'\nquirks = { fill = 'autoo' }", "neither auto")]
    fn what_is_missing_is_said(#[case] text: &str, #[case] expected: &str) {
        let made = made(&format!("[providers.p]\n{text}\n"), &[], &[]);
        assert!(made.providers.is_empty());
        assert!(made.faults[0].message.contains(expected), "{:?}", made.faults);
    }

    #[test]
    fn names_and_fields_that_lead_nowhere_are_told_of() {
        let text = "[providers.p]\ndialect = 'openai_chat'\nbase_url = 'http://localhost'\nmodels = ['a b', '', 'ok', 'ok']\n[providers.p.quirks]\nmax_tokens_field = 'x'\n";
        let made = made(text, &[], &[]);
        assert_eq!(made.providers[0].models, ["a b", "ok"]);
        let told: Vec<&str> = made.faults.iter().map(|fault| fault.key.as_str()).collect();
        assert_eq!(told, ["models", "quirks.max_tokens_field"], "{:?}", made.faults);
    }

    #[test]
    fn a_key_may_come_as_it_was_copied() {
        let text = "[providers.p]\ndialect = 'openai_chat'\nbase_url = 'http://localhost'\napi_key_env = 'K'\n";
        assert_eq!(key_of(&made(text, &[("K", "\"Bearer sk-1\"")], &[])), Some("sk-1"));
    }

    #[rstest]
    #[case("http://localhost:11434/v1", "http://localhost:11434")]
    #[case("http://localhost:11434/api/", "http://localhost:11434")]
    #[case("localhost:11434/v1/chat/completions", "http://localhost:11434")]
    #[case("https://h/ollama", "https://h/ollama")]
    fn an_ollama_server_has_no_path_of_its_own(#[case] given: &str, #[case] expected: &str) {
        let made = made(&format!("[providers.p]\ndialect = 'ollama'\nbase_url = '{given}'\n"), &[], &[]);
        assert_eq!(made.providers[0].base_url, expected);
    }

    #[rstest]
    #[case("localhost:8080/v1", "http://localhost:8080/v1")]
    #[case("127.0.0.1:8080", "http://127.0.0.1:8080")]
    #[case("example.org/v1", "https://example.org/v1")]
    #[case("http://example.org", "http://example.org")]
    #[case("https://h/v1/chat/completions", "https://h/v1")]
    #[case("http://h:11434/api/chat/", "http://h:11434")]
    #[case("http://h/v1/", "http://h/v1/")]
    #[case("http://h/my/models/v1", "http://h/my/models/v1")]
    fn an_address_is_understood_as_people_write_it(#[case] given: &str, #[case] expected: &str) {
        assert_eq!(as_base(&with_scheme(given)), expected);
    }
}
