//! The same edit in every dialect.

use rstest::rstest;

use super::whole_actions::{Table, plan_in};
use super::*;

const FILE: &str = "class A:\n    def f(self):\n        return 1\n\n\nclass B:\n    def f(self):\n        return 1\n\n    def g(self):\n        return \"2\"\n";
const TABLE: Table = Table(&[("src/a.py", FILE), ("b.txt", "one\ntwo\n")]);

/// Each changes `g`.
#[rstest]
#[case::apply_patch(
    "*** Begin Patch\n*** Update File: src/a.py\n@@ class B:\n     def g(self):\n-        return \"2\"\n+        return \"3\"\n*** End Patch\n"
)]
#[case::in_a_shell(
    "```bash\napply_patch <<'EOF'\n*** Begin Patch\n*** Update File: src/a.py\n@@\n     def g(self):\n-        return \"2\"\n+        return \"3\"\n*** End Patch\nEOF\n```\n"
)]
#[case::envelope_missing("*** Update File: src/a.py\n@@\n-        return \"2\"\n+        return \"3\"\n")]
#[case::context_lost_its_blank(
    "*** Begin Patch\n*** Update File: src/a.py\n@@ class B:\n    def g(self):\n-        return \"2\"\n+        return \"3\"\n*** End Patch\n"
)]
#[case::end_of_file(
    "*** Begin Patch\n*** Update File: src/a.py\n@@\n-        return \"2\"\n+        return \"3\"\n*** End of File\n*** End Patch\n"
)]
#[case::json_call(r#"{"path": "src/a.py", "old_string": "return \"2\"", "new_string": "return \"3\""}"#)]
#[case::json_edits(
    r#"{"file": "src/a.py", "edits": [{"old_text": "        return \"2\"\n", "new_text": "        return \"3\"\n"}]}"#
)]
#[case::json_fenced(
    "Here:\n\n```json\n[{\"filePath\": \"src/a.py\", \"search\": \"return \\\"2\\\"\", \"replace\": \"return \\\"3\\\"\"}]\n```\nDone.\n"
)]
#[case::json_tool(r#"{"name": "str_replace_editor", "arguments": {"command": "str_replace", "path": "src/a.py", "old_str": "\"2\"", "new_str": "\"3\""}}"#)]
#[case::json_openai(r#"{"tool_calls": [{"function": {"name": "edit", "arguments": "{\"file_path\": \"src/a.py\", \"old_string\": \"\\\"2\\\"\", \"new_string\": \"\\\"3\\\"\"}"}}]}"#)]
#[case::json_raw_breaks(
    "{\"path\": \"src/a.py\", \"old_string\": \"    def g(self):\n        return \\\"2\\\"\", \"new_string\": \"    def g(self):\n        return \\\"3\\\"\",}"
)]
#[case::json_behind_prose(
    "I change it.\n\n{\"path\": \"src/a.py\", \"old_string\": \"\\\"2\\\"\", \"new_string\": \"\\\"3\\\"\"}\n"
)]
#[case::json_in_prose(
    "I change it.\n\n{\n  \"path\": \"src/a.py\",\n  \"old_string\": \"\\\"2\\\"\",\n  \"new_string\": \"\\\"3\\\"\"\n}\n\nDone.\n"
)]
#[case::line_hint(
    "src/a.py\n<<<<<<< SEARCH\n:start_line:11\n-------\n        return \"2\"\n=======\n        return \"3\"\n>>>>>>> REPLACE\n"
)]
#[case::two_line_hints(
    "src/a.py\n<<<<<<< SEARCH\n:start_line: 11\n:end_line: 11\n-------\n        return \"2\"\n=======\n        return \"3\"\n>>>>>>> REPLACE\n"
)]
#[case::final_marker(
    "src/a.py\n<<<<<<< ORIGINAL\n        return \"2\"\n=======\n        return \"3\"\n>>>>>>> FINAL\n"
)]
#[case::harmony(
    "<|channel|>analysis<|message|>Hm. ```python\nx\n```<|end|><|start|>assistant<|channel|>final<|message|>src/a.py\n```python\n    def g(self):\n        return \"3\"\n```<|return|>"
)]
#[case::artifact(
    "<antArtifact identifier=\"a\" language=\"python\" title=\"src/a.py\">\n    def g(self):\n        return \"3\"\n</antArtifact>\n"
)]
#[case::json_patch(
    "{\"cmd\": [\"apply_patch\", \"*** Begin Patch\\n*** Update File: src/a.py\\n@@\\n-        return \\\"2\\\"\\n+        return \\\"3\\\"\\n*** End Patch\"]}"
)]
#[case::tool_call_tag(
    "<tool_call>\n{\"name\": \"edit\", \"arguments\": {\"path\": \"src/a.py\", \"old_string\": \"\\\"2\\\"\", \"new_string\": \"\\\"3\\\"\"}}\n</tool_call>"
)]
#[case::xml_edit(
    "<edit path=\"src/a.py\">\n<search>\n        return \"2\"\n</search>\n<replace>\n        return \"3\"\n</replace>\n</edit>\n"
)]
#[case::xml_file_above(
    "src/a.py\n<<<<<<< SEARCH\n        return \"2\"\n=======\n        return \"3\"\n>>>>>>> REPLACE\n"
)]
#[case::xml_replace_in_file(
    "<replace_in_file>\n<path>src/a.py</path>\n<diff>\n------- SEARCH\n        return \"2\"\n=======\n        return \"3\"\n+++++++ REPLACE\n</diff>\n</replace_in_file>\n"
)]
#[case::xml_invoke(
    "<function_calls>\n<invoke name=\"str_replace_editor\">\n<parameter name=\"command\">str_replace</parameter>\n<parameter name=\"path\">src/a.py</parameter>\n<parameter name=\"old_str\">return \"2\"</parameter>\n<parameter name=\"new_str\">return \"3\"</parameter>\n</invoke>\n</function_calls>\n"
)]
#[case::xml_loose(
    "<path>src/a.py</path>\n<old_string>return \"2\"</old_string>\n<new_string>return \"3\"</new_string>\n"
)]
#[case::xml_cdata(
    "<edit>\n<file_path>src/a.py</file_path>\n<old_text><![CDATA[return \"2\"]]></old_text>\n<new_text><![CDATA[return \"3\"]]></new_text>\n</edit>\n"
)]
#[case::xml_function(
    "<function=edit>\n<parameter=path>\nsrc/a.py\n</parameter>\n<parameter=old_string>\nreturn \"2\"\n</parameter>\n<parameter=new_string>\nreturn \"3\"\n</parameter>\n</function>\n"
)]
#[case::escaped(
    "\"src/a.py\\n<<<<<<< SEARCH\\n        return \\\"2\\\"\\n=======\\n        return \\\"3\\\"\\n>>>>>>> REPLACE\\n\""
)]
#[case::escaped_inside(
    "src/a.py\n<<<<<<< SEARCH\n        return \\\"2\\\"\n=======\n        return \\\"3\\\"\n>>>>>>> REPLACE\n"
)]
#[case::line_breaks_escaped(
    "src/a.py\n<<<<<<< SEARCH\n    def g(self):\\n        return \\\"2\\\"\n=======\n    def g(self):\\n        return \\\"3\\\"\n>>>>>>> REPLACE\n"
)]
fn one_edit_in_many_forms(#[case] reply: &str) {
    let plan = plan_in(&TABLE, reply);
    assert_eq!(plan.complaints, [], "{reply}");
    assert_eq!(plan.files.len(), 1);
    assert_eq!(plan.files[0].new_text, FILE.replace("\"2\"", "\"3\""), "{reply}");
}

