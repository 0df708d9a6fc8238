//! Finding what is there without being told: servers on this machine and keys in the environment.
//!
//! Only this machine is asked, and only for its list of models. A key in the environment is taken
//! note of; its provider is not contacted.

use std::collections::{BTreeMap, HashMap};

use futures::future::join_all;
use serde::Deserialize;

use crate::dialect::ListedModel;
use crate::error::{LlmError, LlmErrorKind};
use crate::provider::{Dialect, Origin, ProviderConfig, Quirks, Timeouts};
use crate::transport::client::Clients;
use crate::transport::listing::list_models;
use crate::variables;

/// Where to look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DiscoverySettings {
    /// The environment variables to look for keys in, as the caller chooses to hand them over.
    pub environment: HashMap<String, String>,
    /// Servers that may run on this machine.
    pub loopback: Vec<LoopbackServer>,
    /// Providers that are there if their key is.
    pub keyed: Vec<KeyedProvider>,
}

impl DiscoverySettings {
    /// The built-in servers and providers, with these environment variables.
    pub fn new(environment: HashMap<String, String>) -> Self {
        let catalogue = Catalogue::built_in();
        Self { environment, loopback: catalogue.loopback, keyed: catalogue.keyed }
    }
}

/// A server that may run on this machine.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoopbackServer {
    /// The provider's name.
    pub name: String,
    /// The product's name, for people.
    pub label: String,
    /// What it speaks.
    pub dialect: Dialect,
    /// Where it listens unless told otherwise; an address that is not of this machine is not asked.
    pub base_url: String,
}

/// A provider that is known by the variable its key is kept in.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyedProvider {
    /// The provider's name.
    pub name: String,
    /// The company's name, for people.
    pub label: String,
    /// What it speaks.
    pub dialect: Dialect,
    /// Its address.
    pub base_url: String,
    /// The environment variable of the key.
    pub key_variable: String,
    /// Models worth naming without asking.
    #[serde(default)]
    pub models: Vec<String>,
    /// Tokens of their context windows.
    #[serde(default)]
    pub windows: BTreeMap<String, u32>,
    /// Departures from the dialect.
    #[serde(default)]
    pub quirks: Quirks,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    loopback: Vec<LoopbackServer>,
    keyed: Vec<KeyedProvider>,
}

impl Catalogue {
    fn built_in() -> Self {
        serde_json::from_str(include_str!("../data/providers.json")).expect("the catalogue is checked by a test")
    }
}

/// What is known about a provider by its name alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preset {
    /// The name.
    pub name: String,
    /// What it speaks.
    pub dialect: Dialect,
    /// Its address.
    pub base_url: String,
    /// The environment variable of its key, where it takes one.
    pub key_variable: Option<String>,
    /// Models worth naming without asking.
    pub models: Vec<String>,
    /// Tokens of their context windows.
    pub windows: BTreeMap<String, u32>,
    /// Departures from the dialect.
    pub quirks: Quirks,
}

/// All providers that are known by name.
pub fn presets() -> Vec<Preset> {
    let catalogue = Catalogue::built_in();
    let loopback = catalogue.loopback.into_iter().map(|server| Preset {
        name: server.name,
        dialect: server.dialect,
        base_url: server.base_url,
        key_variable: None,
        models: Vec::new(),
        windows: BTreeMap::new(),
        quirks: Quirks::default(),
    });
    let keyed = catalogue.keyed.into_iter().map(|known| Preset {
        name: known.name,
        dialect: known.dialect,
        base_url: known.base_url,
        key_variable: Some(known.key_variable),
        models: known.models,
        windows: known.windows,
        quirks: known.quirks,
    });
    loopback.chain(keyed).collect()
}

/// What was looked for, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tried {
    /// Where was looked, e.g. `Ollama at http://127.0.0.1:11434`.
    pub what: String,
    /// What was seen there, e.g. `not running`.
    pub outcome: String,
}

/// The result of looking around.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Discovery {
    /// Providers that are there: servers first, then keys. Those with [`Origin::Loopback`] carry the
    /// models they listed.
    pub found: Vec<ProviderConfig>,
    /// Everything that was looked for, found or not.
    pub tried: Vec<Tried>,
    /// Servers on this machine of which it is not known whether they are there: they did not answer in time, or failed.
    pub unclear: Vec<Unclear>,
}

/// A server on this machine that may be there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unclear {
    /// The server, without its models.
    pub provider: ProviderConfig,
    /// What came instead of its models.
    pub error: LlmError,
}

impl Discovery {
    /// The same, where servers that are unclear now count as they were known in `before`, and as servers without a model where
    /// they were not.
    pub(crate) fn after(mut self, before: Option<&Self>) -> Self {
        let known = |name: &str| {
            let found = &before?.found;
            found.iter().find(|known| known.name == name && known.origin == Origin::Loopback).cloned()
        };
        for (place, unclear) in self.unclear.iter().enumerate() {
            let provider = known(&unclear.provider.name).unwrap_or_else(|| unclear.provider.clone());
            self.found.insert(place, provider);
        }
        self
    }
}

