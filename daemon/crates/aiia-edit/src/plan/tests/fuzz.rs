//! Whatever a reply holds, there is an answer: no panic, no half-made change, no endless search.

use proptest::prelude::*;

use super::*;

pub(super) const FILES: &[(&str, &str)] = &[
    (
        "a.py",
        "import os\n\n\nclass A:\n    @x\n    def f(self):\n        \"\"\"Doc.\"\"\"\n        return $01\n\n\ndef g():\n    pass\n",
    ),
    ("b.rs", "\u{feff}use a::b;\r\n\r\n/// Doc.\r\nfn f(&self) {\r\n\tg();\r\n}\r\n"),
    ("c.txt", "a\rb\n\n=======\n"),
    ("d.py", ""),
];

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<<<<<<< SEARCH\n",
        "=======\n",
        ">>>>>>> REPLACE\n",
        "```\n",
        "```python\n",
        "```rust b.rs\n",
        "a.py\n",
        "def f(self):\n",
        "    return 2\n",
        "class A:\n",
        "fn f(&self) {\n",
        "}\n",
        "\tg();\n",
        "impl A {\n",
        "import os, sys\n",
        "use a::{b, c::{d,\n",
        "\"\"\"",
        "    def f(self):\n        pass\n",
        "# ... rest of code\n",
        "\u{feff}",
        "\r",
        "\r\n",
        "\n",
        "é😀",
        "<think>",
        "</think>\n",
        "@x\n",
        "/// d\n",
        "#[a(\n",
        "    ",
        "'''",
        "&lt;",
        "a\n",
        "b\n",
        "def g():\n    pass\n",
        "*** Begin Patch\n",
        "*** End Patch\n",
        "*** Update File: a.py\n",
        "*** Add File: new.py\n",
        "*** Delete File: c.txt\n",
        "*** Move to: d/e.py\n",
        "@@ class A:\n",
        "@@ -1,2 +1,2 @@\n",
        "-    pass\n",
        "+    return 3\n",
        " def g():\n",
        "--- a/a.py\n+++ b/a.py\n",
        "diff --git a/c.txt b/f.txt\nrename from c.txt\nrename to f.txt\n",
        "{\"path\": \"a.py\", ",
        "\"old_string\": \"pass\", \"new_string\": \"x\"}",
        "[{",
        "\"edits\": [",
        "]}\n",
        "<edit path=\"a.py\">\n",
        "<search>pass</search>\n",
        "<replace>x</replace>\n",
        "</edit>\n",
        "cat > new.py <<'EOF'\n",
        "EOF\n",
        "../x.py\n",
        "\\n",
        "\"",
    ]);
    prop::collection::vec(piece, 0..25).prop_map(|pieces| pieces.concat())
}

fn judge(reply: &str) -> Result<(), TestCaseError> {
    judge_plan(&plan_for(FILES, reply))?;
    judge_plan(&whole_actions::plan_in(&whole_actions::Table(FILES), reply))
}

fn judge_plan(plan: &EditPlan) -> Result<(), TestCaseError> {
    prop_assert_eq!(plan.files.is_empty(), !plan.complaints.is_empty());
    for file in &plan.files {
        prop_assert!(!file.hunks.is_empty() || file.action != FileAction::Edit);
        prop_assert!(crate::normal_path(&file.path).is_ok());
        if matches!(file.action, FileAction::Edit | FileAction::Rename { .. }) {
            prop_assert_eq!(file.new_text.starts_with('\u{feff}'), file.old_text.starts_with('\u{feff}'));
        }
        for hunk in &file.hunks {
            let place = crate::locate(hunk, &file.old_text, &file.old_text);
            prop_assert_eq!(&file.old_text[place.unwrap()], hunk.old_text.as_str());
        }
    }
    Ok(())
}

