//! Replies that must be refused.

use expect_test::expect;
use rstest::rstest;

use super::*;

const FILE: &str = "def a():\n    one()\n    two()\n    return 1\n\n\ndef b():\n    return 2\n";

#[test]
fn syntax_errors_may_not_rise() {
    check(
        ("a.py", FILE),
        &block("    two()\n", "    two(\n"),
        expect![[r#"
        ! syntax_errors: The change would leave a.py with 1 syntax error instead of 0; its first changed line is 3. Ask the model again.
    "#]],
    );
    // A file that is broken already may stay as broken as it is.
    let broken = "def a(:\n    one()\n\n\nx = 1\n";
    assert_eq!(new_text(("a.py", broken), &block("x = 1\n", "x = 2\n")), broken.replace("x = 1", "x = 2"));
}

#[rstest]
#[case(block("    one()\n    two()\n    return 1\n", ""))]
#[case(block("    one()\n    two()\n    return 1\n", "    # nothing\n"))]
#[case(fenced("def a():\n"))]
#[case(fenced("def a():\n    # nothing\n"))]
fn python_has_no_bodies_without_a_statement(#[case] reply: String) {
    assert_eq!(plan_for(&[("a.py", FILE)], &reply).files, [], "{reply}");
}

#[test]
fn placeholders_are_refused() {
    check(
        ("a.py", FILE),
        &block("    two()\n", "    # ... existing code ...\n"),
        expect![[r#"
        ! elision: The new text of a.py leaves code out: line 3 would be `# ... existing code ...`. Ask the model for the complete code.
    "#]],
    );
    check(
        ("a.py", FILE),
        &fenced("def a():\n    one()\n    ...\n    return 3\n"),
        expect![[r#"
        ! elision: The new text of a.py leaves code out: line 3 would be `...`. Ask the model for the complete code.
    "#]],
    );
    let own = "def a():\n    # ... rest of the code\n    one()\n";
    assert_eq!(
        new_text(("a.py", own), &fenced("def a():\n    # ... rest of the code\n    two()\n")),
        own.replace("one", "two")
    );
    assert_eq!(new_text(("a.py", FILE), &block("    return 2\n", "    ...\n")), FILE.replace("return 2", "..."));
}

#[test]
fn other_symbols_may_not_vanish() {
    let file = "fn a() {\n    x();\n}\n\nfn b() {}\n\n// end */\n";
    check(
        ("a.rs", file),
        &block("    x();\n}\n", "    x();\n}\n/*\n"),
        expect![[r#"
        ! vanished: The change would make `b` vanish from a.rs, though it does not touch them. Ask the model again.
    "#]],
    );
    let strings = "s = 'a'\n\n\ndef b():\n    pass\n\n\nt = \"'''\"\n";
    check(
        ("a.py", strings),
        &block("s = 'a'\n", "s = '''a\n"),
        expect![[r#"
        ! syntax_errors: The change would leave a.py with 1 syntax error instead of 0; its first changed line is 1. Ask the model again.
        ! vanished: The change would make `b` vanish from a.py, though it does not touch them. Ask the model again.
    "#]],
    );
}

#[test]
fn of_many_symbols_that_vanish_some_are_named() {
    let functions: Vec<String> = (0..20).map(|number| format!("fn f{number}() {{}}\n\n")).collect();
    let functions = functions.concat();
    check(
        ("a.rs", &format!("struct A;\n\n{functions}// end */\n\nfn last() {{}}\n")),
        &block("struct A;\n", "struct A;\n/*\n"),
        expect![[r#"
            ! vanished: The change would make `f0`, `f1`, `f2`, `f3`, `f4`, `f5`, `f6`, `f7`, others vanish from a.rs, though it does not touch them. Ask the model again.
        "#]],
    );
}

#[test]
fn a_cut_off_reply_is_refused() {
    let files = [SourceFile::new("a.py", FILE, None)];
    let context = ReplyContext { finish: Finish::CutOff, ..ReplyContext::of(&files) };
    let plan = plan(&block("    two()\n", "    three()\n"), &context);
    assert_eq!(plan.complaints[0].kind, ComplaintKind::CutOff);
    assert_eq!(plan.files, []);
    check(
        ("a.py", FILE),
        "<<<<<<< SEARCH\n    two()\n=======\n    thr",
        expect![[r#"
        ! cut_off: The reply ends inside the search/replace block that begins on its line 1, so it was cut off. Ask again, for a smaller change or with a higher token limit.
    "#]],
    );
}

#[test]
fn nothing_proposed() {
    check(
        ("a.py", FILE),
        "The function is fine as it is.",
        expect![[r#"
        ! no_change: No change was proposed: the reply holds no code. Read its text, or ask again more precisely.
    "#]],
    );
    check(
        ("a.py", FILE),
        "",
        expect![[r#"
        ! no_change: No change was proposed: the reply holds no code. Read its text, or ask again more precisely.
    "#]],
    );
    check(
        ("a.py", FILE),
        "<think>\n```\ndef a():\n    pass\n```\n",
        expect![[r#"
        ! no_change: No change was proposed: the reply holds no code. Read its text, or ask again more precisely.
    "#]],
    );
    check(
        ("a.py", FILE),
        &block("    two()\n", "    two()\n"),
        expect![[r#"
        ! changes_nothing: The reply changes nothing: the code it gives is what the file has already.
    "#]],
    );
    check(
        ("a.py", FILE),
        &fenced("def b():\n    return 2\n"),
        expect![[r#"
        ! changes_nothing: The reply changes nothing: the code it gives is what the file has already.
    "#]],
    );
    check(
        ("a.py", FILE),
        &block("", "x\n"),
        expect![[r#"
        ! empty_search: A block of the reply searches for nothing, which only fits an empty file, and a.py is not empty. Ask the model to quote the lines to change.
    "#]],
    );
}

#[test]
fn prose_is_kept_without_the_edits() {
    let reply = format!("Intro.\n\na.py\n```python\n{}```\n\nOutro.", block("    two()\n", "    three()\n"));
    assert_eq!(plan_for(&[("a.py", FILE)], &reply).prose, "Intro.\n\nOutro.");
    let reply = "First:\n```python\ndef b():\n    return 3\n```\nThen run:\n```sh\npython a.py\n```\n";
    let plan = plan_for(&[("a.py", FILE)], reply);
    assert_eq!(plan.complaints, []);
    assert_eq!(plan.prose, "First:\nThen run:\n\n```sh\npython a.py\n```");
}

#[rstest]
#[case("def a():\n    \"\"\"Says one and two.\"\"\"\n    one()  # first\n    two()\n    return 1\n", true)]
#[case("# Says one and two.\ndef a():\n    one()\n\n    two()\n    return 1\n", true)]
#[case("def a():\n    \"\"\"Says one and two.\"\"\"\n    one()\n    two()\n    return 2\n", false)]
#[case("def a():\n    one()\n    # two()\n    return 1\n", false)]
#[case("def a():\n    one()\n    \"two\"\n    two()\n    return 1\n", false)]
fn comments_alone_may_change(#[case] code: &str, #[case] fits: bool) {
    let files = [SourceFile::new("a.py", FILE, Language::from_path("a.py"))];
    let context = ReplyContext { guard: Guard::CommentsOnly, ..ReplyContext::of(&files) };
    let plan = plan(&fenced(code), &context);
    let kinds: Vec<ComplaintKind> = plan.complaints.iter().map(|complaint| complaint.kind).collect();
    assert_eq!(kinds, if fits { vec![] } else { vec![ComplaintKind::CodeChanged] });
}

#[rstest]
#[case(
    "m.go",
    "package m\n\n//go:noinline\nfunc Add(a int) int {\n\treturn a\n}\n",
    "//go:noinline\n",
    "// Add adds.\n",
    true
)]
#[case("m.go", "package m\n\n// Adds.\nfunc Add(a int) int {\n\treturn a\n}\n", "// Adds.\n", "// Add adds.\n", true)]
#[case(
    "m.ts",
    "/** Adds. */\nfunction add(a: A) {\n  // @ts-ignore\n  return a.c;\n}\n",
    "  // @ts-ignore\n",
    "",
    false
)]
#[case("m.ts", "/** Adds. */\nfunction add(a: A) {\n  // the sum\n  return a.c;\n}\n", "  // the sum\n", "", false)]
#[case(
    "m.ts",
    "/** Adds. */\nfunction add(a: A) {\n  // the sum\n  return a.c;\n}\n",
    "/** Adds. */",
    "/** Adds all. */",
    true
)]
#[case("m.py", "def add(a, b):\n    return a + b  # type: ignore\n", "  # type: ignore", "", false)]
#[case("m.py", "def add(a, b):\n    \"\"\"Add.\"\"\"\n    return a + b  # sum\n", "\"Add.\"", "\"Adds.\"", true)]
#[case("m.rs", "fn add(a: i32) -> i32 {\n    a + 1 // sum\n}\n", " // sum", "", false)]
#[case(
    "m.rs",
    "// SAFETY: a is valid\n/// Adds.\nfn add(a: i32) -> i32 {\n    a + 1\n}\n",
    "// SAFETY: a is valid",
    "// SAFETY: a is always valid",
    false
)]
#[case(
    "m.rs",
    "// SAFETY: a is valid\nfn add(a: i32) -> i32 {\n    a + 1\n}\n",
    "// SAFETY: a is valid\n",
    "/// Adds.\n",
    true
)]
#[case("m.py", "# type: see x\ndef add(a):\n    return a\n", "# type: see x", "# types: see x", false)]
#[case("m.rs", "// Adds.\nfn add(a: i32) -> i32 {\n    a + 1 // sum\n}\n", "// Adds.", "/// Adds.", true)]
fn comments_that_document_nothing_stay(
    #[case] name: &str,
    #[case] text: &str,
    #[case] old: &str,
    #[case] new: &str,
    #[case] fits: bool,
) {
    let files = [SourceFile::new(name, text, Language::from_path(name))];
    let context = ReplyContext { guard: Guard::CommentsOnly, ..ReplyContext::of(&files) };
    let plan = plan(&format!("{name}\n{}", fenced(&text.replacen(old, new, 1))), &context);
    let kinds: Vec<ComplaintKind> = plan.complaints.iter().map(|complaint| complaint.kind).collect();
    assert_eq!(kinds, if fits { vec![] } else { vec![ComplaintKind::CodeChanged] }, "{:?}", plan.complaints);
    let directives = text.lines().filter(|line| line.starts_with("//go:"));
    for directive in directives {
        assert!(plan.files[0].new_text.contains(directive), "{}", plan.files[0].new_text);
    }
}

#[test]
fn a_directive_that_a_block_deletes_is_refused() {
    let text = "package m\n\n//go:noinline\nfunc Add(a int) int {\n\treturn a\n}\n";
    let files = [SourceFile::new("m.go", text, Language::from_path("m.go"))];
    let context = ReplyContext { guard: Guard::CommentsOnly, ..ReplyContext::of(&files) };
    let reply =
        format!("m.go\n{}", block("//go:noinline\nfunc Add(a int) int {\n", "// Add adds.\nfunc Add(a int) int {\n"));
    let plan = plan(&reply, &context);
    assert_eq!(
        plan.complaints.iter().map(|complaint| complaint.kind).collect::<Vec<_>>(),
        [ComplaintKind::CodeChanged]
    );
}
