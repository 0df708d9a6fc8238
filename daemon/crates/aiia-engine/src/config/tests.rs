//! Files, good and bad.

use rstest::rstest;

use super::*;

fn config(text: &str) -> Config {
    Config::of(text, Path::new("c.toml"), &BTreeMap::new())
}

#[test]
fn a_full_file() {
    let config = config(
        "model = 'here/m'\n[providers.here]\ndialect = 'openai_chat'\nbase_url = 'http://127.0.0.1:1/v1'\n\
         models = ['m']\n[embedded]\nthreads = 2\n[daemon]\nidle_minutes = 5\n[privacy]\nredact_local = false\n\
         [prices.'here/m']\ninput = 3\noutput = 15.5\n",
    );
    assert!(config.problems.is_empty(), "{:?}", config.problems);
    assert_eq!(config.settings.model.as_deref(), Some("here/m"));
    assert_eq!(config.settings.providers["here"].models, ["m"]);
    assert!(config.settings.privacy.redact_secrets && !config.settings.privacy.redact_local);
    assert_eq!(config.settings.prices["here/m"].input, Some(3.0));
}

#[test]
fn the_documented_file_is_understood() {
    let documentation = include_str!("../../../../CONFIGURATION.md");
    let file = documentation.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let config = config(file);
    assert!(config.problems.is_empty(), "{:?}", config.problems);
    assert_eq!(config.settings.providers["work"].context_window, Some(32_768));
    assert_eq!((config.settings.timeouts.connect, config.settings.daemon.idle_minutes), (5, 30));
}

#[test]
fn every_setting_is_documented() {
    let documentation = include_str!("../../../../CONFIGURATION.md");
    let schema = schema();
    let definitions = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    for (name, _) in definitions.filter_map(|definition| definition["properties"].as_object()).flatten() {
        assert!(documentation.contains(name.as_str()), "{name}");
    }
}

#[rstest]
#[case("\nmodell = 'x'\n", "c.toml:2: There is no setting `modell`. Did you mean `model`?")]
#[case("[timeouts]\nidel = 3\n", "c.toml:2: There is no setting `timeouts.idel`. Did you mean `timeouts.idle`?")]
#[case("[timeout]\nidle = 3\n", "c.toml:1: There is no setting `timeout`. Did you mean `timeouts`?")]
#[case("zzzzzz = 1\n", "c.toml:1: There is no setting `zzzzzz`. There are: model,")]
#[case("model = 3\n", "c.toml:1: `model` is a text in quotes.")]
#[case("model = \n", "c.toml:1:")]
#[case("timeouts = 3\n", "c.toml:1: `timeouts` is a section: `[timeouts]`.")]
#[case("[timeouts]\nidle = 0\n", "c.toml:2: `timeouts.idle` is at least 1.")]
#[case("[timeouts]\nidle = -5\n", "c.toml:2: `timeouts.idle` is at least 1.")]
#[case("[timeouts]\nidle = 99999999999\n", "c.toml:2: `timeouts.idle` is at most 4294967295.")]
#[case("[embedded]\nthreads = 2.5\n", "c.toml:2: `embedded.threads` is a whole number.")]
#[case("[daemon]\nhttp_port = 70000\n", "c.toml:2: `daemon.http_port` is at most 65535.")]
#[case("[privacy]\nredact_local = 'yes'\n", "c.toml:2: `privacy.redact_local` is `true` or `false`.")]
#[case("[providers.a]\nmodels = 'm'\n", "c.toml:2: `providers.a.models` is a list of texts")]
#[case("[providers.a]\nmodels = [1]\n", "c.toml:2: `providers.a.models[0]` is a text in quotes.")]
#[case("[providers.a]\ndialect = 'olama'\n", "c.toml:2: `providers.a.dialect` is one of openai_chat, openai_responses")]
#[case("[providers.a]\ndialect = 'olama'\n", "Did you mean `ollama`?")]
#[case("[providers.a]\n[providers.a]\n", "c.toml:2:")]
#[case(
    "[providers.a]\nmodels = []\n[providers.a]\nmodels = []\n",
    "a` stands here a second time. The first one holds; put the two together."
)]
#[case("[prices.'a/b']\ninput = inf\n", "c.toml:2: `prices.\"a/b\".input` is a number.")]
#[case("[prices.'a/b']\ncached = nan\n", "c.toml:2: `prices.\"a/b\".cached` is a number.")]
#[case(
    "[providers.a]\napi_key = 'sk'\n",
    "c.toml:2: There is no setting `providers.a.api_key`. Keys are not kept in this file"
)]
#[case(
    "[providers.a]\napi_key_env = 'sk-1'\n",
    "c.toml:2: `providers.a.api_key_env` is the name of a variable, not a key."
)]
#[case("[prices.x]\ninput = -1\n", "c.toml:2: `prices.x.input` is at least 0.")]
#[case("[prices.'a/*']\ninput = -1\n", "c.toml:2: `prices.\"a/*\".input` is at least 0.")]
#[case("model = ''\n", "c.toml:1: `model` is not empty where it is set.")]
#[case("roles.fix = ''\n", "c.toml:1: `roles.fix` is not empty where it is set.")]
#[case("fallback = ['']\n", "c.toml:1: `fallback[0]` is not empty where it is set.")]
#[case("[parameters]\ntemperature = 3\n", "c.toml:2: `parameters.temperature` is at most 2.")]
#[case("[parameters]\ntemperature = -0.1\n", "c.toml:2: `parameters.temperature` is at least 0.")]
#[case("[parameters]\nmax_tokens = 0\n", "c.toml:2: `parameters.max_tokens` is at least 1.")]
#[case(
    "[parameters]\nstop = ['1','2','3','4','5','6','7','8','9','10','11','12','13','14','15','16','17']\n",
    "c.toml:2: `parameters.stop` is a list of at most 16 texts."
)]
#[case("[parameters]\nstop = ['a', '']\n", "c.toml:2: `parameters.stop[1]` is not empty where it is set.")]
fn what_is_wrong_is_said_with_its_line(#[case] text: &str, #[case] expected: &str) {
    let config = config(text);
    assert!(config.problems.iter().any(|problem| problem.contains(expected)), "{:?}", config.problems);
    assert_eq!(config.problems.len(), 1, "{:?}", config.problems);
    assert_eq!(config.settings.timeouts, Timeouts::default());
}

