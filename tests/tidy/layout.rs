//! Where files are.

use std::collections::BTreeSet;

use super::tracked_files;

#[test]
fn the_top_level_has_nothing_new() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "daemon",
        "vscode-extension",
        "protocol",
        "tests",
        "README.md",
        "CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
    ];
    let top: BTreeSet<String> =
        tracked_files().iter().map(|path| path.split('/').next().unwrap_or_default().to_owned()).collect();
    for name in top {
        assert!(name.starts_with('.') || allowed.contains(&name.as_str()), "{name} does not belong at the top level");
    }
}

#[test]
fn what_is_promised_is_there() {
    let files = tracked_files();
    for path in [
        "README.md",
        "CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        ".ci/run",
        "protocol/PROTOCOL.md",
        "protocol/openapi.json",
        "daemon/ARCHITECTURE.md",
        "daemon/CONTRIBUTING.md",
        "vscode-extension/src/protocol.ts",
    ] {
        assert!(files.iter().any(|file| file == path), "{path} is missing");
    }
}

#[test]
fn links_inside_the_documentation_lead_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)#\s]+)(?:#[^)]*)?\)").unwrap();
    for path in tracked_files().iter().filter(|path| path.ends_with(".md")) {
        let folder = super::root().join(path).parent().unwrap().to_owned();
        for found in link.captures_iter(&super::read(path)) {
            let target = &found[1];
            let elsewhere = target.contains("://") || target.starts_with("mailto:");
            assert!(elsewhere || folder.join(target).exists(), "{path}: {target} does not exist");
        }
    }
}