/// Each changes `B.f`, whose text stands twice.
#[rstest]
#[case(
    "*** Begin Patch\n*** Update File: src/a.py\n@@ class B:\n     def f(self):\n-        return 1\n+        return 4\n*** End Patch\n"
)]
#[case(
    "*** Begin Patch\n*** Update File: src/a.py\n@@ class B:\n@@ def f(self):\n-        return 1\n+        return 4\n*** End Patch\n"
)]
#[case(r#"{"path": "src/a.py", "old_string": "return 1", "new_string": "return 4", "start_line": 8}"#)]
fn an_anchor_tells_apart(#[case] reply: &str) {
    let plan = plan_in(&TABLE, reply);
    assert_eq!(plan.complaints, [], "{reply}");
    let (before, after) = FILE.split_at(FILE.find("class B").unwrap());
    assert_eq!(plan.files[0].new_text, before.to_owned() + &after.replace("return 1", "return 4"));
}

#[rstest]
#[case::stands_twice(
    r#"{"path": "src/a.py", "old_string": "return 1", "new_string": "return 4"}"#,
    ComplaintKind::Ambiguous
)]
#[case::anchor_twice(
    "*** Begin Patch\n*** Update File: src/a.py\n@@ def f(self):\n-        return 1\n+        return 4\n*** End Patch\n",
    ComplaintKind::Ambiguous
)]
#[case::cut_off(
    "*** Begin Patch\n*** Update File: src/a.py\n@@\n-        return \"2\"\n+        return \"3\"\n",
    ComplaintKind::CutOff
)]
#[case::line_numbers_alone(
    r#"{"path": "src/a.py", "start_line": 2, "end_line": 3, "new_text": "x"}"#,
    ComplaintKind::Malformed
)]
#[case::inserts_by_number(
    r#"{"command": "insert", "path": "src/a.py", "insert_line": 2, "new_str": "x"}"#,
    ComplaintKind::Malformed
)]
#[case::create_what_is_there(r#"{"command": "create", "path": "b.txt", "file_text": "x"}"#, ComplaintKind::Exists)]
#[case::add_what_is_there("*** Begin Patch\n*** Add File: b.txt\n+x\n*** End Patch\n", ComplaintKind::Exists)]
#[case::document_cut_off("```bash\ncat > new.txt <<'EOF'\nx\n```\n", ComplaintKind::CutOff)]
fn what_is_no_certain_edit_is_refused(#[case] reply: &str, #[case] expected: ComplaintKind) {
    let plan = plan_in(&TABLE, reply);
    assert_eq!(plan.complaints.iter().map(|complaint| complaint.kind).next(), Some(expected), "{:?}", plan.files);
}

