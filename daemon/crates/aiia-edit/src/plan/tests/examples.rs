//! Code of a reply that is an example of use, an answer, a draft, or for another file.

use rstest::rstest;

use super::*;

const PY: &str = "def a():\n    return 1\n\n\ndef b():\n    return 2\n\n\nclass C:\n    def run(self):\n        x = a()\n        return x + b()\n";
const A: &str = "```python\ndef a(scale=1):\n    return scale\n```\n";
const RUN: &str = "```python\nclass C:\n    def run(self):\n        return a(2)\n```\n";

#[rstest]
#[case::use_by_callers("Change `a`:\n\nA\nCallers could then use it like this:\n\nRUN", ComplaintKind::Ambiguous)]
#[case::use_in_german("Ändere `a`:\n\nA\nSo wird sie aufgerufen:\n\nRUN", ComplaintKind::Ambiguous)]
#[case::draft(
    "First try:\n\nA\nHmm, no — `a` must stay as it is. Change `run` instead:\n\nRUN",
    ComplaintKind::Ambiguous
)]
#[case::scratched("A\nScratch that, this is better:\n\nRUN", ComplaintKind::Ambiguous)]
#[case::attempts("### Attempt 1\n\nA\n### Attempt 2\n\nRUN", ComplaintKind::Ambiguous)]
#[case::another_file("Put this into a separate file:\n\nA", ComplaintKind::UnknownFile)]
#[case::a_new_function_alone("A\nand\n\n```python\ndef c():\n    return 3\n```\n", ComplaintKind::NotFound)]
#[case::a_new_function_without_a_tag("A\nund\n\n```\ndef c():\n    return 3\n```\n", ComplaintKind::NotFound)]
#[case::a_helper_in_german(
    "Neue Hilfsfunktion:\n\n```python\ndef limit():\n    return 10\n```\n\nÄnderung in `a`:\n\nA",
    ComplaintKind::NotFound
)]
#[case::a_fragment("A\n**Parsing**\n\n```python\n        y = a(3)\n```\n", ComplaintKind::NotFound)]
#[case::a_statement("```python\ndef a(scale=1):\n    return scale\n\n\nregister(a)\n```\n", ComplaintKind::Ambiguous)]
fn refused(#[case] reply: &str, #[case] kind: ComplaintKind) {
    let reply = reply.replace("RUN", RUN).replace("A\n", &format!("{A}\n")).replace("\nA", &format!("\n{A}"));
    assert_eq!(complaint_kinds(("c.py", PY), &reply), [kind], "{reply}");
}

#[rstest]
#[case::json(("config.json", "{\n  \"name\": \"x\",\n  \"port\": 80\n}\n"), "The server then answers:\n\n```json\n{\n  \"name\": \"y\",\n  \"port\": 81\n}\n```\n", ComplaintKind::Ambiguous)]
#[case::another_config(("tsconfig.json", "{\n  \"strict\": true,\n  \"include\": [\"src\"]\n}\n"), "Create another config for tests:\n\n```json\n{\n  \"strict\": false,\n  \"include\": [\"test\"]\n}\n```\n", ComplaintKind::UnknownFile)]
fn data_that_is_not_the_file(#[case] file: (&str, &str), #[case] reply: &str, #[case] kind: ComplaintKind) {
    assert_eq!(complaint_kinds(file, reply), [kind]);
}

/// An example stays out, and is told of.
#[rstest]
#[case::below_a_comment(
    "```python\ndef a(scale=1):\n    return scale\n\n\n# Example\ndef example():\n    print(a())\n\n\nexample()\n```\n"
)]
#[case::usage_below_a_comment(
    "```python\ndef a(scale=1):\n    return scale\n\n\n# Example usage:\nresult = a(2)\nprint(result)\n```\n"
)]
#[case::entry("```python\ndef a(scale=1):\n    return scale\n\n\nif __name__ == \"__main__\":\n    print(a())\n```\n")]
#[case::a_block_of_its_own("A\nExample usage:\n\n```python\nprint(a(2))\n```\n")]
#[case::in_german("A\nBeispiel:\n\n```python\nprint(a(2))\n```\n")]
#[case::in_chinese("A\n使用示例：\n\n```python\nprint(a(2))\n```\n")]
#[case::a_test("A\nAnd a quick test:\n\n```python\ndef test_a():\n    assert a(1) == 1\n```\n")]
#[case::quoted("A\nThe essence:\n\n```python\n    return scale\n```\n")]
fn left_out(#[case] reply: &str) {
    let reply = reply.replace("A\n", &format!("{A}\n"));
    let wanted = PY.replace("def a():\n    return 1", "def a(scale=1):\n    return scale");
    assert_eq!(new_text(("c.py", PY), &reply), wanted, "{reply}");
}

/// Without a fence there are words around the code.
#[test]
fn words_around_code_without_a_fence_are_no_code() {
    let reply = "Here's the updated function:\n\npython\nCopy code\ndef a(scale=1):\n    return scale\n";
    let wanted = PY.replace("def a():\n    return 1", "def a(scale=1):\n    return scale");
    assert_eq!(new_text(("c.py", PY), reply), wanted);
}

#[test]
fn a_statement_with_several_names_is_one() {
    let file = "const a = 1, b = 2;\n\nfunction f() {\n  return a + b;\n}\n";
    assert_eq!(new_text(("m.ts", file), &fenced("const a = 1, b = 3;\n")), file.replace("b = 2", "b = 3"));
}

/// What a lead says by the way makes no example of it.
#[rstest]
#[case("You can use `itertools` here:\n\nA")]
#[case("so that it can be used with a scale:\n\nA")]
#[case("It lowers the memory usage:\n\nA")]
#[case("Here is the new file:\n\nA")]
#[case("Wait for nothing, scale at once:\n\nA")]
#[case("No changes are needed in `b`, only here:\n\nA")]
fn applied(#[case] reply: &str) {
    let wanted = PY.replace("def a():\n    return 1", "def a(scale=1):\n    return scale");
    assert_eq!(new_text(("c.py", PY), &reply.replace("\nA", &format!("\n{A}"))), wanted, "{reply}");
}

const TWO: &str = "class A:\n    def get(self, key):\n        $0value = self.data[key]\n        return value\n\n\nclass B:\n    def get(self, key):\n        value = self.data[key]\n        return value\n";
const GET: &str = "def get(self, key):\n    return self.data.get(key)\n";

#[rstest]
#[case::prose(&format!("`A.get` is fine; the bug is in class `B`. Replace its `get` with:\n\n```python\n{GET}```\n"))]
#[case::a_comment(&format!("```python\n# in class B\n{GET}```\n"))]
fn words_about_another_class_than_the_cursor_is_in(#[case] reply: &str) {
    let plan = plan_for(&[("a.py", TWO)], reply);
    assert_eq!((plan.files.len(), plan.complaints[0].kind), (0, ComplaintKind::Ambiguous), "{reply}");
    assert_eq!(plan.complaints[0].candidates, [2, 8]);
}

#[rstest]
#[case("`B.get` does it already. Change `A.get`:")]
#[case("Use `get` of the dictionary:")]
fn words_that_do_not_contradict(#[case] lead: &str) {
    let file = TWO.replace("$0", "");
    let old = "        value = self.data[key]\n        return value\n";
    let wanted = file.replacen(old, "        return self.data.get(key)\n", 1);
    assert_eq!(new_text(("a.py", TWO), &format!("{lead}\n\n```python\n{GET}```\n")), wanted);
}