#[test]
fn a_mistake_has_its_place() {
    let text = "# é\n[timeouts]\nidel = 3\n";
    let mistake = &config(text).mistakes[0];
    assert_eq!((&text[mistake.start..mistake.end], mistake.line), ("idel", 3));
}

#[test]
fn one_mistake_does_not_cost_the_rest() {
    let config = config("modell = 'x'\nmodel = 'a/b'\n[daemon]\nidle_minutes = 'soon'\nhttp_port = 4\nfoo bar\n");
    assert_eq!(config.problems.len(), 3, "{:?}", config.problems);
    assert_eq!(config.settings.model.as_deref(), Some("a/b"));
    assert_eq!(config.settings.daemon.http_port, Some(4));
    assert!(config.is_broken());
}

#[test]
fn hostile_files_are_survived() {
    for text in
        ["\u{feff}model = 'a/b'", "a = [".repeat(5000).as_str(), "\0", "[[", "= =", "'", "\"\"\"", "a.b.c.d = {"]
    {
        assert!(config(text).mistakes.len() <= 20);
    }
}

#[test]
fn the_environment_wins() {
    let environment = BTreeMap::from([("AIIA_MODEL".to_owned(), "a/b".to_owned())]);
    let config = Config::of("model = 'c/d'", Path::new("c.toml"), &environment);
    assert_eq!(config.settings.model.as_deref(), Some("a/b"));
    let config = Config::load(Path::new("/no/such/file"), &environment, &[]);
    assert_eq!(config.settings.model.as_deref(), Some("a/b"));
    assert!(config.problems.is_empty() && !config.is_broken());
}

#[test]
fn a_folder_names_no_host_and_no_key() {
    let project = ProjectConfig::of(
        "model = 'ollama/m'\n[roles]\nfix = 'x/y'\n[providers.ollama]\nbase_url = 'http://evil'\n[privacy]\nredact_secrets = false\n",
    );
    assert_eq!(project.settings.model.as_deref(), Some("ollama/m"));
    assert_eq!(project.settings.roles.get("fix"), Some("x/y"));
    let messages: Vec<&str> = project.mistakes.iter().map(|mistake| mistake.message.as_str()).collect();
    assert_eq!(messages, ["`providers` cannot be set by a folder.", "`privacy` cannot be set by a folder."]);
}

