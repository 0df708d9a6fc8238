//! The configuration in force, and how it changes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use aiia_protocol::problem::{Problem, ProblemCode};
use parking_lot::MutexGuard;

use super::Engine;
use crate::config::{self, Config, Mistake, Stamp};
use crate::models::ModelDirectory;

/// The configuration in force and what is made from it.
pub(crate) struct Configured {
    pub(crate) config: Config,
    pub(crate) models: Arc<ModelDirectory>,
    /// What is wrong with the file as it is now, where something older is in force.
    pub(super) newest: Option<Config>,
    pub(super) stamp: Stamp,
}

impl Engine {
    /// Has the keyring asked for the keys that are not known yet. It may wait for its owner to unlock it, so nobody waits for
    /// it here; when it has given a key, the providers are made anew.
    pub(crate) fn ask_keyring(&self) {
        if !self.keys.begin_asking() {
            return;
        }
        let (keys, engine) = (Arc::clone(&self.keys), Arc::downgrade(&self.0));
        let asking = move || {
            if keys.ask_ring()
                && let Some(engine) = engine.upgrade()
            {
                Self(engine).reload_config();
            }
            keys.asked();
        };
        if let Err(error) = std::thread::Builder::new().name("keys".to_owned()).spawn(asking) {
            tracing::warn!(%error, "the keyring is not asked");
            self.keys.asked();
        }
    }

    /// The configuration in force.
    pub(crate) fn configured(&self) -> Arc<Configured> {
        Arc::clone(&self.configured.read())
    }

    /// The models of the configuration in force.
    pub(crate) fn models(&self) -> Arc<ModelDirectory> {
        Arc::clone(&self.configured().models)
    }

    /// Takes the configuration file in again if it has changed.
    pub(crate) async fn refresh_config(&self) {
        if self.is_config_current() {
            return;
        }
        let engine = self.clone();
        let reload = move || {
            let alone = engine.reloading.lock();
            // Somebody else may have done it meanwhile.
            if !engine.is_config_current() {
                engine.reload(&alone);
            }
        };
        if let Err(error) = tokio::task::spawn_blocking(reload).await {
            tracing::error!(%error, "the configuration was not read again");
        }
    }

    fn is_config_current(&self) -> bool {
        config::stamp(&self.options.config_file) == self.configured().stamp
    }

    /// Takes the configuration file and the keys in again. A file that cannot be read as a whole leaves in force what was.
    pub(crate) fn reload_config(&self) {
        let alone = self.reloading.lock();
        self.reload(&alone);
        drop(alone);
        self.ask_keyring();
    }

    /// The same for who holds the lock. What is in force can be read meanwhile.
    fn reload(&self, _alone: &MutexGuard<'_, ()>) {
        let before = self.configured();
        let stamp = config::stamp(&self.options.config_file);
        let loaded = Config::load(&self.options.config_file, &self.options.environment, &self.options.flags);
        let (config, newest) = if loaded.is_broken() { (before.config.clone(), Some(loaded)) } else { (loaded, None) };
        let models = Arc::new(ModelDirectory::new(&config, &self.options, &self.keys, Some(&before.models)));
        // Editors complete the keys by the schema beside the file, which is that of this version.
        config::renew_schema(&self.options.config_file);
        let configured = Arc::new(Configured { config, models, newest, stamp });
        *self.configured.write() = configured;
        tracing::info!("the configuration was read again");
    }

    /// What is wrong with the configuration, one sentence each.
    pub(crate) fn config_problems(&self) -> Vec<String> {
        let configured = self.configured();
        let file = configured.newest.as_ref().unwrap_or(&configured.config);
        let mut problems = file.problems.clone();
        if configured.newest.is_some() {
            problems.push("Until it is mended, the configuration before it is in force.".to_owned());
        }
        if !file.is_broken() {
            problems.extend(file.models_astray().iter().map(|mistake| mistake.sentence(&self.options.config_file)));
        }
        problems.extend(configured.models.problems().map(str::to_owned));
        problems
    }

    /// Why the configuration file as it is now is not in force as a whole, if it is not.
    pub(crate) fn broken_config(&self) -> Option<String> {
        let configured = self.configured();
        let file = configured.newest.as_ref().unwrap_or(&configured.config);
        let why = file.problems.first().filter(|_| file.is_broken())?;
        Some(format!("The configuration is not in force as a whole: {why}"))
    }

