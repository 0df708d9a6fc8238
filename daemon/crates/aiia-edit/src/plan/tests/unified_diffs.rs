//! Replies that are unified diffs, right and wrong ones.

use expect_test::expect;
use proptest::prelude::*;
use rstest::rstest;

use super::*;

const TWO: &str = "class A:\n    def get(self, key):\n        value = self.data[key]\n        return value\n\n\nclass B:\n    def get(self, key):\n        value = self.data[key]\n        return value\n";

fn hunk_of_two(header: &str) -> String {
    format!(
        "```diff\n--- a/a.py\n+++ b/a.py\n{header}\n     def get(self, key):\n-        value = self.data[key]\n-        return value\n+        return self.data.get(key)\n```\n"
    )
}

/// What stands behind the numbers tells two equal places apart; where it and a number say different things, neither is believed.
#[test]
fn a_header_names_what_the_hunk_is_in() {
    let (a, b) = TWO.split_at(TWO.find("class B").unwrap());
    let old = "        value = self.data[key]\n        return value\n";
    let expected = a.to_owned() + &b.replace(old, "        return self.data.get(key)\n");
    for header in ["@@ class B:", "@@ class B: @@", "@@ -8,3 +8,2 @@ class B:", "@@ -90,3 +90,2 @@ class B:"] {
        assert_eq!(new_text(("a.py", TWO), &hunk_of_two(header)), expected, "{header}");
        let selected = TWO.replacen("value = ", "val$0ue = ", 1);
        let found = plan_for(&[("a.py", &selected)], &hunk_of_two(header));
        match header {
            "@@ -8,3 +8,2 @@ class B:" => assert_eq!(found.complaints[0].candidates, [2, 8]),
            _ => assert_eq!(found.files[0].new_text, expected, "{header}"),
        }
    }
    assert_eq!(complaint_kinds(("a.py", TWO), &hunk_of_two("@@ -2,3 +2,2 @@ class B:")), [ComplaintKind::Ambiguous]);
}

const FILE: &str = "fn a() {\n    one();\n    two();\n}\n\nfn b() {\n    one();\n    two();\n}\n";
const FIXED: &str = "fn a() {\n    one();\n    two();\n}\n\nfn b() {\n    one();\n    three();\n}\n";

#[rstest]
#[case::git(
    "diff --git a/a.rs b/a.rs\nindex 1234567..89abcde 100644\n--- a/a.rs\n+++ b/a.rs\n@@ -5,5 +5,5 @@ fn a() {\n \n fn b() {\n     one();\n-    two();\n+    three();\n }\n"
)]
#[case::fenced(
    "Here:\n\n```diff\n--- a/a.rs\n+++ b/a.rs\n@@ -6,4 +6,4 @@\n fn b() {\n     one();\n-    two();\n+    three();\n }\n```\n\nThat is all.\n"
)]
#[case::wrong_numbers(
    "```diff\n--- a/a.rs\n+++ b/a.rs\n@@ -60,9 +71,2 @@\n fn b() {\n     one();\n-    two();\n+    three();\n```\n"
)]
#[case::bare_header("```diff\n--- a.rs\n+++ a.rs\n@@\n fn b() {\n     one();\n-    two();\n+    three();\n```\n")]
#[case::dots("--- a.rs\n+++ a.rs\n@@ ... @@\n fn b() {\n     one();\n-    two();\n+    three();\n")]
#[case::no_header_in_a_fence("In `a.rs`:\n\n```diff\n fn b() {\n     one();\n-    two();\n+    three();\n```\n")]
#[case::context_lost_its_blank(
    "```diff\n--- a/a.rs\n+++ b/a.rs\n@@ -6,4 +6,4 @@\nfn b() {\n    one();\n-    two();\n+    three();\n}\n```\n"
)]
#[case::blank_lines_without_their_blank(
    "```diff\n--- a/a.rs\n+++ b/a.rs\n@@ -4,6 +4,6 @@\n }\n\n fn b() {\n     one();\n-    two();\n+    three();\n }\n\n```\n"
)]
#[case::list_after_it(
    "--- a/a.rs\n+++ b/a.rs\n@@ -6,4 +6,4 @@\n fn b() {\n     one();\n-    two();\n+    three();\n }\n- This list is no part of it.\n+ Neither is this.\n"
)]
#[case::number_tells_apart("--- a/a.rs\n+++ b/a.rs\n@@ -7,2 +7,2 @@\n     one();\n-    two();\n+    three();\n")]
#[case::crlf(
    "--- a/a.rs\r\n+++ b/a.rs\r\n@@ -6,4 +6,4 @@\r\n fn b() {\r\n     one();\r\n-    two();\r\n+    three();\r\n }\r\n"
)]
#[case::unclosed_fence(
    "```diff\n--- a/a.rs\n+++ b/a.rs\n@@ -6,4 +6,4 @@\n fn b() {\n     one();\n-    two();\n+    three();\n }\n"
)]
#[case::time_stamps(
    "--- a.rs\t2026-01-01 00:00:00\n+++ a.rs\t2026-01-02 00:00:00\n@@ -6,4 +6,4 @@\n fn b() {\n     one();\n-    two();\n+    three();\n }\n"
)]
#[case::no_paths(
    "--- original\n+++ updated\n@@ -6,4 +6,4 @@\n fn b() {\n     one();\n-    two();\n+    three();\n }\n"
)]
#[case::no_new_path(
    "--- a.rs\n+++ modified\n@@ -6,4 +6,4 @@\n fn b() {\n     one();\n-    two();\n+    three();\n }\n"
)]
#[case::the_path_above(
    "In `a.rs`:\n\n```diff\n--- Original\n+++ Updated\n@@ -6,4 +6,4 @@\n fn b() {\n     one();\n-    two();\n+    three();\n }\n```\n"
)]
fn ways_to_write_one(#[case] reply: &str) {
    assert_eq!(new_text(("a.rs", FILE), reply), FIXED, "{reply}");
}

