//! Code without a place of its own that stands for the selected lines.

use rstest::rstest;

use super::*;

const TOTAL: &str = "def helper(x):\n    return x + 1\n\n\ndef total(items):\n    total = 0\n    for item in items:\n        total += item.price\n    return total\n";
const SHAPE: &str = "import functools\n\n\nclass Shape:\n    sides = 0\n\n    def __init__(self, name):\n        self.name = name\n\n    def describe(self):\n        return self.name\n";

/// A text with some of its lines selected, which stand in it once.
fn selecting(text: &str, lines: &str) -> String {
    assert_eq!(text.matches(lines).count(), 1, "{lines}");
    text.replace(lines, &format!("$0{lines}$0"))
}

#[rstest]
#[case::lines(
    TOTAL,
    "    total = 0\n    for item in items:\n        total += item.price\n",
    "    total = 0\n    for item in items:\n        total += item.price or 0\n",
    "item.price",
    "item.price or 0"
)]
#[case::at_the_margin(
    TOTAL,
    "    for item in items:\n        total += item.price\n",
    "for item in items:\n    total += item.price or 0\n",
    "item.price",
    "item.price or 0"
)]
#[case::in_a_line(TOTAL, "total += item", "total += item.price or 0\n", "item.price", "item.price or 0")]
#[case::one_for_another(TOTAL, "    return x + 1\n", "    return succ(x)\n", "x + 1", "succ(x)")]
#[case::more_lines(
    TOTAL,
    "    return x + 1\n",
    "if x is None:\n    return 1\nreturn x + 1\n",
    "    return x + 1\n",
    "    if x is None:\n        return 1\n    return x + 1\n"
)]
#[case::with_those_around(
    TOTAL,
    "        total += item.price\n",
    "for item in items:\n    total += item.price or 0\nreturn total\n",
    "item.price",
    "item.price or 0"
)]
#[case::member(SHAPE, "        self.name = name\n", "self.name = name.strip()\n", "= name\n", "= name.strip()\n")]
#[case::attribute(SHAPE, "    sides = 0\n", "sides = 3\n", "sides = 0", "sides = 3")]
fn selected_lines_are_replaced(
    #[case] text: &str,
    #[case] lines: &str,
    #[case] code: &str,
    #[case] old: &str,
    #[case] new: &str,
) {
    let marked = selecting(text, lines);
    assert_eq!(new_text(("m.py", &marked), &fenced(code)), text.replace(old, new));
}

#[rstest]
#[case(
    "m.ts",
    "function f(a: number) {\n  const one = a + 1;\n  return one;\n}\n",
    "  const one = a + 1;\n",
    "const one = a + 2;\n",
    "a + 2"
)]
#[case(
    "m.rs",
    "fn f(a: u8) -> u8 {\n    let one = a + 1;\n    one\n}\n",
    "    let one = a + 1;\n",
    "let one = a + 2;\n",
    "a + 2"
)]
#[case(
    "m.go",
    "package m\n\nfunc f(a int) int {\n\tone := a + 1\n\treturn one\n}\n",
    "\tone := a + 1\n",
    "one := a + 2\n",
    "a + 2"
)]
#[case(
    "m.php",
    "<?php\nfunction f($a) {\n    $one = $a + 1;\n    return $one;\n}\n",
    "    $one = $a + 1;\n",
    "$one = $a + 2;\n",
    "$a + 2"
)]
fn in_other_languages(
    #[case] path: &str,
    #[case] text: &str,
    #[case] lines: &str,
    #[case] code: &str,
    #[case] new: &str,
) {
    for text in [text.to_owned(), text.replace('\n', "\r\n")] {
        let lines = if text.contains('\r') { lines.replace('\n', "\r\n") } else { lines.to_owned() };
        let marked = selecting(&text, &lines);
        assert_eq!(new_text((path, &marked), &fenced(code)), text.replace(&new.replace('2', "1"), new));
    }
}

#[test]
fn a_selected_class_gets_its_other_name() {
    let class = SHAPE.split_once("class").map(|(_, class)| format!("class{class}")).unwrap_or_default();
    let code = class.replace("Shape", "Figure");
    for lines in ["class Shape:\n", class.as_str()] {
        let marked = selecting(SHAPE, lines);
        assert_eq!(new_text(("m.py", &marked), &fenced(&code)), SHAPE.replace("Shape", "Figure"));
    }
}

#[test]
fn a_new_method_comes_behind_the_one_that_lines_of_are_selected() {
    let code = "    def rename(self, name):\n        self.name = name\n";
    let marked = selecting(SHAPE, "        self.name = name\n");
    let expected = SHAPE.replace("    def describe", &format!("{code}\n    def describe"));
    assert_eq!(new_text(("m.py", &marked), &fenced(code)), expected);
}

#[rstest]
#[case::unlike(TOTAL, "    total = 0\n    for item in items:\n", "print(total([]))\n")]
#[case::of_a_shell(TOTAL, "    return x + 1\n", "```bash\npytest -q\n```\n")]
#[case::shown(
    TOTAL,
    "    return x + 1\n",
    "It is called like this, for example:\n\n```python\nprint(helper(1))\n```\n"
)]
#[case::cursor(TOTAL, "", "        total += item.price or 0\n")]
#[case::whole_functions(TOTAL, "def helper(x):\n    return x + 1\n", "    return x + 2\n")]
#[case::beside_its_like(
    SHAPE,
    "    def __init__(self, name):\n        self.name = name\n",
    "    def rename(self, name):\n        self.name = name\n"
)]
#[case::another_class(
    SHAPE,
    "class Shape:\n",
    "class Figure:\n    sides = 4\n\n    def area(self):\n        return 1\n"
)]
fn what_may_be_something_else_is_refused(#[case] text: &str, #[case] lines: &str, #[case] code: &str) {
    let marked = if lines.is_empty() { text.replacen("total +=", "$0total +=", 1) } else { selecting(text, lines) };
    let reply = if code.contains("```") { code.to_owned() } else { fenced(code) };
    assert_eq!(complaint_kinds(("m.py", &marked), &reply), [ComplaintKind::NotFound]);
}

#[test]
fn an_example_beside_the_function_does_not_replace_the_selection() {
    let marked = selecting(TOTAL, "    return x + 1\n");
    let reply = "```python\ndef helper(x):\n    return x + 2\n```\n\nUse it so:\n\n```python\nhelper(x + 1)\n```\n";
    assert_eq!(new_text(("m.py", &marked), reply), TOTAL.replace("x + 1", "x + 2"));
}

#[rstest]
#[case(
    "// keep in step\nconst old = this.link;\nthis.link = undefined;\n",
    Some("    // keep in step\n    const old = this.link;\n    this.link = undefined;\n")
)]
#[case("const old = this.link;\n// ... and so on\n", None)]
fn a_comment_may_come_above_the_selected_lines(#[case] code: &str, #[case] expected: Option<&str>) {
    let lines = "    const old = this.link;\n    this.link = undefined;\n";
    let file = format!(
        "class A {{\n  one() {{\n    return 1;\n  }}\n\n  end() {{\n{lines}    old?.close();\n  }}\n\n  two() {{\n    return 2;\n  }}\n}}\n"
    );
    let plan = plan_for(&[("a.ts", &selecting(&file, lines))], &fenced(code));
    let expected = expected.map(|new| file.replace(lines, new));
    assert_eq!(plan.files.first().map(|file| file.new_text.clone()), expected, "{}", described(&plan));
}