/// A call that replaces a text in the only file.
fn call(old: &str, more: &str) -> String {
    let old = serde_json::Value::String(old.to_owned());
    format!(r#"{{"path": "a.txt", "old_string": {old}, "new_string": "y"{more}}}"#)
}

/// Each names the lines at which the text stands.
#[rstest]
#[case::overlaps_itself("x = 0\nx = 0\nx = 0\n", "x = 0\nx = 0", "", &[1, 2])]
#[case::nested_braces("{\n{\n{\n}\n}\n}\n", "}\n}", "", &[4, 5])]
#[case::within_a_line("aaa\n", "aa", "", &[1, 1])]
#[case::behind_a_mark("\u{feff}é\né\né\n", "é\né", "", &[1, 2])]
#[case::more_than_said("x\nx\n\nx\n", "x", r#", "expected_replacements": 2"#, &[1, 2, 4])]
#[case::fewer_than_said("x\ny\n", "x", r#", "expected_replacements": "2""#, &[1])]
#[case::fewer_apart("x\nx\nx\n", "x\nx", r#", "count": 2"#, &[1])]
#[case::said_twice("x\nx\n", "x", r#", "replace_all": true, "expected_replacements": 1"#, &[1, 2])]
#[case::found_loosely("  a\n  b\n", "a\nb", r#", "expected_replacements": 2"#, &[1])]
#[case::once("x\nx\n", "x", r#", "expected_replacements": 1"#, &[1, 2])]
fn another_number_of_places_is_refused(
    #[case] file: &str,
    #[case] old: &str,
    #[case] more: &str,
    #[case] lines: &[usize],
) {
    let plan = plan_for(&[("a.txt", file)], &call(old, more));
    assert_eq!(plan.complaints.len(), 1, "{:?}", plan.files);
    assert_eq!(plan.complaints[0].kind, ComplaintKind::Ambiguous, "{:?}", plan.complaints);
    assert_eq!(plan.complaints[0].candidates, lines);
}

#[rstest]
#[case::all("x\nx\nx\n", "x", r#", "replace_all": true"#, "y\ny\ny\n")]
#[case::as_many_as_said("x\nx\nz\n", "x", r#", "expected_replacements": 2"#, "y\ny\nz\n")]
#[case::all_apart("aaaa\n", "aa", r#", "replace_all": true"#, "yy\n")]
#[case::once("x\nz\n", "x", r#", "expected_replacements": 1"#, "y\nz\n")]
#[case::at_a_line("x\nx\nx\n", "x\nx", r#", "start_line": 2"#, "x\ny\n")]
#[case::found_loosely_once("  a\n  b\n", "a\nb", r#", "replace_all": true"#, "  y\n")]
fn places_are_replaced(#[case] file: &str, #[case] old: &str, #[case] more: &str, #[case] expected: &str) {
    assert_eq!(new_text(("a.txt", file), &call(old, more)), expected);
}

#[rstest]
#[case::places(&"x\n".repeat(10_001), "y")]
#[case::text(&"x\n".repeat(100), &"y".repeat(1024 * 1024))]
fn more_than_can_be_replaced_is_refused(#[case] file: &str, #[case] new: &str) {
    let reply = call("x", r#", "replace_all": true"#).replace("\"y\"", &format!("\"{new}\""));
    assert_eq!(complaint_kinds(("a.txt", file), &reply), [ComplaintKind::TooLarge]);
}

/// What becomes of which file.
#[rstest]
#[case(
    "*** Begin Patch\n*** Add File: new.txt\n+a\n+\n+b\n*** Delete File: b.txt\n*** Update File: src/a.py\n*** Move to: src/c.py\n@@\n-        return \"2\"\n+        return \"3\"\n*** End Patch\n",
    "create new.txt 'a||b|'; rename src/c.py; delete b.txt"
)]
#[case("*** Begin Patch\n*** Add File: new.txt\na\nb\n*** End Patch\n", "create new.txt 'a|b|'")]
#[case(r#"{"files": {"new.txt": "a\nb\n", "b.txt": "three\n"}}"#, "create new.txt 'a|b|'; edit b.txt")]
#[case(
    r#"[{"action": "delete", "path": "b.txt"}, {"action": "rename", "path": "src/a.py", "new_path": "c.py"}]"#,
    "rename c.py; delete b.txt"
)]
#[case(
    "<write_to_file>\n<path>new.txt</path>\n<content>\na\nb\n</content>\n<line_count>2</line_count>\n</write_to_file>\n",
    "create new.txt 'a|b|'"
)]
#[case(
    "<file path=\"new.txt\">\na\n</file>\n<file path=\"b.txt\">\nthree\n</file>\n",
    "create new.txt 'a|'; edit b.txt"
)]
#[case("<delete_file>\n<path>b.txt</path>\n</delete_file>\n", "delete b.txt")]
#[case("```bash\ncat > new.txt <<'EOF'\na $x\nEOF\n```\n", "create new.txt 'a $x|'")]
#[case(
    "b.txt\n<<<<<<< SEARCH\ntwo\n=======\n2\n>>>>>>> REPLACE\n\nnew.txt\n```\na\n```\n",
    "create new.txt 'a|'; edit b.txt"
)]
#[case(
    r#"{"path": "src/a.py", "old_string": "return 1", "new_string": "return 4", "replace_all": true}"#,
    "edit src/a.py"
)]
#[case::fence_in_a_new_file(
    "*** Begin Patch\n*** Add File: README.md\n# T\n\n```sh\nrun\n```\nmore\n*** End Patch\n",
    "create README.md '# T||```sh|run|```|more|'"
)]
#[case::bare_fences_in_a_new_file(
    "*** Begin Patch\n*** Add File: README.md\n# T\n```\nrun\n```\nmore\n```\nrun\n```\n*** Delete File: b.txt\n*** End Patch\n",
    "create README.md '# T|```|run|```|more|```|run|```|'; delete b.txt"
)]
#[case::fence_in_a_fenced_patch(
    "Here:\n```bash\napply_patch <<'EOF'\n*** Begin Patch\n*** Add File: README.md\n# T\n```\nrun\n```\n*** Delete File: b.txt\n*** End Patch\nEOF\n```\n",
    "create README.md '# T|```|run|```|'; delete b.txt"
)]
#[case::sections_in_fences(
    "```\n*** Update File: b.txt\n@@\n-two\n+2\n```\nThen:\n```\n*** Add File: new.txt\n+a\n```\nDone.\n",
    "create new.txt 'a|'; edit b.txt"
)]
#[case::fence_closed_too_early(
    "```\n*** Begin Patch\n*** Add File: new.txt\n+a\n```\n*** End Patch\n",
    "create new.txt 'a|'"
)]
#[case::patches_in_fences(
    "```\n*** Begin Patch\n*** Add File: new.txt\n+a\n```\nThen:\n```\n*** Begin Patch\n*** Delete File: b.txt\n*** End Patch\n```\n",
    "create new.txt 'a|'; delete b.txt"
)]
fn whole_files_in_many_forms(#[case] reply: &str, #[case] expected: &str) {
    let plan = plan_in(&TABLE, reply);
    assert_eq!(plan.complaints, [], "{reply}");
    let text = |file: &FilePlan| match file.action {
        FileAction::Create => format!(" '{}'", file.new_text.replace('\n', "|")),
        _ => String::new(),
    };
    let found: Vec<String> =
        plan.files.iter().map(|file| format!("{} {}{}", file.action.as_str(), file.path, text(file))).collect();
    assert_eq!(found.join("; "), expected, "{reply}");
}

