//! Passages of code that say not what they replace.

use rstest::rstest;

use super::*;

const STORE: &str = "export class Store {\n  private n = 0;\n\n  constructor(private readonly max: number) {\n    this.n = max;\n    log(max);\n  }\n\n  get(key: string): string | undefined {\n    if (!key) return undefined;\n    const found = this.table[key];\n    this.n += 1;\n    return found;\n  }\n\n  set(key: string, value: string): void {\n    this.table[key] = value;\n    this.n -= 1;\n  }\n}\n\nexport function make(max: number): Store {\n  const store = new Store(max);\n  store.set(\"a\", \"b\");\n  return store;\n}\n\nexport const found = 1;\n";
const PYTHON: &str = "import os\n\n\ndef run(items, extra=None):\n    total = 0\n    for item in items:\n        total += item.price\n        log(item)\n    if extra:\n        total += extra\n    return total\n\n\ndef other(things):\n    count = 0\n    for thing in things:\n        count += 1\n    return count\n";
const TWINS: &str = "fn a(x: u8) -> u8 {\n    let y = first(x);\n    let z = x + y;\n    done(z);\n    y + z\n}\n\nfn b(x: u8) -> u8 {\n    let y = second(x);\n    let z = x + y;\n    done(z);\n    y * z\n}\n";
const CSS: &str = ".a {\n  color: red;\n  margin: 0;\n}\n\n.b {\n  color: blue;\n  margin: 0;\n  padding: 1px;\n}\n";

#[rstest]
#[case::a_line_between(("a.ts", STORE), "    const found = this.table[key];\n    this.n += 2;\n    return found;\n", ("this.n += 1", "this.n += 2"))]
#[case::dedented(("a.ts", STORE), "const found = this.table[key];\nthis.n += 1;\ntrace(key);\nreturn found;\n", ("    return found", "    trace(key);\n    return found"))]
#[case::within_marks(("a.ts", STORE), "  // ... existing code ...\n    const found = this.table[key];\n    this.n += 1;\n    trace(key);\n    return found;\n  }\n  // ... existing code ...\n", ("    return found", "    trace(key);\n    return found"))]
#[case::within_a_comment_twice(("a.ts", STORE), "  // other methods\n    const found = this.table[key];\n    this.n += 1;\n    trace(key);\n    return found;\n  }\n  // other methods\n", ("    return found", "    trace(key);\n    return found"))]
#[case::end_of_one_and_beginning_of_another(("a.ts", STORE), "    return found;\n  }\n\n  set(key: string, value: string): void {\n    check(key);\n    this.table[key] = value;\n", ("    this.table[key] = value", "    check(key);\n    this.table[key] = value"))]
#[case::header_and_first_lines(("a.ts", STORE), "  get(key: string): string | undefined {\n    trace(key);\n    if (!key) return undefined;\n    const found = this.table[key];\n", ("    if (!key)", "    trace(key);\n    if (!key)"))]
#[case::first_line_changed(("a.ts", STORE), "    const found = this.map[key];\n    this.n += 1;\n    return found;\n", ("this.table[key];\n    this.n +=", "this.map[key];\n    this.n +="))]
#[case::last_line_changed(("a.ts", STORE), "    const found = this.table[key];\n    this.n += 1;\n    return found ?? null;\n", ("return found;", "return found ?? null;"))]
#[case::python(("a.py", PYTHON), "    for item in items:\n        total += item.cost\n        log(item)\n    if extra:\n", ("item.price", "item.cost"))]
#[case::python_header(("a.py", PYTHON), "def run(items, extra=None):\n    if not items:\n        return 0\n    total = 0\n    for item in items:\n        total += item.price\n", ("    total = 0\n", "    if not items:\n        return 0\n    total = 0\n"))]
#[case::wrapped(("a.py", PYTHON), "    for item in items:\n        if item:\n            total += item.price\n            log(item)\n    if extra:\n        total += extra\n", ("        total += item.price\n        log(item)\n", "        if item:\n            total += item.price\n            log(item)\n"))]
#[case::nearest_twin(("a.rs", TWINS), "    let y = first(x);\n    let z = x + y;\n    check(z);\n    done(z);\n    y + z\n", ("    done(z);\n    y +", "    check(z);\n    done(z);\n    y +"))]
#[case::style(("a.css", CSS), "  color: blue;\n  margin: 2px;\n  padding: 1px;\n", ("margin: 0;\n  padding", "margin: 2px;\n  padding"))]
fn goes_where_its_edges_stand(#[case] file: (&str, &str), #[case] code: &str, #[case] change: (&str, &str)) {
    assert!(file.1.contains(change.0));
    assert_eq!(new_text(file, &fenced(code)), file.1.replacen(change.0, change.1, 1));
}