#[test]
fn a_byte_order_mark_within_a_reply_begins_no_file() {
    judge("```\n\u{feff}<<<<<<< SEARCH\n=======\na\nb\n=======\n").unwrap();
    judge("```d.py\n\u{feff}\u{feff}a\n```\n").unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn soup_of_pieces(reply in pieces()) {
        judge(&reply)?;
    }

    #[test]
    fn soup_of_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        judge(&String::from_utf8_lossy(&bytes))?;
    }

    /// A text within lines is replaced where it stands once, or as often as the reply says; overlapping places count. Words, which are
    /// not cut, are another matter.
    #[test]
    fn places_within_lines_are_counted(text in "[(;\n]{1,12}", old in "[(;\n]{1,3}", count in 1_usize..4) {
        let starts: Vec<usize> = (0..text.len()).filter(|at| text[*at..].starts_with(&old)).collect();
        prop_assume!(!old.trim().is_empty() && !starts.is_empty());
        let reply = serde_json::json!({ "path": "a.txt", "old_string": old, "new_string": "c", "count": count });
        let plan = plan_for(&[("a.txt", &text)], &reply.to_string());
        let places = if count == 1 { starts.len() } else { text.matches(&old).count() };
        if places == count {
            prop_assert_eq!(&plan.complaints, &[]);
            prop_assert_eq!(&plan.files[0].new_text, &text.replace(&old, "c"));
        } else {
            prop_assert_eq!(plan.files, []);
            prop_assert_eq!(plan.complaints[0].kind, ComplaintKind::Ambiguous);
        }
    }

    /// A block that quotes lines of the file and changes them applies when they are there once.
    #[test]
    fn quoted_lines_are_found(
        count in 2_usize..20,
        at in 0_usize..18,
        length in 1_usize..4,
        new in prop::collection::vec("[a-z ]{0,8}", 0..4),
        indent in 0_usize..=2,
    ) {
        let line = |n: usize| format!("{}line {n}\n", "  ".repeat(n % 3));
        let text: String = (0..count).map(line).collect();
        let start = at.min(count - 1);
        let end = (start + length).min(count);
        let old: String = (start..end).map(line).collect();
        let new: String = new.iter().flat_map(|line| ["new ", line, "\n"]).collect();
        let shift = |text: &str| -> String {
            text.lines().flat_map(|line| [&"  "[..indent], line, "\n"]).collect()
        };
        let plan = plan_for(&[("a.txt", &text)], &block(&shift(&old), &shift(&new)));
        prop_assert_eq!(&plan.complaints, &[]);
        let before: String = (0..start).map(line).collect();
        let after: String = (end..count).map(line).collect();
        let result = &plan.files[0].new_text;
        prop_assert!(result.starts_with(&before) && result.ends_with(&after));
        prop_assert_eq!(result.lines().count(), count - (end - start) + new.lines().count());
    }
}

#[test]
fn hopeless_replies_are_answered() {
    let long = "<<<<<<< SEARCH\n".repeat(20_000);
    assert!(!plan_for(FILES, &long).complaints.is_empty());
    let many = block("a\n", "b\n").repeat(MAX_EDITS + 1);
    assert_eq!(plan_for(FILES, &many).complaints[0].kind, ComplaintKind::TooLarge);
    let nested = format!("```rust\n{}\n```", "impl A { fn f() {".repeat(3_000));
    assert!(!plan_for(FILES, &nested).complaints.is_empty());
    let same = block(&"x\n".repeat(5_000), "y\n");
    let file = "x\n".repeat(20_000);
    assert_eq!(complaint_kinds(("a.txt", &file), &same), [ComplaintKind::Ambiguous]);
    assert_eq!(plan_for(FILES, &"x".repeat(MAX_REPLY_BYTES + 1)).complaints[0].kind, ComplaintKind::TooLarge);
    // What would take hours if the time grew with the square.
    let filled = |piece: &str| piece.repeat(1024 * 1024 / piece.len());
    let pieces = [
        "<edit path=\"a.py\">\n",
        "<search>\n",
        "*** End of File\n",
        "*** Move to: a.py\n",
        "*** Update File: a.py\n",
        "diff --git a/a.py b/a.py\n",
        "--- a.py\n+++ a.py\n",
        "a.py\n",
    ];
    let in_a_patch = format!("*** Begin Patch\n{}", filled("*** End of File\n"));
    for reply in pieces.map(filled).iter().chain([&in_a_patch]) {
        assert_eq!(plan_for(FILES, reply).complaints[0].kind, ComplaintKind::TooLarge, "{}", &reply[..40]);
    }
    for piece in ["<b ", "<search ", "< <search>"] {
        let reply = format!("<edit path=\"c.txt\">{}</edit>", filled(piece));
        assert_eq!(plan_for(FILES, &reply).complaints, [], "{piece}");
    }
    for piece in ["<think></think>\n", "<think></think>", "<think>\n</think>"] {
        assert_eq!(plan_for(FILES, &filled(piece)).complaints[0].kind, ComplaintKind::NoChange, "{piece}");
    }
    // Places that overlap each other almost wholly.
    let (old, file) = ("x\n".repeat(100_000), "x\n".repeat(400_000));
    let call = serde_json::json!({ "path": "a.txt", "old_string": old, "new_string": "y" });
    assert_eq!(complaint_kinds(("a.txt", &file), &call.to_string()), [ComplaintKind::Ambiguous]);
}
