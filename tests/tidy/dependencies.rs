//! Who may depend on whom, read from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// What each crate of ours may use of ours.
const ALLOWED: &[(&str, &[&str])] = &[
    ("aiia-protocol", &[]),
    ("aiia-text", &[]),
    ("aiia-llm", &[]),
    ("aiia-syntax", &["aiia-text"]),
    ("aiia-edit", &["aiia-text", "aiia-syntax"]),
    ("aiia-context", &["aiia-text", "aiia-syntax"]),
    ("aiia-markdown", &["aiia-text", "aiia-syntax", "aiia-edit"]),
    ("aiia-store", &["aiia-protocol"]),
    ("aiia-exchange", &["aiia-protocol", "aiia-markdown"]),
    (
        "aiia-engine",
        &[
            "aiia-protocol",
            "aiia-text",
            "aiia-llm",
            "aiia-syntax",
            "aiia-edit",
            "aiia-context",
            "aiia-markdown",
            "aiia-store",
            "aiia-exchange",
        ],
    ),
    ("aiia-attach", &["aiia-protocol"]),
    ("aiia-lsp", &["aiia-engine", "aiia-protocol", "aiia-text"]),
    ("aiia-http", &["aiia-engine", "aiia-protocol"]),
    // Changes and code are looked at without a daemon, too.
    (
        "aiia",
        &[
            "aiia-protocol",
            "aiia-text",
            "aiia-syntax",
            "aiia-edit",
            "aiia-engine",
            "aiia-attach",
            "aiia-lsp",
            "aiia-http",
        ],
    ),
];

/// Libraries that are the business of one crate.
const HOMES: &[(&str, &str)] = &[
    ("rusqlite", "aiia-store"),
    ("reqwest", "aiia-llm"),
    ("llama-cpp-2", "aiia-llm"),
    ("tree-sitter", "aiia-syntax"),
    ("ropey", "aiia-text"),
    ("similar", "aiia-edit"),
    ("pulldown-cmark", "aiia-markdown"),
    ("ammonia", "aiia-markdown"),
    ("axum", "aiia-http"),
    ("tower-lsp-server", "aiia-lsp"),
    ("clap", "aiia"),
    ("zip", "aiia-exchange"),
    ("minijinja", "aiia-engine"),
];

/// Crate → what it depends on when it is built for use (not for its tests).
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(super::root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata gives JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let uses = package["dependencies"].as_array().into_iter().flatten().filter(|used| used["kind"].is_null());
            let names = uses.filter_map(|used| used["name"].as_str().map(str::to_owned)).collect();
            (package["name"].as_str().expect("a name").to_owned(), names)
        })
        .collect()
}

#[test]
fn no_crate_uses_one_above_or_beside_it() {
    let dependencies = dependencies();
    for (name, allowed) in ALLOWED {
        let ours = dependencies[*name].iter().filter(|used| used.starts_with("aiia"));
        for used in ours {
            assert!(allowed.contains(&used.as_str()), "{name} must not depend on {used}");
        }
    }
}

#[test]
fn every_crate_has_its_rule() {
    for name in dependencies().keys().filter(|name| *name != "aiia-tests") {
        assert!(ALLOWED.iter().any(|(known, _)| known == name), "say in ALLOWED what {name} may use");
    }
}

#[test]
fn a_library_has_one_home() {
    // The embedded model renders its chat template, the engine its prompts; engines to download are packed.
    let exceptions = [("minijinja", "aiia-llm"), ("zip", "aiia-llm")];
    for (name, uses) in dependencies().iter().filter(|(name, _)| *name != "aiia-tests") {
        for (library, home) in HOMES {
            let allowed = name == home || exceptions.contains(&(library, name.as_str()));
            assert!(!uses.contains(*library) || allowed, "{library} belongs into {home}, {name} uses it too");
        }
    }
}
