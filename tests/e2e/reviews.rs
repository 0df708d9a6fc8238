//! Proposed changes on the command line: what is in their way, and decisions that cannot be carried out.

use std::fs;

use aiia_tests::installation::{Installation, shown, text};
use aiia_tests::model_server::Script;
use serde_json::Value;

const SET: &str = "*** Begin Patch\n*** Update File: old.py\n*** Move to: moved.py\n@@\n-VALUE = 1\n+VALUE = 2\n*** Delete File: gone.py\n*** Update File: stats.py\n@@\n-A = 1\n+A = 2\n*** End Patch\n";

/// An installation whose model has proposed `reply`, with the identifier of the change.
fn proposed(reply: &str, files: &[(&str, &str)]) -> (Installation, String) {
    let aiia = Installation::new();
    let written: Vec<_> = files.iter().map(|(name, content)| aiia.write(name, content)).collect();
    aiia.model.always(Script::text(reply));
    let edit = aiia.json(&["edit", shown(&written[0]), "--instruction", "tidy up", "--json"]);
    let id = edit["id"].as_str().unwrap_or_else(|| panic!("an edit: {edit}")).to_owned();
    (aiia, id)
}

fn set() -> (Installation, String) {
    proposed(SET, &[("stats.py", "A = 1\n"), ("old.py", "VALUE = 1\n"), ("gone.py", "GONE = 1\n")])
}

/// The state of each hunk, with the name that its file is to have.
fn states(aiia: &Installation, id: &str) -> Vec<(String, u64, String)> {
    let edit = aiia.json(&["review", id, "--json"]);
    let string = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let files = edit["files"].as_array().expect("files");
    let hunks =
        files.iter().flat_map(|file| file["hunks"].as_array().expect("hunks").iter().map(move |hunk| (file, hunk)));
    let name = |path: &Value| string(path).rsplit('/').next().unwrap_or_default().to_owned();
    hunks
        .map(|(file, hunk)| (name(&file["path"]), hunk["number"].as_u64().unwrap_or(0), string(&hunk["status"])))
        .collect()
}

#[test]
fn what_is_in_the_way_of_one_file_is_shown_beside_the_others() {
    let (aiia, id) = set();
    aiia.write("moved.py", "mine\n");
    fs::remove_file(aiia.workspace().join("gone.py")).expect("it is there");
    let output = aiia.run(&["review", &id]);
    let shown = text(&output.stdout);
    let head =
        |name: &str| shown.lines().filter(|line| line.starts_with("hunk") && line.contains(name)).collect::<Vec<_>>();
    assert!(head("gone.py").iter().all(|line| line.ends_with("conflict")), "{shown}");
    assert!(head("stats.py").iter().all(|line| line.ends_with("pending")), "{shown}");
    assert!(head("moved.py")[0].ends_with("conflict") && shown.contains("moved.py exists by now"), "{shown}");
    assert!(!shown.contains("mine"), "{shown}");

    fs::remove_file(aiia.workspace().join("stats.py")).expect("it is there");
    let shown = text(&aiia.run(&["review", &id]).stdout);
    assert!(shown.lines().any(|line| line.contains("stats.py") && line.ends_with("conflict")), "{shown}");
    assert!(shown.lines().any(|line| line.contains("moved.py") && line.ends_with("conflict")), "{shown}");
    let refused = aiia.run(&["accept", &id]);
    assert!(
        !refused.status.success() && text(&refused.stderr).contains("Nothing was changed"),
        "{}",
        text(&refused.stderr)
    );
}

#[test]
fn what_goes_is_said_to_go() {
    let (aiia, id) = set();
    let said = text(&aiia.run(&["accept", &id]).stderr);
    for line in ["Written: moved.py", "Removed: old.py", "Removed: gone.py", "Written: stats.py"] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn what_was_rejected_and_could_not_be_written_is_still_rejected() {
    let (aiia, id) = set();
    let before = states(&aiia, &id);
    let rename = before.iter().find(|(name, ..)| name == "moved.py").expect("a rename").1.to_string();
    assert!(aiia.run(&["reject", &id, "--hunks", &rename]).status.success());
    let rejected = states(&aiia, &id);
    aiia.write("moved.py", "mine\n");
    let refused = aiia.run(&["accept", &id, "--hunks", &rename]);
    assert!(text(&refused.stderr).contains("moved.py exists by now"), "{}", text(&refused.stderr));
    assert_eq!(states(&aiia, &id), rejected);
}

#[test]
fn decisions_at_the_same_time_are_all_made() {
    let lines = |sign: &str| -> String {
        let lines = (0..40).map(|line| format!("line{line} = {}{line}\n", if line % 5 == 0 { sign } else { "" }));
        lines.collect::<Vec<_>>().concat()
    };
    let (old, new) = (lines(""), lines("9"));
    let (aiia, id) = proposed(&format!("```python\n{new}```\n"), &[("a.py", &old)]);
    let numbers: Vec<String> = states(&aiia, &id).iter().map(|(_, number, _)| number.to_string()).collect();
    assert_eq!(numbers.len(), 8);
    let begun: Vec<_> = numbers
        .iter()
        .map(|number| aiia.command(&["reject", &id, "--hunks", number]).stderr(std::process::Stdio::piped()).spawn())
        .collect();
    for child in begun {
        let output = child.expect("it starts").wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    assert!(states(&aiia, &id).iter().all(|(.., status)| status == "rejected"));
}

#[test]
fn nothing_is_decided_where_a_number_is_none_of_the_change() {
    let (aiia, id) = set();
    let before = states(&aiia, &id);
    let number = before.iter().find(|(name, ..)| name == "stats.py").expect("a hunk").1.to_string();
    let refused = aiia.run(&["review", &id, "--accept", &number, "--reject", "99"]);
    assert!(!refused.status.success() && text(&refused.stderr).contains("99"), "{}", text(&refused.stderr));
    assert_eq!(states(&aiia, &id), before);
    assert_eq!(fs::read_to_string(aiia.workspace().join("stats.py")).expect("text"), "A = 1\n");
}
