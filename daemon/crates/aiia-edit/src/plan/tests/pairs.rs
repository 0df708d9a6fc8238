//! Pairs of code blocks: what is there, and what takes its place.

use rstest::rstest;

use super::*;

const PY: &str = "import json\n\n\nclass Stock:\n    def load(self):\n        data = json.load(self.path)\n        return data\n\n    def total(self):\n        total = 0\n        for item in self.items:\n            total += item.price\n        return total\n\n    def save(self):\n        data = json.load(self.path)\n";

fn pair(above: &str, old: &str, between: &str, new: &str) -> String {
    format!("{above}\n\n```python\n{old}```\n\n{between}\n\n```python\n{new}```\n\nThat is all.\n")
}

#[rstest]
#[case("Change this:", "to this:")]
#[case("Replace the loop", "with:")]
#[case("**Before:**", "**After:**")]
#[case("### Old", "### New")]
fn the_second_block_takes_the_place_of_the_first(#[case] above: &str, #[case] between: &str) {
    let old = "total = 0\nfor item in self.items:\n    total += item.price\n";
    let reply = pair(above, old, between, "total = sum(item.price for item in self.items)\n");
    let expected = PY.replace(
        "        total = 0\n        for item in self.items:\n            total += item.price\n",
        "        total = sum(item.price for item in self.items)\n",
    );
    assert_eq!(new_text(("stock.py", PY), &reply), expected);
}

#[test]
fn several_pairs_in_several_files() {
    let reply = format!(
        "In `stock.py`:\n{}In `main.py`:\n{}",
        pair("1. Change `stock.py`:", "import json\n", "to:", "import json\nimport os\n"),
        pair("2. In `main.py`, replace", "x = 1\n", "with this:", "x = 2\n"),
    );
    let plan = plan_for(&[("stock.py", PY), ("main.py", "x = 1\ny = 1\n")], &reply);
    assert_eq!(plan.complaints, []);
    let texts: Vec<(&str, &str)> = plan.files.iter().map(|file| (file.path.as_str(), file.new_text.as_str())).collect();
    let stock = PY.replace("import json\n", "import json\nimport os\n");
    assert_eq!(texts, [("main.py", "x = 2\ny = 1\n"), ("stock.py", stock.as_str())]);
}

#[test]
fn what_stands_twice_is_refused_with_its_lines() {
    let reply = pair("Change this:", "data = json.load(self.path)\n", "to:", "data = {}\n");
    let plan = plan_for(&[("stock.py", PY)], &reply);
    assert_eq!((plan.complaints[0].kind, &plan.complaints[0].candidates[..]), (ComplaintKind::Ambiguous, &[6, 16][..]));
}

#[test]
fn what_stands_nowhere_is_refused_with_the_nearest_lines() {
    let reply = pair("Change this:", "    total = total + item.prize\n", "to:", "    total += 1\n");
    let plan = plan_for(&[("stock.py", PY)], &reply);
    assert_eq!(plan.complaints.len(), 1);
    assert_eq!(plan.complaints[0].kind, ComplaintKind::NotFound);
    assert!(plan.complaints[0].candidates.contains(&12), "{:?}", plan.complaints);
}

/// Of several pairs none is applied when one has no place.
#[test]
fn all_pairs_or_none() {
    let reply = pair("Before:", "import json\n", "After:", "import os\n")
        + &pair("Before:", "nothing = here\n", "After:", "x = 1\n");
    assert_eq!(complaint_kinds(("stock.py", PY), &reply), [ComplaintKind::NotFound]);
}

/// The first block shows a part of what the second gives as a whole.
#[test]
fn a_whole_function_takes_the_place_of_itself() {
    let new = "def total(self):\n    return sum(item.price for item in self.items)\n";
    let reply = pair("Before:", "for item in self.items:\n    total += item.price\n", "After:", new);
    let expected = PY.replace(
        "        total = 0\n        for item in self.items:\n            total += item.price\n        return total\n",
        "        return sum(item.price for item in self.items)\n",
    );
    assert_eq!(new_text(("stock.py", PY), &reply), expected);
}

/// Both blocks show the beginning of a function alone.
#[test]
fn the_rest_of_a_function_stays() {
    let reply = pair(
        "Change this:",
        "    def total(self):\n        total = 0\n",
        "to:",
        "    def total(self, start):\n        total = start\n",
    );
    let expected = PY.replace("def total(self):\n        total = 0", "def total(self, start):\n        total = start");
    assert_eq!(new_text(("stock.py", PY), &reply), expected);
}

/// A pair beside the whole function sums up what changed.
#[test]
fn a_pair_may_show_what_another_block_does() {
    let whole = "```python\n    def total(self):\n        return sum(item.price for item in self.items)\n```\n";
    let reply = whole.to_owned()
        + &pair(
            "What changed. Before:",
            "        total = 0\n        for item in self.items:\n            total += item.price\n        return total\n",
            "After:",
            "        return sum(item.price for item in self.items)\n",
        );
    let expected = PY.replace(
        "        total = 0\n        for item in self.items:\n            total += item.price\n        return total\n",
        "        return sum(item.price for item in self.items)\n",
    );
    assert_eq!(new_text(("stock.py", PY), &reply), expected);
}

#[rstest]
#[case::examples("For example, replace this:", "with this:")]
#[case::options("Option 1:", "Option 2:")]
#[case::test("Change `total`:", "To test it:")]
fn other_blocks_are_no_pairs(#[case] above: &str, #[case] between: &str) {
    let reply = pair(above, "import json\n", between, "total([])\n");
    assert!(plan_for(&[("stock.py", PY)], &reply).files.is_empty());
}

#[test]
fn nothing_takes_the_place_of_a_block() {
    let old = "        for item in self.items:\n            total += item.price\n";
    let reply = pair("Replace this code", old, "with this", "\n");
    assert_eq!(new_text(("stock.py", PY), &reply), PY.replace(old, ""));
    // Beside another edit too.
    let first = pair("Replace this code", "import json\n", "with this", "import json\nimport os\n");
    let expected = PY.replace(old, "").replace("import json\n", "import json\nimport os\n");
    assert_eq!(new_text(("stock.py", PY), &format!("{first}\n{reply}")), expected);
}
