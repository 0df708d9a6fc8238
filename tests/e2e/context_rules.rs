//! Which code goes along with a question: the rules of the project and of the configuration, seen at the model.

use aiia_tests::installation::{Installation, text};
use aiia_tests::model_server::Script;
use serde_json::{Value, json};

const SHAPES: &str = "\
from units import squared
from vendor.rounding import rounded


def area(radius):
    return rounded(3.14159 * squared(radius))
";

/// A folder whose `area` uses something of the project and something of others.
fn folder(more: &str) -> Installation {
    let aiia = Installation::configured(more);
    aiia.model.always(Script::text("It is the area."));
    aiia.write("shapes.py", SHAPES);
    aiia.write("units.py", "def squared(x):\n    return x * x\n");
    aiia.write("vendor/rounding.py", "def rounded(x):\n    return round(x, 2)\n");
    assert!(aiia.run(&["index"]).status.success());
    aiia
}

/// Which of the two definitions the model is shown.
fn shown(aiia: &Installation) -> [bool; 2] {
    let explained = aiia.run(&["explain", "shapes.py:5"]);
    assert!(explained.status.success(), "{}", text(&explained.stderr));
    let prompt = aiia.model.chats().last().expect("the model was asked").body["messages"].to_string();
    assert!(prompt.contains("def area(radius)"), "the code in question is always there: {prompt}");
    ["def squared(x)", "def rounded(x)"].map(|definition| prompt.contains(definition))
}

fn project(aiia: &Installation) -> String {
    aiia.json(&["projects", "--json"])["items"][0]["id"].as_str().expect("a project").to_owned()
}

#[test]
fn a_project_says_which_files_are_shown() {
    let aiia = folder("");
    assert_eq!(shown(&aiia), [true, true]);
    let project = project(&aiia);
    let set = |arguments: &[&str]| aiia.json(&[&["project", "set", &project, "--json"], arguments].concat());
    assert_eq!(set(&["--exclude", "vendor/"])["context"], json!({ "exclude": ["vendor/"] }));
    assert_eq!(shown(&aiia), [true, false]);
    let pieces = aiia.json(&["context", "shapes.py:5", "--json"]);
    assert!(!pieces.to_string().contains("def rounded"), "what is shown to people is what a model sees: {pieces}");
    let map = text(&aiia.run(&["map"]).stdout);
    assert!(map.contains("def squared") && !map.contains("def rounded"), "{map}");
    set(&["--include", "vendor/", "--unset", "exclude"]);
    assert_eq!(shown(&aiia), [false, true]);
    set(&["--unset", "include"]);
    assert_eq!(shown(&aiia), [true, true]);
}

#[test]
fn rules_come_from_the_configuration_where_the_project_has_none() {
    let aiia = folder("[context]\nexclude = [\"vendor/\"]\nbudget = 300\n");
    assert_eq!(shown(&aiia), [true, false]);
    let project = project(&aiia);
    let settings = || aiia.json(&["project", "settings", &project, "--json"]);
    assert_eq!(settings()["context_exclude"], json!({ "value": ["vendor/"], "origin": "global" }));
    assert_eq!(settings()["context_budget"], json!({ "value": 300, "origin": "global" }));
    aiia.json(&["project", "set", &project, "--exclude", "units.py", "--json"]);
    assert_eq!(settings()["context_exclude"], json!({ "value": ["units.py"], "origin": "project" }));
    assert_eq!(settings()["context_budget"]["origin"], "global");
    assert_eq!(shown(&aiia), [false, true], "the nearer list counts in place of the other");
    let chat = aiia.json(&["history", "--json"])["items"][0]["id"].as_str().expect("a chat").to_owned();
    let of_chat = aiia.json(&["chat", "settings", &chat, "--json"]);
    assert_eq!(of_chat["context_exclude"]["origin"], "project", "{of_chat}");
}

#[test]
fn a_budget_bounds_the_code_that_is_sent() {
    let aiia = folder("");
    let functions = (0..60).fold(String::new(), |text, number| {
        text + &format!("def part_{number}(x):\n    \"\"\"Part number {number}.\"\"\"\n    return x + {number}\n\n\n")
    });
    aiia.write("many.py", &functions);
    let budget = |bundle: Value| (bundle["budget"].as_u64().unwrap_or(0), bundle["used"].as_u64().unwrap_or(0));
    let asked = |what: &str| budget(aiia.json(&["context", what, "--json"]));
    aiia.json(&["history", "--json"]);
    assert!(aiia.run(&["explain", "many.py:1"]).status.success());
    let before = aiia.model.chats().last().expect("asked").body["messages"].to_string().len();
    let (usual, used) = asked("many.py:1");
    assert!(usual == 1024 && used <= 1024, "what a model on this machine gets: {usual} {used}");
    let (whole, used) = asked("many.py");
    assert!(whole > 1024 && used > 1024, "the code in question goes along where there is room: {whole} {used}");
    aiia.json(&["project", "set", &project(&aiia), "--context-budget", "256", "--json"]);
    let (small, used) = asked("many.py");
    assert!(small == 256 && used <= 256, "{small} {used}");
    assert!(aiia.run(&["explain", "many.py:1"]).status.success());
    let after = aiia.model.chats().last().expect("asked").body["messages"].to_string().len();
    assert!(after < before, "less is sent: {after} bytes after {before}");
}

#[test]
fn rules_that_cannot_be_are_refused_and_a_broken_one_shows_nothing() {
    let aiia = folder("[context]\nexclude = [\"[z-a]\"]\n");
    assert_eq!(shown(&aiia), [false, false], "a pattern that cannot be read opens nothing");
    let project = project(&aiia);
    for (arguments, said) in [
        (["--exclude", "[z-a]"], "no pattern"),
        (["--include", " "], "one line"),
        (["--context-budget", "12"], "256 to 1000000 tokens"),
    ] {
        let refused = aiia.run(&[&["project", "set", project.as_str()], arguments.as_slice()].concat());
        assert!(!refused.status.success() && text(&refused.stderr).contains(said), "{}", text(&refused.stderr));
    }
    assert!(aiia.json(&["projects", "--json"])["items"][0].get("context").is_none(), "nothing was changed");
}