#[test]
fn every_value_tells_where_it_comes_from() {
    use aiia_protocol::config::ConfigOrigin::{Default, Environment, File, ProjectFile};
    let environment = BTreeMap::from([("AIIA_MODEL_FILE".to_owned(), "/m.gguf".to_owned())]);
    let text = "[timeouts]\nidle = 7\n[providers.p]\nbase_url = 'https://me:pw@h/v1?k=1'\nheaders = { a = 'secret', b = '$B' }\n";
    let config = Config::of(text, Path::new("c.toml"), &environment);
    let project = ProjectConfig::of("model = 'p/m'\n");
    let values = effective(&config, Some((Path::new("/w"), &project)));
    let of = |key: &str| {
        let value = values.iter().find(|value| value.key == key).unwrap();
        (value.value.clone(), value.origin, value.source.clone().unwrap_or_default())
    };
    assert_eq!(of("timeouts.idle"), (json!(7), File, "c.toml:2".to_owned()));
    assert_eq!(of("timeouts.connect"), (json!(5), Default, String::new()));
    assert_eq!(of("parameters.temperature"), (json!(0.0), Default, String::new()));
    assert_eq!(of("parameters.max_tokens"), (json!(4096), Default, String::new()));
    assert_eq!(of("context.budget"), (Value::Null, Default, String::new()));
    assert_eq!(of("embedded.path"), (json!("/m.gguf"), Environment, "AIIA_MODEL_FILE".to_owned()));
    assert_eq!(of("model"), (json!("p/m"), ProjectFile, "/w/.aiia.toml:1".to_owned()));
    assert_eq!(of("providers.p.base_url").0, json!("https://h/v1"));
    assert_eq!((of("providers.p.headers.a").0, of("providers.p.headers.b").0), (json!("[masked]"), json!("$B")));
}

#[test]
fn what_is_shown_can_be_given_back() {
    let text = "[prices.'fake/*']\ninput = 0.5\n[aliases]\n'a b' = 'ollama/x'\n";
    let values = effective(&config(text), None);
    for key in ["prices.\"fake/*\".input", "aliases.\"a b\""] {
        let value = values.iter().find(|value| value.key == key).unwrap();
        assert_eq!(value.origin, aiia_protocol::config::ConfigOrigin::File);
        assert_ne!(edited(text, &value.key, &Change::Unset).unwrap(), text);
    }
}

#[test]
fn a_flag_wins_over_everything() {
    use aiia_protocol::config::ConfigOrigin::{Default, Flag as OfFlag};
    let environment = BTreeMap::from([("AIIA_MODEL".to_owned(), "a/b".to_owned())]);
    let flags = [
        Flag::new("--set", "model", "e/f").unwrap(),
        Flag::new("--port", "daemon.http_port", "4").unwrap(),
        Flag::new("--set", "embedded", "{ threads = 3 }").unwrap(),
        Flag::new("--set", "model", "g/h").unwrap(),
    ];
    let config = Config::of("model = 'c/d'\n[daemon]\nhttp_port = 5\nidle_minutes = 6", Path::new("c"), &environment);
    let config = config.with(&flags);
    let daemon = &config.settings.daemon;
    assert_eq!((config.settings.model.as_deref(), daemon.http_port, daemon.idle_minutes), (Some("g/h"), Some(4), 6));
    let project = ProjectConfig::of("model = 'p/m'\n");
    let values = effective(&config, Some((Path::new("/w"), &project)));
    let of = |key: &str| {
        let value = values.iter().find(|value| value.key == key).unwrap();
        (value.value.clone(), value.origin, value.source.clone().unwrap_or_default())
    };
    assert_eq!(of("model"), (json!("g/h"), OfFlag, "--set".to_owned()));
    assert_eq!(of("daemon.http_port"), (json!(4), OfFlag, "--port".to_owned()));
    assert_eq!(of("embedded.threads"), (json!(3), OfFlag, "--set".to_owned()));
    assert_eq!(of("timeouts.idle").1, Default);
}

#[rstest]
#[case("timeouts.idel", "3", "Did you mean `timeouts.idle`?")]
#[case("timeouts.idle", "soon", "is a whole number")]
fn a_flag_that_does_not_fit(#[case] key: &str, #[case] value: &str, #[case] expected: &str) {
    let problem = Flag::new("--set", key, value).unwrap_err();
    let said = format!("{} {}", problem.detail, problem.hint.unwrap_or_default());
    assert!(said.contains(expected), "{said}");
}

