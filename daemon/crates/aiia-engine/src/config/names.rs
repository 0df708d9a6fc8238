//! Names of models that lead nowhere.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aiia_llm::{EMBEDDED_PROVIDER, nearest};

use super::{Config, Mistake, Roles, Settings, key};

/// The providers that need no configuration.
static KNOWN: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let presets = aiia_llm::presets().into_iter().map(|preset| preset.name);
    presets.chain([EMBEDDED_PROVIDER.to_owned()]).collect()
});

impl Config {
    /// What is wrong with the models that the file names: a provider that is neither configured nor known, or aliases that lead
    /// back to themselves. Whether a provider has such a model is its own to know.
    pub(crate) fn models_astray(&self) -> Vec<Mistake> {
        let settings = &self.settings;
        self.models_named()
            .into_iter()
            .filter_map(|(key, name)| {
                // What a variable or a flag says is not to be mended in the file.
                let place = self.place(&key).filter(|_| self.is_of_the_file(&key))?;
                let (message, hint) = astray(settings, &key, &name)?;
                Some(place.mistake(message, hint))
            })
            .chain(self.prices_astray())
            .collect()
    }

    /// The models that the configuration names, each with the key that does.
    pub(crate) fn models_named(&self) -> Vec<(String, String)> {
        let settings = &self.settings;
        let one = |key: &str, name: &Option<String>| name.clone().map(|name| (key.to_owned(), name));
        let role = |role: &&str| settings.roles.get(role).map(|name| (key::below("roles", role), name.to_owned()));
        let mut named: Vec<(String, String)> = one("model", &settings.model).into_iter().collect();
        named.extend(settings.fallback.iter().map(|name| ("fallback".to_owned(), name.clone())));
        named.extend(settings.aliases.iter().map(|(alias, name)| (key::below("aliases", alias), name.clone())));
        named.extend(Roles::NAMES.iter().filter_map(role));
        named
    }

    /// What is wrong with the models that prices are for.
    fn prices_astray(&self) -> impl Iterator<Item = Mistake> {
        self.settings.prices.keys().filter_map(|name| {
            let key = key::below("prices", name);
            let place = self.place(&key).filter(|_| self.is_of_the_file(&key))?;
            let (message, hint) = match name.split_once('/') {
                Some((provider, model)) if model != "*" && model.contains('*') => (
                    format!("`{key}` counts for no model."),
                    format!("A `*` stands for all models of a provider: `{provider}/*`; others are named one by one."),
                ),
                Some(_) => astray(&self.settings, &key, name)?,
                None => {
                    (format!("`{key}` is no model."), "Prices are those of provider/model or of provider/*.".to_owned())
                }
            };
            Some(place.mistake(message, hint))
        })
    }
}

/// Why the model `name`, which `key` names, cannot be asked, and what to do.
fn astray(settings: &Settings, key: &str, name: &str) -> Option<(String, String)> {
    if settings.aliases.contains_key(name) {
        let mut seen = BTreeSet::from([name]);
        let mut next = name;
        while let Some(further) = settings.aliases.get(next) {
            if key == key::below("aliases", further) {
                let hint = "In the end an alias names a model, `provider/model`.";
                return Some((format!("`{key}` leads back to itself."), hint.to_owned()));
            }
            if !seen.insert(further) {
                break;
            }
            next = further;
        }
        return None;
    }
    let Some((provider, _)) = name.split_once('/') else {
        let near = nearest(name, settings.aliases.keys().map(String::as_str), 1);
        let hint = match near.first() {
            Some(near) => format!("Did you mean `{near}`?"),
            None => "Models are named provider/model, or by one of [aliases].".to_owned(),
        };
        return Some((format!("`{key}` names `{name}`, which is no model."), hint));
    };
    if let Some(configured) = settings.providers.get(provider) {
        return not_among(key, name, provider, &configured.models);
    }
    if KNOWN.contains(provider) {
        return None;
    }
    let names = KNOWN.iter().chain(settings.providers.keys()).map(String::as_str);
    let hint = match nearest(provider, names, 1).first() {
        Some(near) => format!("Did you mean `{near}`?"),
        None => format!("Configure it as `[{}]`.", key::below("providers", provider)),
    };
    Some((format!("`{key}` names `{name}`, but there is no provider `{provider}`."), hint))
}