    /// What is wrong with the configuration file as it is now.
    pub(crate) fn newest_mistakes(&self) -> Vec<Mistake> {
        let configured = self.configured();
        let config = configured.newest.as_ref().unwrap_or(&configured.config);
        let mut mistakes = self.mistakes_of(config);
        if mistakes.is_empty() && config.is_broken() {
            // It could not even be read.
            mistakes.extend(config.problems.iter().map(|problem| Mistake::of_all(problem)));
        }
        mistakes
    }

    /// What would be wrong with a configuration file of this text.
    pub fn check_config(&self, text: &str) -> Vec<Mistake> {
        self.mistakes_of(&Config::of(text, &self.options.config_file, &BTreeMap::new()).with(&self.options.flags))
    }

    /// What is wrong with the file of `config`, in its order; of one that is no TOML only that, since the rest of it may follow from it.
    fn mistakes_of(&self, config: &Config) -> Vec<Mistake> {
        let mut mistakes = config.mistakes.clone();
        if !config.is_broken() {
            mistakes.extend(config.models_astray());
            mistakes.extend(ModelDirectory::mistakes(config, &self.options, &self.keys));
            mistakes.sort_by_key(|mistake| mistake.start);
        }
        mistakes
    }

    /// The configuration file.
    pub fn config_file(&self) -> &Path {
        &self.options.config_file
    }