#[rstest]
#[case("", "model", "ollama/x", "model = \"ollama/x\"\n")]
#[case("# mine\nmodel = 'a' # why\n", "model", "b/c", "# mine\nmodel = \"b/c\" # why\n")]
#[case("[timeouts]\nidle = 3\n", "timeouts.connect", "9", "[timeouts]\nidle = 3\nconnect = 9\n")]
#[case("", "model", "4", "model = \"4\"\n")]
#[case("", "fallback", "['a/b']", "fallback = ['a/b']\n")]
#[case("", "prices.\"a/b\".input", "3", "[prices.\"a/b\"]\ninput = 3\n")]
fn a_key_is_set(#[case] text: &str, #[case] key: &str, #[case] value: &str, #[case] expected: &str) {
    let new = edited(text, key, &Change::Set(value.to_owned())).unwrap();
    assert_eq!(new.trim_start_matches('\n'), expected);
}

#[rstest]
#[case("timeouts.idle", "soon", "`timeouts.idle` is a whole number.")]
#[case("timeouts.idle", "0", "`timeouts.idle` is at least 1.")]
#[case("timeouts.idle", "-3", "`timeouts.idle` is at least 1.")]
#[case("context.budget", "60", "`context.budget` is at least 256.")]
#[case("daemon.http_port", "99999", "`daemon.http_port` is at most 65535.")]
#[case("parameters.temperature", "3", "`parameters.temperature` is at most 2.")]
#[case("model", "", "`model` is not empty where it is set.")]
#[case("timeouts.idel", "3", "There is no setting `timeouts.idel`.")]
#[case("providers.p.dialect", "x", "`providers.p.dialect` is one of")]
#[case("a b", "3", "`a b` is no key.")]
fn a_key_that_cannot_be_set(#[case] key: &str, #[case] value: &str, #[case] expected: &str) {
    let problem = edited("", key, &Change::Set(value.to_owned())).unwrap_err();
    assert!(problem.detail.contains(expected), "{}", problem.detail);
    assert!(problem.hint.is_none_or(|hint| !hint.is_empty()));
}

#[test]
fn a_key_is_unset_and_comments_stay() {
    assert_eq!(
        edited("# a\nmodel = 'x'\n[privacy]\nredact_local = true\n", "privacy.redact_local", &Change::Unset).unwrap(),
        "# a\nmodel = 'x'\n[privacy]\n"
    );
    assert!(edited("model = ", "model", &Change::Unset).unwrap_err().detail.contains("cannot be read"));
}

#[test]
fn the_committed_schema_is_that_of_the_settings() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config.schema.json");
    let expected = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    if std::fs::read_to_string(file).unwrap_or_default() != expected {
        std::fs::write(file, expected).unwrap();
        panic!("daemon/config.schema.json was out of date and is written again; commit it");
    }
}

#[test]
fn a_section_that_stands_twice_is_one_mistake() {
    let config = config(
        "[providers.a]\nmodels = ['x']\n[providers.a]\nmodels = ['y']\ncontext_window = 1\n[timeouts]\nidle = 7\n",
    );
    assert_eq!(config.mistakes.len(), 1, "{:?}", config.mistakes);
    assert_eq!(config.settings.providers["a"].models, ["x"]);
    assert_eq!(config.settings.timeouts.idle, 7);
}

#[test]
fn what_is_built_in_of_a_provider_is_shown_where_the_file_says_nothing() {
    use aiia_protocol::config::ConfigOrigin::{Default, File};
    let text = "[providers.anthropic]\n[providers.openai]\nbase_url = 'https://proxy.example/v1'\nquirks.temperature = false\n[providers.work]\ndialect = 'ollama'\n";
    let values = effective(&Config::of(text, Path::new("c"), &BTreeMap::new()), None);
    let value = |key: &str| {
        let found = values.iter().find(|one| one.key == format!("providers.{key}")).unwrap();
        (found.value.clone(), found.origin)
    };
    assert_eq!(value("anthropic.dialect"), (json!("anthropic_messages"), Default));
    assert_eq!(value("anthropic.api_key_env"), (json!("ANTHROPIC_API_KEY"), Default));
    assert!(value("anthropic.base_url").0.as_str().unwrap().starts_with("https://api.anthropic.com"));
    assert!(!value("anthropic.models").0.as_array().unwrap().is_empty());
    assert_eq!(value("openai.base_url"), (json!("https://proxy.example/v1"), File));
    assert_eq!(value("openai.api_key_env"), (Value::Null, Default), "the usual key is not for another host");
    assert_eq!(value("openai.models"), (json!([]), Default));
    assert_eq!(value("openai.quirks.temperature"), (json!(false), File));
    assert_eq!(value("work.quirks.max_tokens_field"), (json!("max_tokens"), Default));
    assert_eq!(value("work.base_url"), (Value::Null, Default));
}