/// What there is to say of a model that its provider's own list leaves out.
fn not_among(key: &str, name: &str, provider: &str, models: &[String]) -> Option<(String, String)> {
    let own = name.split_once('/').map_or(name, |(_, own)| own);
    if models.is_empty() || own == "*" || models.iter().any(|model| model == own) {
        return None;
    }
    let list = key::below(&key::below("providers", provider), "models");
    let hint = match nearest(own, models.iter().map(String::as_str), 1).first() {
        Some(near) => format!("Did you mean `{provider}/{near}`?"),
        None => "Add it there if the provider has it.".to_owned(),
    };
    Some((format!("`{key}` names `{name}`, which is not among `{list}`."), hint))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("[roles]\nfix = 'nope/nope'", &["2: `roles.fix` names `nope/nope`, but there is no provider `nope`. Configure it as `[providers.nope]`."])]
    #[case("fallback = ['ollama/x', 'olama/x']", &["1: `fallback` names `olama/x`, but there is no provider `olama`. Did you mean `ollama`?"])]
    #[case("model = 'fst'\n[aliases]\nfast = 'ollama/x'", &["1: `model` names `fst`, which is no model. Did you mean `fast`?"])]
    #[case("model = 'a'\n[aliases]\na = 'b'\nb = 'a'", &["3: `aliases.a` leads back to itself.", "4: `aliases.b` leads back to itself."])]
    #[case("[aliases]\na = 'a'", &["2: `aliases.a` leads back to itself."])]
    #[case("[aliases]\nc = 'a'\na = 'a'", &["3: `aliases.a` leads back to itself."])]
    #[case("[prices.x]\ninput = 1\n[prices.'wrk/*']\ninput = 1\n[prices.'work/*']\ninput = 1\n[providers.work]", &["3: `prices.\"wrk/*\"` names `wrk/*`, but there is no provider `wrk`. Did you mean `work`?", "1: `prices.x` is no model."])]
    #[case("[roles]\nfix = 'p/a-larg'\n[providers.p]\nmodels = ['a-large', 'b']", &["2: `roles.fix` names `p/a-larg`, which is not among `providers.p.models`. Did you mean `p/a-large`?"])]
    #[case("fallback = ['p/zzz', 'p/b']\n[providers.p]\nmodels = ['a-large', 'b']", &["1: `fallback` names `p/zzz`, which is not among `providers.p.models`. Add it there if the provider has it."])]
    #[case("[prices.'p/a*']\ninput = 1\n[prices.'p/*']\ninput = 1\n[providers.p]\nmodels = ['ab']", &["1: `prices.\"p/a*\"` counts for no model. A `*` stands for all models of a provider: `p/*`; others are named one by one."])]
    #[case::sound("model = 'p/m'\nfallback = ['fast', 'embedded/x', 'openai/y']\n[aliases]\nfast = 'faster'\nfaster = 'groq/x'\n[providers.p]", &[])]
    fn names_that_lead_nowhere(#[case] text: &str, #[case] expected: &[&str]) {
        let config = Config::of(text, Path::new("c"), &BTreeMap::new());
        let found: Vec<String> =
            config.models_astray().iter().map(|mistake| mistake.sentence(Path::new("c"))).collect();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(&format!("c:{expected}")), "{found}");
        }
    }

    #[test]
    fn what_a_variable_says_is_no_mistake_of_the_file() {
        let environment = BTreeMap::from([("AIIA_MODEL".to_owned(), "nope/x".to_owned())]);
        let config = Config::of("model = 'ollama/x'", Path::new("c"), &environment);
        assert_eq!(config.models_astray(), []);
    }
}
