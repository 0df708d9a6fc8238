//! What others know of a target changes what is in its bundle, and says so.

use super::workspace::{bundle_with, files};
use super::*;
use rstest::rstest;

/// Two types with a method of the name that the target calls, and nothing that says which is meant.
const SHAPES: &str = "//- circle.py
class Circle:
    def area(self):
        return 3
//- square.py
class Square:
    def area(self):
        return 4
//- sums.py
def total(xs):
    return $0sum(x.area() for x in xs)
//- report.py
def report(xs):
    return getattr(sums, 'total')(xs)
";

fn shapes(hints: &Hints) -> Vec<(String, f64, String)> {
    let bundle = bundle_with(SHAPES, Intent::Optimize, 400, (&[], hints), |_| {});
    let others = bundle.pieces.into_iter().filter(|piece| piece.path != "sums.py");
    others.map(|piece| (piece.path, piece.score, piece.reason)).collect()
}

fn score_of(pieces: &[(String, f64, String)], path: &str) -> f64 {
    pieces.iter().find(|(known, ..)| known == path).map_or(0.0, |(_, score, _)| *score)
}

fn reason_of<'p>(pieces: &'p [(String, f64, String)], path: &str) -> &'p str {
    pieces.iter().find(|(known, ..)| known == path).map_or("", |(.., reason)| reason)
}

fn place(path: &str, line: usize) -> Place {
    Place { path: path.to_owned(), line }
}

#[rstest]
#[case::all(true, false)]
#[case::not_everywhere(false, true)]
fn what_an_editor_finds_is_taken(#[case] is_all: bool, #[case] others_stay: bool) {
    let resolved = Resolved { name: "area".to_owned(), places: vec![place("square.py", 2)], is_all };
    let found = shapes(&Hints { resolved: vec![resolved], ..Hints::default() });
    assert_eq!(reason_of(&found, "square.py"), "the editor finds `area` behind a name here", "{found:?}");
    assert!(score_of(&found, "square.py") > 0.8);
    assert_eq!(score_of(&found, "circle.py") > 0.0, others_stay, "{found:?}");
}

#[test]
fn what_an_editor_finds_outside_leaves_the_name_to_nobody() {
    let resolved = Resolved { name: "area".to_owned(), places: Vec::new(), is_all: true };
    let found = shapes(&Hints { resolved: vec![resolved], ..Hints::default() });
    assert!(found.iter().all(|(path, ..)| path == "report.py"), "{found:?}");
}

#[test]
fn users_that_an_editor_knows_are_callers() {
    let found = shapes(&Hints { references: vec![place("report.py", 2), place("sums.py", 1)], ..Hints::default() });
    assert_eq!(reason_of(&found, "report.py"), "calls the target, as the editor knows");
}

#[rstest]
#[case::edited(Nearness::Edited, "; its file was edited lately")]
#[case::open(Nearness::Open, "; its file is open")]
#[case::together(
    Nearness::ChangesTogether { together: 3, of: 4 },
    "; its file changed with this one in 3 of 4 commits"
)]
fn what_is_near_is_likelier_and_says_why(#[case] why: Nearness, #[case] reason: &str) {
    let without = shapes(Hints::NONE);
    for (near, other) in [("circle.py", "square.py"), ("square.py", "circle.py")] {
        let files = vec![NearFile { path: near.to_owned(), why, weight: 0.7 }];
        let with = shapes(&Hints { files, ..Hints::default() });
        assert!(score_of(&with, near) > score_of(&without, near) + 0.01, "{with:?}");
        assert!(score_of(&with, near) > score_of(&with, other), "{with:?}");
        assert!((score_of(&with, other) - score_of(&without, other)).abs() < 1e-9);
        assert!(reason_of(&with, near).ends_with(reason), "{with:?}");
    }
}

#[test]
fn hints_at_what_is_not_there_change_nothing() {
    let nowhere = [place("gone.py", 1), place("square.py", 0), place("square.py", 99), place("", usize::MAX)];
    let hints = Hints {
        resolved: vec![Resolved { name: "area".to_owned(), places: nowhere.to_vec(), is_all: false }],
        references: nowhere.to_vec(),
        files: vec![NearFile { path: "gone.py".to_owned(), why: Nearness::Edited, weight: f32::NAN }],
    };
    assert_eq!(shapes(&hints), shapes(Hints::NONE));
}

#[test]
fn an_editor_is_asked_about_the_names_that_others_define() {
    let fixture = "//- a.rs\npub fn load() {}\npub fn area() {}\n//- b.rs\npub fn area() {}\npub fn local() {}\n//- c.rs\nfn $0run() {\n    let local = area();\n    load(); area(); unknown(local); area(); area();\n}\n";
    let (files, path, at) = files(fixture);
    let mut index = WorkspaceIndex::new();
    for (path, text) in &files.0 {
        index.put(path, Language::from_path(path), text);
    }
    index.settle();
    let text = &files.0[&path];
    let request = ContextRequest {
        path: &path,
        language: Language::from_path(&path),
        text,
        tree: None,
        selection: at..at,
        intent: Intent::Explain,
        budget: 100,
        said: &[],
        hints: Hints::NONE,
        workspace: Some(Workspace { index: &index, texts: &files }),
    };
    let shown: Vec<(String, usize, bool)> =
        names_to_look_up(&request).into_iter().map(|found| (found.name, found.offsets.len(), found.is_all)).collect();
    assert_eq!(shown, [("area".to_owned(), 3, false), ("load".to_owned(), 1, true)]);
    assert_eq!(target_name(&request), text.find("run"));
}