    /// Changes a key of the configuration file.
    ///
    /// # Errors
    /// When the key or the value is wrong, or the file cannot be read or written.
    pub(crate) fn change_config(&self, key: &str, change: &config::Change) -> Result<(), Problem> {
        let file = &self.options.config_file;
        let unusable = |detail: String| Problem::new(ProblemCode::StoreUnavailable, detail);
        let _alone = self.changing.lock();
        let text = Config::text(file).map_err(unusable)?;
        let new = config::edited(&text, key, change)?;
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| unusable(format!("{} cannot be made: {error}.", folder.display())))?;
        }
        let new = config::with_schema(&text, new);
        config::replace_file(file, &new, 0o600)
            .map_err(|error| unusable(format!("{} cannot be written: {error}.", file.display())))?;
        self.reload_config();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_the_configuration_at_once_are_all_kept() {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let engine = &engine;
        std::thread::scope(|scope| {
            for number in 0..16 {
                let change = config::Change::Set("ollama/x".to_owned());
                scope.spawn(move || engine.change_config(&format!("aliases.a{number}"), &change).unwrap());
            }
        });
        assert_eq!(engine.configured().config.settings.aliases.len(), 16);
        let left: Vec<_> = std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 3, "the data, the configuration and its schema: {left:?}");
    }

    #[test]
    fn the_schema_is_beside_the_file_whenever_the_daemon_starts_or_takes_it_in_again() {
        let home = tempfile::tempdir().unwrap();
        let (file, schema) = (home.path().join("config.toml"), home.path().join("config.schema.json"));
        let open = || Engine::for_tests(home.path(), &[], Vec::new());
        let of_this_version = || {
            let text = std::fs::read_to_string(&schema).unwrap_or_default();
            serde_json::from_str(&text).is_ok_and(|value: serde_json::Value| value == config::schema())
        };
        drop(open());
        assert!(!schema.exists(), "there is no configuration");
        for text in ["", "fallback = []\n", "#:schema ./config.schema.json\nfallback = []\n"] {
            for before in [None, Some("{}"), Some("{ of an older version")] {
                let _ = std::fs::remove_file(&schema);
                std::fs::write(&file, text).unwrap();
                if let Some(before) = before {
                    std::fs::write(&schema, before).unwrap();
                }
                drop(open());
                assert!(of_this_version(), "{text:?}, {before:?}");
                assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
            }
        }
        let written = std::fs::metadata(&schema).unwrap().modified().unwrap();
        let engine = open();
        engine.reload_config();
        assert_eq!(std::fs::metadata(&schema).unwrap().modified().unwrap(), written, "what is the same is not written");
        std::fs::remove_file(&schema).unwrap();
        engine.reload_config();
        assert!(of_this_version());

        // A folder that cannot be written, or something else in its place, is no reason not to start.
        std::fs::remove_file(&schema).unwrap();
        std::fs::create_dir(&schema).unwrap();
        drop(open());
        std::fs::remove_dir(&schema).unwrap();
        std::fs::write(&file, "#:schema ./other.json\n").unwrap();
        drop(open());
        assert!(!schema.exists(), "its owner has another one");
    }

    #[test]
    fn a_new_file_names_its_schema_and_any_other_is_left_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let (file, schema) = (home.path().join("config.toml"), home.path().join("config.schema.json"));
        let set = |key: &str| {
            let engine = Engine::for_tests(home.path(), &[], Vec::new());
            engine.change_config(key, &config::Change::Set("9".to_owned())).unwrap();
            std::fs::read_to_string(&file).unwrap()
        };
        assert_eq!(set("timeouts.idle"), "#:schema ./config.schema.json\n[timeouts]\nidle = 9\n");
        let written: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&schema).unwrap()).unwrap();
        assert_eq!(written, config::schema());
        std::fs::write(&schema, "{}").unwrap();
        assert!(set("timeouts.connect").starts_with("#:schema ./config.schema.json\n[timeouts]\nidle = 9\n"));
        assert_ne!(std::fs::read_to_string(&schema).unwrap(), "{}", "it is that of this version");

        std::fs::remove_file(&schema).unwrap();
        for (own, has_schema) in [("#:schema ./other.json\nfallback = []\n", false), ("# mine\nfallback = []\n", true)]
        {
            std::fs::write(&file, own).unwrap();
            assert!(set("timeouts.idle").starts_with(own));
            assert_eq!(schema.exists(), has_schema);
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_a_mistake() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("config.toml");
        std::fs::write(&file, b"model = 'a/b'\n\xff\xfe\n").unwrap();
        let mistakes = Engine::for_tests(home.path(), &[], Vec::new()).newest_mistakes();
        assert!(mistakes[0].message.ends_with("cannot be read: line 2 is no UTF-8 text."), "{mistakes:?}");
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
        let mistakes = Engine::for_tests(home.path(), &[], Vec::new()).newest_mistakes();
        assert!(mistakes[0].message.ends_with("cannot be read: it is no file."), "{mistakes:?}");
    }

    #[tokio::test]
    async fn a_link_to_nothing_is_a_mistake_and_stays() {
        let home = tempfile::tempdir().unwrap();
        let (file, target) = (home.path().join("config.toml"), home.path().join("dotfiles.toml"));
        std::os::unix::fs::symlink(&target, &file).unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let said = format!("cannot be read: it links to {}, which is not there.", target.display());
        let mistakes = engine.newest_mistakes();
        assert!(mistakes[0].message.ends_with(&said), "{mistakes:?}");
        let change = config::Change::Set("9".to_owned());
        let refused = engine.change_config("timeouts.idle", &change).unwrap_err();
        assert!(refused.detail.ends_with(&said), "{refused}");
        assert!(file.is_symlink() && !target.exists());
        let problem = crate::models::choose(&engine, None).await.map(drop).unwrap_err();
        assert!(problem.hint.as_deref().is_some_and(|hint| hint.ends_with(&said)), "{problem:?}");

        std::fs::write(&target, "").unwrap();
        engine.change_config("timeouts.idle", &change).unwrap();
        assert!(file.is_symlink() && std::fs::read_to_string(&target).unwrap().contains("idle = 9"));
    }

    #[test]
    fn a_key_in_the_file_is_never_shown() {
        let home = tempfile::tempdir().unwrap();
        let key = "sk-abcdefghijklmnop1234567890";
        for name in ["api_key", "key", "apiKey", "token", "api_key_env"] {
            let text =
                format!("[providers.j]\ndialect = 'ollama'\nbase_url = 'http://127.0.0.1:1'\n{name} = '{key}'\n");
            std::fs::write(home.path().join("config.toml"), text).unwrap();
            let engine = Engine::for_tests(home.path(), &[], Vec::new());
            let mistakes = engine.newest_mistakes();
            assert!(mistakes[0].hint.contains("`aiia config set-key j`"), "{mistakes:?}");
            let values = config::effective(&engine.configured().config, None);
            let shown = format!("{mistakes:?} {:?} {values:?}", engine.config_problems());
            assert!(!shown.contains(key), "{shown}");
        }
    }

    #[test]
    fn a_check_of_the_file_finds_what_makes_a_provider_unusable() {
        let home = tempfile::tempdir().unwrap();
        let text = "model = 'fake/good'\n[providers.fake]\ndialect = 'openai_chat'\nbase_url = 'http://127.0.0.1:1/v1'\nheaders = { X-Team = '$TEAM_NOT_SET' }\n[providers.'a b']\n";
        std::fs::write(home.path().join("config.toml"), text).unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        for mistakes in [engine.newest_mistakes(), engine.check_config(text)] {
            let found: Vec<_> = mistakes.iter().map(|one| (one.line, &text[one.start..one.end])).collect();
            assert_eq!(found, [(5, "X-Team"), (6, "'a b'")], "{mistakes:?}");
            assert!(mistakes[0].message.contains("TEAM_NOT_SET, which was not set"), "{mistakes:?}");
        }
        assert_eq!(engine.config_problems().len(), 2);
    }
}
