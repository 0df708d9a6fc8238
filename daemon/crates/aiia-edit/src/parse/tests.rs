//! Replies as the parsers read them.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes its literals this way")]

use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::*;

fn describe(reply: &str) -> String {
    let parsed = parse(reply, &["src/a.py", "src/b.py"]);
    let mut text = String::new();
    for item in &parsed.items {
        let _ = writeln!(text, "{:?} line {}", item.file, item.reply_line);
        match &item.kind {
            ItemKind::Replace { readings, .. } => {
                for reading in readings {
                    let _ = writeln!(text, "  {:?} -> {:?}", reading.old, reading.new);
                }
            }
            ItemKind::Code { text: code, language, fence, .. } => {
                let _ = writeln!(text, "  {language:?} {code:?} loose: {}", *fence != Fence::Closed);
            }
            other => {
                let _ = writeln!(text, "  {other:?}");
            }
        }
    }
    for complaint in &parsed.complaints {
        let _ = writeln!(text, "! {:?}", complaint.kind);
    }
    text + &format!("prose: {:?}\n", parsed.prose)
}

fn check(reply: &str, expected: Expect) {
    expected.assert_eq(&describe(reply));
}

#[test]
fn plain_block() {
    check(
        "Sure:\n\nsrc/a.py\n```python\n<<<<<<< SEARCH\nold\n=======\nnew\n>>>>>>> REPLACE\n```\nDone.",
        expect![[r#"
            Given("src/a.py") line 5
              "old\n" -> "new\n"
            prose: "Sure:\n\nDone."
        "#]],
    );
}

#[test]
fn marker_variants() {
    for (head, divider, tail) in [
        ("<<< SEARCH", "===", ">>> REPLACE"),
        ("<<<<<<<<< SEARCH", "=========", ">>>>>>>>> REPLACE"),
        ("<<<<<<< SEARCH>", "=======", ">>>>>>> REPLACE"),
        ("<<<<<SEARCH", "=====  ", "  >>>>>REPLACE"),
        ("------- SEARCH", "=======", "+++++++ REPLACE"),
        ("<<<<<<< ORIGINAL", "=======", ">>>>>>> UPDATED"),
        ("<<<<<<< SEARCH", "=======\n=======", ">>>>>>>"),
    ] {
        let reply = format!("{head}\nold\n{divider}\nnew\n{tail}\n");
        let parsed = parse(&reply, &[]);
        assert_eq!(parsed.complaints, [], "{reply}");
        let readings = vec![Reading::new("old\n".into(), "new\n".into())];
        assert_eq!(parsed.items[0].kind, ItemKind::Replace { readings }, "{reply}");
    }
}

#[test]
fn several_blocks_and_files() {
    check(
        "```\nsrc/a.py\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n\n<<<<<<< SEARCH\nc\n=======\n>>>>>>> REPLACE\n```\n\n**src/b.py**\n\n```python\n<<<<<<< SEARCH\n=======\nd\n>>>>>>> REPLACE\n```",
        expect![[r#"
            Given("src/a.py") line 3
              "a\n" -> "b\n"
            Earlier("src/a.py") line 9
              "c\n" -> ""
            Given("src/b.py") line 18
              "" -> "d\n"
            prose: ""
        "#]],
    );
}

#[test]
fn cut_off_and_malformed_blocks() {
    check(
        "<<<<<<< SEARCH\na\n<<<<<<< SEARCH\nb\n>>>>>>> REPLACE\n<<<<<<< SEARCH\nc\n=======\nd",
        expect![[r#"
            ! Malformed
            ! Malformed
            ! CutOff
            prose: ""
        "#]],
    );
}

#[test]
fn text_that_looks_like_a_divider() {
    check(
        "<<<<<<< SEARCH\nTitle\n=====\n=======\nName\n=====\n>>>>>>> REPLACE",
        expect![[r#"
            None line 1
              "Title\n=====\n" -> "Name\n=====\n"
            prose: ""
        "#]],
    );
    check(
        "<<<<<<< SEARCH\nTitle\n=======\nx\n=======\nName\n>>>>>>> REPLACE",
        expect![[r#"
            None line 1
              "Title\n" -> "x\n=======\nName\n"
              "Title\n=======\nx\n" -> "Name\n"
            prose: ""
        "#]],
    );
}

#[test]
fn fences_inside_the_markers() {
    check(
        "<<<<<<< SEARCH\n```python\na\n```\n=======\n```python\nb\n```\n>>>>>>> REPLACE",
        expect![[r#"
            None line 1
              "a\n" -> "b\n"
            prose: ""
        "#]],
    );
}

#[test]
fn fenced_code() {
    check(
        "<think>\n```\nno\n```\n</think>\nHere:\n```python\ndef f():\n    pass\n```\nRun it:\n```console\n$ x\n```\n",
        expect![[r#"
            None line 3
              Some("python") "def f():\n    pass\n" loose: false
            prose: "Here:\nRun it:\n```console\n$ x\n```"
        "#]],
    );
    check(
        "```rust src/a.py\nx\n```\n\n~~~py\n# src/b.py\ny\n",
        expect![[r#"
        Given("src/a.py") line 1
          Some("rust") "x\n" loose: false
        Given("src/b.py") line 5
          Some("py") "y\n" loose: true
        prose: ""
    "#]],
    );
}

#[test]
fn nothing_but_text() {
    check(
        "I would not change it.",
        expect![[r#"
        None line 1
          None "I would not change it.\n" loose: true
        prose: "I would not change it."
    "#]],
    );
    check(
        "",
        expect![[r#"
        prose: ""
    "#]],
    );
}