/// Code that looks like a wrapped edit is code.
#[rstest]
#[case("b.json\n```json\n{\"path\": \"x\", \"content\": \"y\"}\n```\n", "create b.json")]
#[case("src/page.html\n```html\n<search>\n<path d=\"M0\"/>\n</search>\n```\n", "create src/page.html")]
fn code_is_no_wrapping(#[case] reply: &str, #[case] expected: &str) {
    let plan = plan_in(&TABLE, reply);
    assert_eq!(plan.complaints, [], "{reply}");
    assert_eq!(format!("{} {}", plan.files[0].action.as_str(), plan.files[0].path), expected);
}

/// What a tool replaces may begin within a line, but not within a word: `x = 1` is not the end of `max = 1`.
#[rstest]
#[case("max = 1\n", "x = 1", "x = 2", None)]
#[case("count = 10\n", "count = 1", "count = 2", None)]
#[case("été = 1\n", "té = 1", "té = 2", None)]
#[case("\u{4f60}\u{597d}\u{5417}\n", "\u{597d}", "\u{662f}", Some("\u{4f60}\u{662f}\u{5417}\n"))]
#[case("f(max=1)\n", "max=1", "max=2", Some("f(max=2)\n"))]
#[case("a = b;\n", " = b;", " = c;", Some("a = c;\n"))]
#[case("text = 'max'\n", "'max'", "'min'", Some("text = 'min'\n"))]
fn words_are_not_cut(#[case] text: &str, #[case] old: &str, #[case] new: &str, #[case] expected: Option<&str>) {
    let reply = serde_json::json!({ "path": "a.py", "old_string": old, "new_string": new }).to_string();
    let plan = plan_for(&[("a.py", text)], &reply);
    assert_eq!(plan.files.first().map(|file| file.new_text.as_str()), expected, "{:?}", plan.complaints);
}

#[test]
fn a_line_hint_tells_equal_places_apart() {
    let reply = "src/a.py\n<<<<<<< SEARCH\n:start_line:8\n-------\n        return 1\n=======\n        return 4\n>>>>>>> REPLACE\n";
    let at = FILE.rfind("return 1").unwrap();
    let expected = format!("{}return 4{}", &FILE[..at], &FILE[at + "return 1".len()..]);
    assert_eq!(plan_in(&TABLE, reply).files[0].new_text, expected);
}

#[test]
fn json_in_code_is_code() {
    let reply =
        "It is called so:\n\n```js\n{\"path\": \"src/a.py\", \"old_string\": \"2\", \"new_string\": \"3\"}\n```\n";
    assert_eq!(plan(reply, &ReplyContext { workspace: Some(&TABLE), ..ReplyContext::of(&[]) }).files, []);
}
