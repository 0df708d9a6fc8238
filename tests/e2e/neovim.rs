//! A real Neovim, headless, with the configuration that we ship.

use std::process::Command;

use aiia_tests::installation::{Installation, program, text};
use aiia_tests::model_server::Script;

/// A Lua test with the program on the path. `AIIA_NVIM` names the Neovim; `tests/run` installs one.
pub(crate) fn command(test: &str, aiia: &Installation, environment: &[(&str, &str)]) -> Command {
    let nvim = std::env::var("AIIA_NVIM").unwrap_or_else(|_| "nvim".to_owned());
    let script = format!("{}/e2e/neovim/{test}", env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(nvim);
    let base = aiia.command(&["lsp"]);
    for (name, value) in base.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
        .args(["--headless", "--clean", "-l", &script])
        .envs(environment.iter().copied())
        .env("AIIA_BIN", program())
        .env("XDG_STATE_HOME", aiia.data_dir().join("nvim-state"))
        .current_dir(aiia.workspace());
    command
}

fn run(test: &str, aiia: &Installation, environment: &[(&str, &str)]) {
    let output = command(test, aiia, environment).output().expect("Neovim starts; `tests/run` installs one");
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
}

const PYTHON: &str = "# \u{1f680} numbers\ndef first(values):\n    if not values:\n        return 0\n    total = 1\n    for value in values:\n        total += value\n    return total / len(value)\n";
const PYTHON_REPLY: &str = "```python\ndef first(values):\n    if not values:\n        return 0\n    total = 0\n    for value in values:\n        total += value\n    return total / len(values)\n```\n";
const RUST: &str = "fn last(values: &[u32]) -> u32 {\n    let end = values.len();\n    let mut sum = 1;\n    for value in values {\n        sum += value;\n    }\n    sum + values[end]\n}\n";
const RUST_REPLY: &str = "```rust\nfn last(values: &[u32]) -> u32 {\n    let end = values.len() - 1;\n    let mut sum = 1;\n    for value in values {\n        sum += value;\n    }\n    sum - values[end]\n}\n```\n";

#[test]
fn one_hunk_is_accepted_one_rejected_and_undo_restores_the_bytes() {
    for (name, text, reply) in [("numbers.py", PYTHON, PYTHON_REPLY), ("numbers.rs", RUST, RUST_REPLY)] {
        let aiia = Installation::new();
        let file = aiia.write(name, text);
        aiia.model.always(Script::text(reply));
        let file = file.to_str().expect("UTF-8");
        let kind = if name.ends_with("py") { "python" } else { "rust" };
        run("review_test.lua", &aiia, &[("FILE", file), ("KIND", kind)]);
    }
}

const STATS: &str =
    "def mean(xs):\n    return sum(xs) / len(xs) + 1\n\n\ndef last(xs):\n    a = 1\n    b = 2\n    return xs[0]\n";
const LIMITS: &str = "LIMIT = 10\nA = 1\nB = 2\nC = 3\nNAME = \"x\"\n";
const SUM: &str = "pub fn sum(a: u8, b: u8) -> u8 {\n    a - b\n}\n";
const SEVERAL: &str = "stats.py\n<<<<<<< SEARCH\n    return sum(xs) / len(xs) + 1\n=======\n    return sum(xs) / len(xs)\n>>>>>>> REPLACE\n\nstats.py\n<<<<<<< SEARCH\n    return xs[0]\n=======\n    return xs[-1]\n>>>>>>> REPLACE\n\nlimits.py\n<<<<<<< SEARCH\nLIMIT = 10\n=======\nLIMIT = 100\n>>>>>>> REPLACE\n\nlimits.py\n<<<<<<< SEARCH\nNAME = \"x\"\n=======\nNAME = \"y\"\n>>>>>>> REPLACE\n\nsum.rs\n<<<<<<< SEARCH\n    a - b\n=======\n    a + b\n>>>>>>> REPLACE\n";

#[test]
fn three_files_are_reviewed_hunk_by_hunk_while_the_user_types() {
    let aiia = Installation::new();
    for (name, text) in [("stats.py", STATS), ("limits.py", LIMITS), ("sum.rs", SUM)] {
        aiia.write(name, text);
    }
    aiia.model.always(Script::text(SEVERAL));
    let folder = aiia.workspace();
    let environment = [("FOLDER", folder.to_str().expect("UTF-8")), ("STATS", STATS), ("LIMITS", LIMITS), ("SUM", SUM)];
    run("several_files_test.lua", &aiia, &environment);
}

#[test]
fn an_open_review_follows_what_is_typed_in_its_file() {
    let aiia = Installation::new();
    let file = aiia.write("stats.py", STATS);
    let end = SEVERAL.find("limits.py").expect("the changes of the first file");
    aiia.model.always(Script::text(&SEVERAL[..end]));
    run("following_test.lua", &aiia, &[("FILE", file.to_str().expect("UTF-8"))]);
}

const AREAS: &str =
    "class Circle:\n    def area(self):\n        return 3\n\n\nclass Square:\n    def area(self):\n        return 4\n";
const TOTAL: &str = "def total(xs):\n    # \u{1f680}\n    return '\u{1f680}', sum(x.area() for x in xs)\n";

#[test]
fn what_another_language_server_knows_is_in_the_context() {
    let aiia = Installation::new();
    aiia.write("areas.py", AREAS);
    let file = aiia.write("total.py", TOTAL);
    let folder = aiia.workspace();
    let environment = [("FILE", file.to_str().expect("UTF-8")), ("FOLDER", folder.to_str().expect("UTF-8"))];
    run("other_server_test.lua", &aiia, &environment);
}

#[test]
fn an_edit_by_words_is_accepted_again_and_the_next_daemon_goes_on() {
    let aiia = Installation::new();
    let file = aiia.write("stats.py", STATS);
    let end = SEVERAL.find("\n\n").expect("the first change");
    aiia.model.always(Script::text(&SEVERAL[..=end]));
    run("words_test.lua", &aiia, &[("FILE", file.to_str().expect("UTF-8"))]);
}