#[rstest]
#[case::two_places(
    "--- a/a.rs\n+++ b/a.rs\n@@ -3 +3 @@\n     one();\n-    two();\n+    three();\n",
    ComplaintKind::Ambiguous
)]
#[case::imagined(
    "--- a/a.rs\n+++ b/a.rs\n@@ -6,4 +6,4 @@\n fn b() {\n-    four();\n+    three();\n",
    ComplaintKind::NotFound
)]
#[case::no_context("--- a/a.rs\n+++ b/a.rs\n@@ -3,0 +4 @@\n+    three();\n", ComplaintKind::EmptySearch)]
#[case::deletes("--- a/a.rs\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-fn a() {\n-    one();\n", ComplaintKind::Changed)]
#[case::other_file("--- a/other.rs\n+++ b/other.rs\n@@ -1 +1 @@\n-imagined\n+x\n", ComplaintKind::UnknownFile)]
fn what_would_be_a_guess_is_refused(#[case] reply: &str, #[case] expected: ComplaintKind) {
    assert_eq!(complaint_kinds(("a.rs", FILE), reply)[0], expected, "{reply}");
}

#[test]
fn the_final_line_break_stays_as_it_is() {
    let reply = "--- a.txt\n+++ a.txt\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n";
    assert_eq!(new_text(("a.txt", "a\nb"), reply), "a\nc");
}

#[test]
fn several_files_and_hunks() {
    let reply = "--- a/x.txt\n+++ b/x.txt\n@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n@@ -9,2 +9,2 @@\n nine\n-ten\n+TEN\n--- /dev/null\n+++ b/y.txt\n@@ -0,0 +1,2 @@\n+new\n+file\n";
    let x = "one\ntwo\n3\n4\n5\n6\n7\n8\nnine\nten\n";
    expect![[r#"
        --- a/x.txt
        +++ b/x.txt
        @@ -1 +1 @@
        -one
        +ONE
        @@ -10 +10 @@
        -ten
        +TEN
        --- a/y.txt
        +++ b/y.txt
        @@ -0,0 +1,2 @@
        +new
        +file
    "#]]
    .assert_eq(&described(&plan_for(&[("x.txt", x), ("y.txt", "")], reply)));
}

#[test]
fn words_in_the_place_of_paths_are_no_paths() {
    let files = [("x.txt", "one\n"), ("y.txt", "one\n")];
    let hunk = "@@ -1 +1 @@\n-one\n+ONE\n";
    let reply = format!("--- x.txt\n+++ modified\n{hunk}\n`y.txt`:\n\n--- original\n+++ updated\n{hunk}");
    let plan = plan_for(&files, &reply);
    assert_eq!(plan.complaints, []);
    assert_eq!(plan.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["x.txt", "y.txt"]);
}

#[test]
fn hunks_whose_context_overlaps_fit_together() {
    let file = "1\n2\n3\n4\n5\n6\n";
    let reply = "--- a.txt\n+++ a.txt\n@@ -1,4 +1,4 @@\n 1\n-2\n+two\n 3\n 4\n@@ -3,4 +3,4 @@\n 3\n 4\n-5\n+five\n 6\n";
    assert_eq!(new_text(("a.txt", file), reply), "1\ntwo\n3\n4\nfive\n6\n");
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof![3 => "[a-e]", 1 => Just(String::new()), 1 => "[a-z]{3,8}"], 0..40)
        .prop_map(|lines| lines.iter().fold(String::new(), |text, line| text + line + "\n"))
}

proptest! {
    /// A right diff gives the right text, or is refused where its place cannot be told; never another text.
    #[test]
    fn a_diff_of_ours_leads_from_the_old_text_to_the_new(old in text(), new in text()) {
        let hunks = crate::hunks(&old, &new);
        let reply = crate::unified_diff("a.txt", &old, &hunks, 3);
        let files = [SourceFile::new("a.txt", old.clone(), None)];
        let plan = plan(&reply, &ReplyContext::of(&files));
        if plan.complaints.is_empty() {
            prop_assert_eq!(&plan.files[0].new_text, &new);
        } else if old != new && !old.trim().is_empty() {
            let kinds: Vec<_> = plan.complaints.iter().map(|complaint| complaint.kind).collect();
            prop_assert!(kinds.iter().all(|kind| matches!(kind, ComplaintKind::EmptySearch | ComplaintKind::Vanished)), "{:?}\n{}", kinds, reply);
        }
    }
}
