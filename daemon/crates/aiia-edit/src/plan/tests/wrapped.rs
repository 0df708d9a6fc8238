//! Code with something around its lines.

use rstest::rstest;

use super::*;

const PYTHON: &str = "class A:\n    def total(self):\n        total = 0\n        for x in self.xs:\n            total += x\n        return total\n";
const CODE: &str = "    def total(self):\n        # all of it\n\n        return sum(self.xs)\n";

/// Each line of the code written by `line`, which is given its number too.
fn written(line: fn(usize, &str) -> String) -> String {
    (41..).zip(CODE.lines()).map(|(number, text)| line(number, text) + "\n").collect()
}

#[rstest]
#[case::bar(|number: usize, line: &str| format!("{number} | {line}"))]
#[case::glued_bar(|number: usize, line: &str| format!("{number}|{line}"))]
#[case::colon(|number: usize, line: &str| format!("{number}: {line}"))]
#[case::blanks(|number: usize, line: &str| format!("{number:>4} {line}"))]
#[case::tab(|number: usize, line: &str| format!("{number}\t{line}"))]
#[case::arrow(|number: usize, line: &str| format!("{number:>6}\u{2192}{line}"))]
#[case::brackets(|number: usize, line: &str| format!("[{number}] {line}"))]
#[case::letter(|number: usize, line: &str| format!("L{number}: {line}"))]
#[case::comment(|number: usize, line: &str| format!("/* {number} */ {line}"))]
#[case::trimmed(|number: usize, line: &str| format!("{number} | {line}").trim_end().to_owned())]
#[case::plus(|_: usize, line: &str| format!("+{line}"))]
#[case::quoted(|_: usize, line: &str| format!("> {line}"))]
#[case::odd_blanks(|_: usize, line: &str| line.replace(' ', "\u{a0}"))]
fn is_read_without_it(#[case] line: fn(usize, &str) -> String) {
    let start = PYTHON.find("    def").unwrap();
    let reply = fenced(&written(line));
    assert_eq!(new_text(("a.py", PYTHON), &reply), format!("{}{CODE}", &PYTHON[..start]), "{reply}");
}

#[test]
fn escapes_stand_for_their_signs() {
    let start = PYTHON.find("    def").unwrap();
    let reply = fenced(&format!("{}\n", CODE.replace('\n', "\\n")));
    assert_eq!(new_text(("a.py", PYTHON), &reply), format!("{}{CODE}", &PYTHON[..start]));
}

#[test]
fn entities_stand_for_their_signs() {
    let file = "fn f(x: &A) -> Vec<u8> {\n    one()\n}\n";
    let reply = fenced("fn f(x: &amp;A) -&gt; Vec&lt;u8&gt; {\n    two()\n}\n");
    assert_eq!(new_text(("a.rs", file), &reply), file.replace("one", "two"));
}

#[test]
fn a_method_by_itself_is_read_without_it_too() {
    let file = "class A {\n  load(x: string): Promise<void> {\n    return one(x);\n  }\n}\n";
    let code = "async load(x: string): Promise&lt;void&gt; {\n  return two(x);\n}\n";
    assert_eq!(new_text(("a.ts", file), &fenced(code)), file.replace("load", "async load").replace("one", "two"));
}

#[rstest]
#[case("- def total(self):\n+ def total(self):\n+     return sum(self.xs)\n")]
#[case("x = def total(self):\n    return sum(self.xs)\n")]
#[case("1 | def total(self):\n7 |     return sum(self.xs)\n")]
fn what_is_not_the_same_on_each_line_is_refused(#[case] code: &str) {
    let plan = plan_for(&[("a.py", PYTHON)], &fenced(code));
    assert_eq!(plan.files, [], "{code}");
}
