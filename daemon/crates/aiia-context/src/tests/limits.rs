//! Budgets: nothing exceeds them, and what is left out is named.

use super::*;
use rstest::rstest;

#[rstest]
#[case::no_text("a.rs", "$0")]
#[case::only_blanks("a.py", "\n\n  $0\n")]
#[case::nul("a.rs", "fn a() { $0\0 }")]
#[case::selection_of_all("a.rs", "$0fn a() {}\nfn b() {}\n$0")]
#[case::lone_cr("a.py", "def a():\r    $0pass\rdef b():\r    pass\r")]
fn small_texts_and_budgets_are_sound(#[case] path: &str, #[case] fixture: &str) {
    for budget in 0..30 {
        for intent in Intent::ALL {
            gathered(path, fixture, intent, budget);
        }
    }
}

#[test]
fn every_budget_is_kept() {
    for budget in (0..500).step_by(7) {
        gathered("src/map.rs", RUST, Intent::Test, budget);
        gathered("shape.py", PYTHON, Intent::Fix, budget);
    }
}

#[test]
fn a_line_over_the_budget_is_cut_around_the_cursor() {
    let text = format!("{}HERE$0{}", "left ".repeat(200_000), "right ".repeat(200_000));
    let (_, bundle) = gathered("min.js", &text, Intent::Explain, 50);
    assert_eq!(bundle.pieces.len(), 1);
    let piece = &bundle.pieces[0];
    assert!(piece.text.contains("HERE"));
    assert!(bundle.used > 20);
    let cut = piece.cut.as_ref().unwrap();
    let text = text.replace("$0", "");
    assert_eq!(format!("{}{}{}", &text[cut.before.clone()], piece.text, &text[cut.behind.clone()]), text);
    assert_eq!((cut.line, cut.bytes, cut.shown()), (1, text.len(), piece.text.len()));
    let said = format!(", {} of {} bytes of line 1; ", cut.shown(), cut.bytes);
    assert!(piece.reason.contains(&said), "{}", piece.reason);
}

#[test]
fn a_file_over_a_megabyte_is_taken_by_lines() {
    let text = format!("{}fn here() {{\n    $01\n}}\n{}", "// line\n".repeat(80_000), "// line\n".repeat(80_000));
    let (_, bundle) = gathered("big.rs", &text, Intent::Explain, 100);
    assert_eq!(bundle.target.symbol, None);
    assert_eq!(bundle.pieces[0].text, "    1\n");
    assert!(bundle.used > 80);
}

/// A target says why no more than its lines is known.
#[rstest]
#[case::large("a.rs", format!("fn a() {{}}\n{}", "// line\n".repeat(200_000)), "the file is larger than 1024 KiB and is worked on by lines")]
#[case::packed("a.js", "f();".repeat(10_000), "the file was packed by a program and is worked on by lines")]
#[case::deep("a.rs", format!("fn a() {{\n{}", "(\n".repeat(3000)), "the file is nested deeper than code is, so it is not parsed; it is worked on by lines")]
fn what_is_not_looked_at_is_said(#[case] path: &str, #[case] text: String, #[case] said: &str) {
    let request = ContextRequest {
        path,
        language: Language::from_path(path),
        text: &text,
        tree: None,
        selection: 0..0,
        intent: Intent::Explain,
        budget: 1000,
        said: &[],
        hints: Hints::NONE,
        workspace: None,
    };
    let reason = &gather(&request).pieces[0].reason;
    assert!(reason.ends_with(&format!("; {said}")), "{reason}");
}

#[test]
fn offsets_outside_the_text_are_clamped() {
    let request = ContextRequest {
        path: "a.rs",
        language: Language::from_path("a.rs"),
        text: "fn é() {}\n",
        tree: None,
        selection: Range { start: 9_000, end: 4 },
        intent: Intent::Ask,
        budget: PLENTY,
        said: &[],
        hints: Hints::NONE,
        workspace: None,
    };
    assert_eq!(gather(&request).pieces[0].text, "fn é() {}\n");
}