#[rstest]
#[case::twins("    let z = x + y;\n    check(z);\n    done(z);\n")]
#[case::twins_but_for_one_line("    let y = third(x);\n    let z = x + y;\n    check();\n    done(z);\n")]
fn what_fits_several_places_is_refused(#[case] code: &str) {
    let kinds = complaint_kinds(("a.rs", TWINS), &fenced(code));
    assert!(matches!(kinds[..], [ComplaintKind::Ambiguous | ComplaintKind::NotFound]), "{kinds:?}");
}

#[rstest]
#[case::new_last_line(STORE, "    const found = this.table[key];\n    this.n += 1;\n    trace(found);\n")]
#[case::new_first_line(STORE, "    trace(key);\n    const found = this.table[key];\n    this.n += 1;\n")]
#[case::much_is_gone(STORE, "    this.n = max;\n    trace();\n    this.n -= 1;\n")]
#[case::in_other_order(STORE, "    return found;\n    const found = this.table[key];\n    trace(1);\n")]
#[case::hardly_alike(
    STORE,
    "    if (!key) return undefined;\n    a(1);\n    b(2);\n    c(3);\n    d(4);\n    return found;\n"
)]
#[case::elided(
    STORE,
    "    const found = this.table[key];\n    // ... existing code ...\n    trace(1);\n    return found;\n"
)]
fn what_would_be_a_guess_is_refused(#[case] file: &str, #[case] code: &str) {
    let plan = plan_for(&[("a.ts", file)], &fenced(code));
    assert_eq!(plan.files, []);
    assert_eq!(plan.complaints.len(), 1);
}

#[test]
fn of_two_named_passages_both_are_placed() {
    let reply =
        "Line 12:\n\n```typescript\n    this.n += 2;\n```\n\nLine 3:\n\n```typescript\n    nothing.like(it);\n```\n";
    assert_eq!(complaint_kinds(("a.ts", STORE), reply), [ComplaintKind::NotFound]);
}

#[test]
fn the_selection_tells_a_twin() {
    let file = TWINS.replacen("fn b(", "$0fn b(", 1) + "$0";
    let expected = TWINS.replacen("    done(z);\n    y * z", "    check(z);\n    done(z);\n    y * z", 1);
    let code = fenced("    let z = x + y;\n    check(z);\n    done(z);\n");
    assert_eq!(plan_for(&[("a.rs", &file)], &code).files[0].new_text, expected);
}

#[rstest]
#[case::one_line("Change line 12 in `a.ts`:", "    this.n += 2;\n", Some(("this.n += 1", "this.n += 2")))]
#[case::a_range("In `a.ts`, replace lines 11-13 with:", "    const found = this.table[key];\n    this.n += 2;\n    trace(key);\n    return found;\n", Some(("this.n += 1;", "this.n += 2;\n    trace(key);")))]
#[case::blank_line_first("Lines 8-9:", "\n  // Gives.\n  get(key: string): string | undefined {\n", Some(("  get(", "  // Gives.\n  get(")))]
#[case::bracket_last("Lines 13-14:", "    return found;\n    // never\n  }\n", Some(("    return found;\n", "    return found;\n    // never\n")))]
#[case::tells_a_twin("Lines 17-18:", "    this.table[key] = value;\n    trace(1);\n    this.n -= 1;\n", Some(("    this.n -= 1", "    trace(1);\n    this.n -= 1")))]
#[case::header("Line 9:", "  get(key: string, strict = false): string | undefined {\n", Some(("key: string): string |", "key: string, strict = false): string |")))]
#[case::another_line("Change line 11 in `a.ts`:", "    this.n += 2;\n", None)]
#[case::shifted("Replace lines 12-13 with:", "    const found = this.map[key];\n    this.n += 1;\n", None)]
#[case::no_such_line("Change line 99:", "    this.n += 2;\n", None)]
#[case::only_shown("The bug is on line 12, currently:", "    this.n += 2;\n", None)]
fn named_lines_must_agree(#[case] lead: &str, #[case] code: &str, #[case] change: Option<(&str, &str)>) {
    let plan = plan_for(&[("a.ts", STORE)], &format!("{lead}\n\n```typescript\n{code}```\n"));
    let expected = change.map(|(old, new)| STORE.replacen(old, new, 1));
    assert_eq!(plan.files.first().map(|file| file.new_text.clone()), expected, "{}", described(&plan));
}

/// A whole file that ends with lines which stood in its middle is no passage up to there.
#[test]
fn what_has_the_lines_around_it_is_more_than_a_passage() {
    let file = "class A:\n    def first(self):\n        return 1\n\n    def call(self, environ):\n        # comment\n        request = Request(environ)\n        response = self.app\n        if request.x:\n            response = 2\n        elif request.y:\n            response = 3\n        return response(environ)\n";
    let (moved, rest) = ("        request = Request(environ)\n        response = self.app\n", "        self.step()\n");
    let new = format!("{}\n    def step(self):\n{moved}", file.replace(moved, rest));
    assert_eq!(new_text(("a.py", file), &format!("```python\n{new}```\n")), new);
}