/// Looks for servers on this machine (all at once, each for at most `timeouts.list`) and for keys in
/// the environment.
pub(crate) async fn discover(clients: &Clients, settings: &DiscoverySettings, timeouts: &Timeouts) -> Discovery {
    let mut discovery = Discovery::default();
    let probes = settings.loopback.iter().map(|server| probe(clients, server, timeouts));
    for (server, (probed, outcome)) in settings.loopback.iter().zip(join_all(probes).await) {
        match probed {
            Probed::There(provider) => discovery.found.push(provider),
            Probed::Unclear(unclear) => discovery.unclear.push(unclear),
            Probed::Nothing => {}
        }
        discovery.tried.push(Tried { what: format!("{} at {}", server.label, server.base_url), outcome });
    }
    for known in &settings.keyed {
        let key = settings.environment.get(&known.key_variable).filter(|key| !key.trim().is_empty());
        discovery.tried.push(Tried {
            what: variables::looked_for(&known.label, &known.key_variable),
            outcome: if key.is_some() { "set" } else { variables::NOT_SET }.to_owned(),
        });
        if let Some(key) = key {
            let mut provider =
                ProviderConfig::new(known.name.clone(), known.dialect, known.base_url.clone()).with_key(key);
            provider.origin = Origin::Environment(known.key_variable.clone());
            provider.models.clone_from(&known.models);
            provider.windows.clone_from(&known.windows);
            provider.quirks.clone_from(&known.quirks);
            discovery.found.push(provider);
        }
    }
    discovery
}

/// What a look at an address of this machine tells.
enum Probed {
    There(ProviderConfig),
    Unclear(Unclear),
    Nothing,
}

async fn probe(clients: &Clients, server: &LoopbackServer, timeouts: &Timeouts) -> (Probed, String) {
    let mut provider = ProviderConfig::new(server.name.clone(), server.dialect, server.base_url.clone());
    provider.origin = Origin::Loopback;
    if !provider.is_local() {
        return (Probed::Nothing, "not an address of this machine; not asked".to_owned());
    }
    match list_models(clients, &provider, timeouts).await {
        Ok(models) if models.is_empty() => (Probed::Nothing, "running, but has no models yet".to_owned()),
        Ok(models) => {
            let outcome = format!("running, {} model{}", models.len(), if models.len() == 1 { "" } else { "s" });
            let window = |model: &ListedModel| Some((model.name.clone(), model.context_window?));
            provider.windows = models.iter().filter_map(window).collect();
            provider.note_listed(&models);
            provider.models = models.into_iter().map(|model| model.name).collect();
            (Probed::There(provider), outcome)
        }
        Err(error) => {
            let outcome = outcome_of(&error);
            let probed =
                if may_be_there(error.kind) { Probed::Unclear(Unclear { provider, error }) } else { Probed::Nothing };
            (probed, outcome)
        }
    }
}

/// Whether a model server may be where this came from. What answers in another way than a model server is none.
fn may_be_there(kind: LlmErrorKind) -> bool {
    use LlmErrorKind as Kind;
    matches!(
        kind,
        Kind::FirstTokenTimeout | Kind::ConnectTimeout | Kind::IdleTimeout | Kind::CutOff | Kind::Server | Kind::Quota
    )
}

fn outcome_of(error: &LlmError) -> String {
    match error.kind {
        LlmErrorKind::Refused => "not running".to_owned(),
        LlmErrorKind::FirstTokenTimeout | LlmErrorKind::ConnectTimeout => "no answer in time".to_owned(),
        LlmErrorKind::Malformed => "something else answers there".to_owned(),
        _ => error.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_sound() {
        let settings = DiscoverySettings::new(HashMap::new());
        for server in &settings.loopback {
            assert!(ProviderConfig::new("p", server.dialect, server.base_url.clone()).is_local(), "{}", server.name);
        }
        let mut names: Vec<&str> = settings.loopback.iter().map(|server| server.name.as_str()).collect();
        for known in &settings.keyed {
            assert!(known.base_url.starts_with("https://"), "{}: a key needs an encrypted connection", known.name);
            assert!(!known.models.is_empty() && known.key_variable.ends_with("_API_KEY"), "{}", known.name);
            assert!(known.windows.keys().all(|model| known.models.contains(model)), "{}", known.name);
            names.push(&known.name);
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "names are used once");
        assert!(names.iter().all(|name| !name.contains('/') && *name != "embedded"));
    }

    #[tokio::test]
    async fn keys_are_found_in_the_environment_alone_and_never_shown() {
        let environment = [("OPENAI_API_KEY", "sk-secret\n"), ("GROQ_API_KEY", " "), ("HOME", "/root")];
        let mut settings =
            DiscoverySettings::new(environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        settings.loopback.clear();
        let discovery = discover(&Clients::default(), &settings, &Timeouts::default()).await;
        let names: Vec<&str> = discovery.found.iter().map(|provider| provider.name.as_str()).collect();
        assert_eq!(names, ["openai"]);
        assert_eq!(discovery.found[0].api_key.as_ref().unwrap().expose(), "sk-secret");
        assert!(!format!("{discovery:?}").contains("sk-secret"));
    }

    #[tokio::test]
    async fn only_this_machine_is_asked() {
        let server = LoopbackServer {
            name: "x".into(),
            label: "X".into(),
            dialect: Dialect::Ollama,
            base_url: "http://192.0.2.1:1".into(),
        };
        let settings = DiscoverySettings { environment: HashMap::new(), loopback: vec![server], keyed: Vec::new() };
        let discovery = discover(&Clients::default(), &settings, &Timeouts::default()).await;
        assert_eq!(discovery.tried[0].outcome, "not an address of this machine; not asked");
    }
}
