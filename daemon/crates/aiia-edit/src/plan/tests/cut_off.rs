//! Replies that end in the middle, in forms that do not show it by themselves.

use rstest::rstest;

use super::*;

const PY: &str = "class Stock:\n    def load(self):\n        with open(self.path) as f:\n            data = json.load(f)\n        for row in data:\n            self.add(row)\n\n    def total(self):\n        total = 0\n        for item in self.items:\n            total += item.price\n        return total\n";

#[rstest]
#[case::diff_in_an_open_fence(
    "```diff\n--- a/a.py\n+++ b/a.py\n@@ -10,3 +10,3 @@\n         for item in self.items:\n-            total += item.price\n+            total += item.pri",
    true
)]
#[case::diff_before_its_new_lines(
    "```diff\n--- a/a.py\n+++ b/a.py\n@@ -8,5 +8,3 @@\n     def total(self):\n-        total = 0\n-        for item in self.items:\n-            total += item.price\n",
    true
)]
#[case::bare_diff(
    "--- a/a.py\n+++ b/a.py\n@@ -10,3 +10,3 @@\n         for item in self.items:\n-            total += item.price\n+            total += item.p",
    true
)]
#[case::open_fence_but_complete(
    "```diff\n--- a/a.py\n+++ b/a.py\n@@ -11,2 +11,2 @@\n-            total += item.price\n+            total += item.cost\n         return total\n",
    false
)]
#[case::wrong_counts_in_a_closed_fence(
    "```diff\n--- a/a.py\n+++ b/a.py\n@@ -11,7 +11,7 @@\n-            total += item.price\n+            total += item.cost\n```\n",
    false
)]
#[case::wrong_counts_without_a_fence(
    "--- a/a.py\n+++ b/a.py\n@@ -11,7 +11,7 @@\n-            total += item.price\n+            total += item.cost\n         return total",
    false
)]
#[case::method(
    "```python\n    def load(self):\n        with open(self.path) as f:\n            data = json.load(f)\n",
    true
)]
#[case::method_with_a_new_line(
    "```python\n    def load(self):\n        log(1)\n        with open(self.path) as f:\n            data = json.load(f)\n",
    true
)]
#[case::members(
    "```python\nclass Stock:\n    def total(self):\n        return 1\n\n    def load(self):\n        with open(self.path) as f:\n            pass\n",
    true
)]
#[case::method_with_its_end(
    "```python\n    def total(self):\n        total = 0\n        total += sum(self.items)\n        return total\n",
    false
)]
#[case::closed_method(
    "```python\n    def load(self):\n        with open(self.path) as f:\n            data = json.load(f)\n```\n",
    false
)]
#[case::no_fence("def total(self):\n    return sum(self.items)\n", false)]
#[case::tag("<write_to_file>\n<path>a.py</path>\n<content>\nclass Stock:\n    def load(self):\n        pass\n", true)]
#[case::named_tag(
    "I write it.\n\n<invoke name=\"write\">\n<parameter name=\"path\">a.py</parameter>\n<parameter name=\"content\">\nclass Stock:\n",
    true
)]
#[case::outer_tag_alone("<write_to_file>\n<path>a.py</path>\n<content>\nclass Stock:\n    pass\n</content>\n", false)]
fn replies_that_are_cut_off(#[case] reply: &str, #[case] is_cut: bool) {
    let plan = plan_for(&[("a.py", PY)], reply);
    let kinds: Vec<ComplaintKind> = plan.complaints.iter().map(|complaint| complaint.kind).collect();
    assert_eq!(kinds, if is_cut { vec![ComplaintKind::CutOff] } else { vec![] }, "{:?}", plan.complaints);
}

#[test]
fn a_text_that_is_cut_off_is_refused() {
    let text = "one==1\ntwo==2\nthree==3\nfour==4\n";
    assert_eq!(complaint_kinds(("r.txt", text), "```\none==1.1\ntwo==2\nthree==3\n"), [ComplaintKind::CutOff]);
}
