//! Replies that name the passage they replace.

use expect_test::expect;
use rstest::rstest;

use super::*;
use crate::Tolerance;

const FILE: &str =
    "def a(x):\n    if x:\n        return 1\n    return 2\n\n\ndef b(x):\n    if x:\n        return 3\n    return 2\n";

#[test]
fn exact_match() {
    check(
        ("a.py", FILE),
        &block("        return 1\n", "        return 10\n"),
        expect![[r#"
        --- a/a.py
        +++ b/a.py
        @@ -3 +3 @@
        -        return 1
        +        return 10
    "#]],
    );
}

#[rstest]
#[case::exact("        return 3\n", "        return 30\n", "")]
#[case::blanks_at_line_ends("        return 3  \n", "        return 30\n", "trailing_blanks")]
#[case::blank_lines_around("\n        return 3\n\n", "\n        return 30\n\n", "blank_lines")]
#[case::indentation("return 3\n", "return 30\n", "indentation")]
#[case::indentation_of_several("if x:\n    return 3\n", "if x:\n    return 30\n", "indentation")]
#[case::first_line_lost("if x:\n        return 3\n", "if x:\n        return 30\n", "indentation")]
#[case::crlf("        return 3\r\n", "        return 30\r\n", "line_endings")]
#[case::entities("    if x:\n&#32;", "", "not found")]
fn looser_matches(#[case] old: &str, #[case] new: &str, #[case] tolerance: &str) {
    if tolerance == "not found" {
        assert_eq!(complaint_kinds(("a.py", FILE), &block(&format!("{old}\n"), new)), [ComplaintKind::NotFound]);
        return;
    }
    let plan = plan_for(&[("a.py", FILE)], &block(old, new));
    assert_eq!(plan.complaints, []);
    assert_eq!(plan.files[0].new_text, FILE.replace("return 3", "return 30"));
    let names: Vec<&str> = plan.files[0].hunks[0].tolerances.iter().map(Tolerance::as_str).collect();
    assert_eq!(names.join(" "), tolerance);
}

#[test]
fn typographic_forms() {
    let file = "x = \"a - b\"\ny = 1\n";
    let reply = block("x = \u{201c}a \u{2013} b\u{201d}\n", "x = \u{201c}a \u{2013} c\u{201d}\n");
    assert_eq!(new_text(("a.py", file), &reply), "x = \"a - c\"\ny = 1\n");
    let html = block("if a &lt; b:\n    pass\n", "if a &lt; b:\n    f(a &amp; b)\n");
    assert_eq!(new_text(("a.py", "if a < b:\n    pass\n"), &html), "if a < b:\n    f(a & b)\n");
    // What the file itself writes in another form stays.
    let curly = "x = '\u{201c}a\u{201d}'\ny = 1\n";
    let reply = block("x = '\"a\"'\ny = 1\n", "x = '\"a\"'\ny = 2\n");
    assert_eq!(new_text(("a.py", curly), &reply), "x = '\u{201c}a\u{201d}'\ny = 2\n");
}

#[test]
fn unchanged_lines_keep_their_bytes() {
    let file = "def f():  \n\tif x:\t\n\t\treturn 1\n";
    let reply =
        block("def f():\n    if x:\n        return 1\n", "def f():\n    if x:\n        log()\n        return 1\n");
    assert_eq!(new_text(("a.py", file), &reply), "def f():  \n\tif x:\t\n\t\tlog()\n\t\treturn 1\n");
}

#[test]
fn several_places_need_more_text_or_a_selection() {
    check(
        ("a.py", FILE),
        &block("    return 2\n", "    return 4\n"),
        expect![[r#"
        ! ambiguous: The text to replace stands 2 times in a.py, at lines 4, 10. Select the place that is meant, or ask the model to quote more lines around it.
    "#]],
    );
    check(
        ("a.py", &FILE.replace("return 3\n    return 2", "return 3$0\n    return 2$0")),
        &block("    return 2\n", "    return 4\n"),
        expect![[r#"
            --- a/a.py
            +++ b/a.py
            @@ -10 +10 @@
            -    return 2
            +    return 4
            ~ several places fit, the selected one was taken
        "#]],
    );
    let both_inside = format!("$0{FILE}$0");
    assert_eq!(
        complaint_kinds(("a.py", &both_inside), &block("    return 2\n", "    return 4\n")),
        [ComplaintKind::Ambiguous]
    );
}

#[test]
fn the_nearest_lines_are_named() {
    check(
        ("a.py", FILE),
        &block("    if y:\n        return 3\n", "    pass\n"),
        expect![[r#"
        ! not_found: The text to replace is not in a.py. It begins with `if y:`. The nearest lines are:
        9:         return 3
        10:     return 2
    "#]],
    );
    check(
        ("a.py", FILE),
        &block("def a(x, y):\n", "def a():\n"),
        expect![[r#"
        ! not_found: The text to replace is not in a.py. It begins with `def a(x, y):`. The nearest lines are:
        1: def a(x):
        2:     if x:
        3:         return 1
    "#]],
    );
    check(
        ("a.py", FILE),
        &block("zzz\n", "y\n"),
        expect![[r#"
        ! not_found: The text to replace is not in a.py. It begins with `zzz`. No line of the file comes near it.
    "#]],
    );
}

#[test]
fn what_is_there_already_is_said() {
    let reply = block("def b(y):\n    if y:\n", "def b(x):\n    if x:\n");
    check(
        ("a.py", FILE),
        &reply,
        expect![[r#"
        ! not_found: The text to replace is not in a.py, but the new text is already there at line 7.
    "#]],
    );
}

#[rstest]
#[case::crlf("a\r\nb\r\nc\r\n", "b\n", "x\ny\n", "a\r\nx\r\ny\r\nc\r\n")]
#[case::mixed("a\r\nb\nc\r\n", "a\nb\n", "a\nb\nx\n", "a\r\nb\nx\r\nc\r\n")]
#[case::cr("a\rb\rc\r", "b\n", "x\n", "a\rx\rc\r")]
#[case::byte_order_mark("\u{feff}a\nb\n", "a\n", "x\n", "\u{feff}x\nb\n")]
#[case::no_final_break("a\nb", "b\n", "b\nc\n", "a\nb\nc")]
#[case::append("a\nb\n", "b\n", "b\nc\n", "a\nb\nc\n")]
#[case::delete("a\nb\nc\n", "b\n", "", "a\nc\n")]
#[case::delete_all("a\n", "a\n", "", "")]
#[case::fill_empty("", "", "a\n", "a\n")]
#[case::dollars("a\n", "a\n", "$1 ${x} \\1 (.*)\n", "$1 ${x} \\1 (.*)\n")]
fn line_ends_of_the_file_are_kept(#[case] file: &str, #[case] old: &str, #[case] new: &str, #[case] expected: &str) {
    assert_eq!(new_text(("notes.txt", file), &block(old, new)), expected);
}

#[test]
fn several_files_and_missing_names() {
    let files = [("src/a.py", "x = 1\n"), ("src/b.py", "y = 1\nz = 1\n")];
    let reply = format!("src/b.py\n{}\n{}", block("y = 1\n", "y = 2\n"), block("x = 1\n", "x = 2\n"));
    expect![[r#"
        --- a/src/a.py
        +++ b/src/a.py
        @@ -1 +1 @@
        -x = 1
        +x = 2
        ~ no file given, fits src/a.py
        --- a/src/b.py
        +++ b/src/b.py
        @@ -1 +1 @@
        -y = 1
        +y = 2
    "#]]
    .assert_eq(&described(&plan_for(&files, &reply)));
    let renamed = format!("`lib/b.py`\n{}", block("y = 1\n", "y = 2\n"));
    expect![[r#"
        --- a/src/b.py
        +++ b/src/b.py
        @@ -1 +1 @@
        -y = 1
        +y = 2
        ~ the reply calls the file lib/b.py
    "#]]
    .assert_eq(&described(&plan_for(&files, &renamed)));
    let unknown = format!("src/c.py\n{}", block("y = 1\n", "y = 2\n"));
    expect![[r#"
        ! unknown_file: The reply changes `src/c.py`, which is none of the files it was given (src/a.py, src/b.py). Open that file and ask again.
    "#]].assert_eq(&described(&plan_for(&files, &unknown)));
    let twice = [("a.py", "x = 1\n"), ("b.py", "x = 1\n")];
    expect![[r#"
        ! ambiguous: The edit on line 1 of the reply names no file and fits several: a.py, b.py. Ask the model to name the file.
    "#]].assert_eq(&described(&plan_for(&twice, &block("x = 1\n", "x = 2\n"))));
    let focused = [("a.py", "x = 1\n"), ("b.py", "x = $01\n")];
    expect![[r#"
        --- a/b.py
        +++ b/b.py
        @@ -1 +1 @@
        -x = 1
        +x = 2
    "#]]
    .assert_eq(&described(&plan_for(&focused, &block("x = 1\n", "x = 2\n"))));
    let invented = format!("path/to/file.py\n{}", block("x = 1\n", "x = 2\n"));
    expect![[r#"
        --- a/b.py
        +++ b/b.py
        @@ -1 +1 @@
        -x = 1
        +x = 2
        ~ the reply calls the file path/to/file.py
    "#]]
    .assert_eq(&described(&plan_for(&focused, &invented)));
}

#[test]
fn one_failing_block_refuses_all() {
    let reply = block("        return 1\n", "        return 10\n") + &block("nowhere\n", "x\n");
    assert_eq!(complaint_kinds(("a.py", FILE), &reply), [ComplaintKind::NotFound]);
}

#[test]
fn overlapping_and_repeated_blocks() {
    let once = block("        return 1\n", "        return 10\n");
    assert_eq!(new_text(("a.py", FILE), &once.repeat(2)), FILE.replace("return 1", "return 10"));
    let other = block("        return 1\n", "        return 11\n");
    assert_eq!(complaint_kinds(("a.py", FILE), &(once + &other)), [ComplaintKind::Overlap]);
}

const TOTAL: &str = "def total(items):\n    result = 0\n\n    for item in items:\n        # taxes, too\n        result += item.price\n    return result\n\n\ndef other():\n    return 1\n";

#[rstest]
#[case::typo(
    "def totl(items):\n    result = 0\n\n    for item in items:\n        # taxes, too\n        result += item.price\n    return result\n",
    "quote"
)]
#[case::lines_missing(
    "def total(items):\n    result = 0\n    for item in items:\n        result += item.price\n    return result\n",
    "quote"
)]
#[case::imagined(
    "def total(items):\n    result = 0\n\n    count = 0\n    for item in items:\n        # taxes, too\n        result += item.price\n    return result\n",
    "quote"
)]
#[case::numbers(
    " 4 |     for item in items:\n 5 |         # taxes, too\n 6 |         result += item.price\n",
    "line_numbers_pasted"
)]
fn what_is_not_changed_may_be_quoted_wrongly(#[case] old: &str, #[case] tolerance: &str) {
    let new = old.replace("item.price", "item.cost");
    let plan = plan_for(&[("a.py", TOTAL)], &block(old, &new));
    assert_eq!(plan.complaints, []);
    assert_eq!(plan.files[0].new_text, TOTAL.replace("item.price", "item.cost"));
    let names: Vec<&str> = plan.files[0].hunks[0].tolerances.iter().map(Tolerance::as_str).collect();
    assert_eq!(names.join(" "), tolerance);
}

#[rstest]
#[case::what_changes("        result += item.prize\n", "        result += item.cost\n")]
#[case::a_place_between(
    "    result = 0\n    for item in items:\n        result += item.price\n    return result\n",
    "    result = 0\n    for item in items:\n        first()\n        result += item.price\n    return result\n"
)]
#[case::too_little("def totl(items):\n    result = 0\n", "def totl(items):\n    result = 1\n")]
fn what_is_changed_must_be_quoted_rightly(#[case] old: &str, #[case] new: &str) {
    assert_eq!(complaint_kinds(("a.py", TOTAL), &block(old, new)), [ComplaintKind::NotFound]);
}

#[test]
fn a_wrong_quote_that_fits_two_places_is_refused() {
    let file = format!("{TOTAL}\n\n{}", TOTAL.replace("def total", "def sum"));
    let old = "    result = 0\n    for item in items:\n        # taxs, too\n        result += item.price\n    return result\n";
    assert_eq!(complaint_kinds(("a.py", &file), &block(old, &old.replace("price", "cost"))), [ComplaintKind::NotFound]);
}

#[test]
fn a_like_passage_that_has_not_what_changes_does_no_harm() {
    let like = TOTAL.replace("def total(items)", "def count(things)").replace("item.price", "1");
    let file = format!("{like}\n\n{TOTAL}");
    let old = "def total(items):\n    for item in items:\n        # taxs, too\n        result += item.price\n    return result\n";
    let expected = file.replace("item.price", "item.cost");
    assert_eq!(new_text(("a.py", &file), &block(old, &old.replace("price", "cost"))), expected);
}

#[rstest]
#[case::dedented("if x {\n\tf();\n}\n", "if x {\n\tg();\n}\n", "        g();\n")]
#[case::mixed("\tif x {\n\t\tf();\n\t}\n", "\tif x {\n\t\tg();\n\t\t\th();\n\t}\n", "        g();\n            h();\n")]
fn tabs_of_a_reply_become_the_blanks_of_the_file(#[case] old: &str, #[case] new: &str, #[case] line: &str) {
    let file = "fn a() {\n    if x {\n        f();\n    }\n}\n";
    assert_eq!(new_text(("a.rs", file), &block(old, new)), file.replace("        f();\n", line));
}

#[test]
fn tabs_are_as_wide_as_the_quoted_lines_say() {
    let file = "  a {\n    b(\n      c\n    )\n  }\n";
    let (old, new) = ("\tb(\n\t  c\n\t)\n", "\tb(\n\t  c\n\t\td\n\t)\n");
    assert_eq!(new_text(("a.txt", file), &block(old, new)), file.replace("      c\n", "      c\n        d\n"));
}

#[test]
fn text_like_a_divider() {
    let file = "Title\n=====\nText\n";
    let reply = "<<<<< SEARCH\nTitle\n=====\nText\n=====\nTitle\n=====\nBetter\n>>>>> REPLACE\n";
    assert_eq!(new_text(("a.md", file), reply), "Title\n=====\nBetter\n");
}

#[test]
fn new_lines_end_as_those_around_them() {
    let file = "a = 1\r\nb = 2\r\nc = 3\nd = 4\ne = 5\n";
    assert_eq!(
        new_text(("a.py", file), &block("a = 1\nb = 2\n", "a = 1\nx = 0\nb = 2\n")),
        file.replace("b = 2", "x = 0\r\nb = 2")
    );
    assert_eq!(
        new_text(("a.py", file), &block("d = 4\ne = 5\n", "d = 4\nx = 0\ne = 5\n")),
        file.replace("e = 5", "x = 0\ne = 5")
    );
}
