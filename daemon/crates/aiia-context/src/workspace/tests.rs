//! The index of a real folder: what is read, what is left out, and that it follows the folder.
#![expect(clippy::disallowed_methods, reason = "the tests make the folders that are read")]

mod buffers;
mod changes;

use super::facts::FileFacts;
use super::*;
use aiia_syntax::Language;
use rstest::rstest;
use rustc_hash::FxHashMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(folder.path(), path, text.as_bytes());
    }
    folder
}

fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn indexer(root: &Path) -> Indexer {
    kept_indexer(root, None)
}

fn kept_indexer(root: &Path, cache_file: Option<&Path>) -> Indexer {
    Indexer::new(IndexerOptions {
        root: root.to_owned(),
        cache_file: cache_file.map(Path::to_owned),
        threads: 2,
        admits: Arc::new(|path: &Path| path.file_name().is_none_or(|name| name != "secret.rs")),
    })
}

/// The files with the paths of their definitions.
fn shown(indexer: &Indexer) -> Vec<String> {
    let index = indexer.index();
    let mut files: Vec<String> = index
        .files()
        .map(|(_, entry)| {
            let names: Vec<String> = entry.definitions().map(|one| entry.path_of(&one)).collect();
            format!("{}: {}", entry.path, names.join(" "))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn reads_what_is_not_ignored() {
    let folder = folder(&[
        ("src/a.rs", "pub struct A { x: u8 }\nimpl A {\n    fn f(&self) {}\n}\n"),
        ("b.py", "class B:\n    def __init__(self):\n        self.y = 1\n\nlimit = 3\n"),
        (".gitignore", "target/\n"),
        (".aiiaignore", "private.rs\n"),
        ("target/out.rs", "fn gone() {}\n"),
        ("private.rs", "fn hidden() {}\n"),
        ("secret.rs", "fn refused() {}\n"),
        ("notes.xyz", "words\n"),
        ("without_grammar.kt", "class C {\n    fun work(x: Int) {\n    }\n}\n"),
    ]);
    let indexer = indexer(folder.path());
    let report = indexer.refresh().unwrap();
    assert_eq!(
        shown(&indexer),
        ["b.py: B B::__init__ B::y limit", "src/a.rs: A A::x A A::f", "without_grammar.kt: C C::work"]
    );
    assert_eq!((report.files, report.changed, report.skipped.refused, report.skipped.other_languages), (3, 3, 1, 1));
    assert!(indexer.progress().is_complete);
}

#[test]
fn what_is_hidden_is_said_unless_a_pattern_asks_for_it() {
    let folder = folder(&[
        ("a.rs", "fn a() {}\n"),
        (".hidden.rs", "fn b() {}\n"),
        (".github/workflows/c.yml", "c: 1\n"),
        (".storybook/d.ts", "function d() {}\n"),
        (".git/e.rs", "fn e() {}\n"),
        (".env", "KEY=1\n"),
        (".gitignore", "!.github/\n"),
    ]);
    let indexer = indexer(folder.path());
    let report = indexer.refresh().unwrap();
    assert_eq!(shown(&indexer), [".github/workflows/c.yml: c", "a.rs: a"]);
    let reasons: Vec<String> =
        report.skipped.reasons().into_iter().map(|(why, count)| format!("{count} {why}")).collect();
    assert_eq!(reasons, ["2 hidden, their names begin with a dot"]);
}

/// A text whose tree is refused is still known by the look of its lines.
#[test]
fn what_the_parser_gives_up_on_is_known_by_its_lines_and_said() {
    let deep = format!("fn known() {{}}\nfn open() {{\n{}\n", "(".repeat(2000));
    let folder = folder(&[("a.rs", &deep), ("b.rs", "fn b() {}\n")]);
    let cache = tempfile::tempdir().unwrap();
    let file = cache.path().join("x.index");
    for changed in [2, 0] {
        let indexer = kept_indexer(folder.path(), Some(&file));
        let report = indexer.refresh().unwrap();
        assert_eq!(indexer.index().named(name_id("known")).count(), 1);
        assert_eq!((report.changed, report.skipped.unparsable), (changed, 1));
        assert_eq!(report.skipped.reasons(), [("not parsed: nested too deep or too slow".to_owned(), 1)]);
    }
}

#[test]
fn more_definitions_than_are_kept_of_a_file_are_known() {
    let text = "fn f() {}\n".repeat(70_000);
    let facts = FileFacts::skimmed("a.rs", Language::from_path("a.rs"), &text);
    assert_eq!(facts.definitions.len(), facts::MAX_DEFINITIONS);
    let change = pack::Change::Facts { stamp: walk::Stamp::default(), facts, is_parsed: true };
    let packed =
        pack::pack(&packed::Packed::default(), &[("a.rs".into(), change)].into(), &FxHashMap::default(), false);
    assert_eq!(packed.records().map(|(.., state)| state).collect::<Vec<_>>(), [packed::FileState::Cut]);
}

#[test]
fn a_file_with_too_much_in_it_is_said_again_when_it_is_kept() {
    let mut facts = FileFacts::skimmed("a.rs", Language::from_path("a.rs"), "fn f() {}");
    facts.extent = facts::Extent::Partial;
    let change = pack::Change::Facts { stamp: walk::Stamp::default(), facts, is_parsed: true };
    let packed =
        pack::pack(&packed::Packed::default(), &[("a.rs".into(), change)].into(), &FxHashMap::default(), false);
    let kept = cache::read(&cache::write(&packed)).unwrap();
    let file =
        walk::Found { path: "a.rs".to_owned(), language: Language::from_path("a.rs"), stamp: walk::Stamp::default() };
    let compared = compare::compare(&kept, std::slice::from_ref(&file));
    assert_eq!((compared.partial, compared.changed.len(), compared.unparsed.len()), (1, 0, 0));
}

/// However many declarations there are, they are all looked through, or it is said.
#[test]
fn a_file_full_of_declarations_is_known_on_any_machine() {
    let text = (0..60_000).map(|number| format!("int f{number:x}();\n")).collect::<Vec<_>>().concat();
    let folder = folder(&[("a.c", &text)]);
    let report = indexer(folder.path()).refresh().unwrap();
    assert_eq!((report.symbols, report.skipped.reasons()), (60_000, Vec::new()));
}

#[test]
fn a_path_of_names_has_an_end() {
    let mut index = WorkspaceIndex::new();
    let text = format!("{}fn f() {{}}{}\n", "mod a {\n".repeat(40), "\n}".repeat(40));
    index.put("a.rs", Language::from_path("a.rs"), &text);
    index.settle();
    let entry = index.file(0).unwrap();
    let last = entry.definitions().last().unwrap();
    assert_eq!(entry.path_of(&last), "a::".repeat(16) + "f");
}

#[test]
fn leaves_out_what_is_no_text_and_says_so() {
    let folder = folder(&[("good.rs", "fn good() {}\n")]);
    write(folder.path(), "nul.rs", b"fn a() {}\0");
    write(folder.path(), "latin.rs", b"// \xe9t\xe9\nfn b() {}\n");
    write(folder.path(), "large.rs", &vec![b' '; MAX_FILE_BYTES as usize + 1]);
    let indexer = indexer(folder.path());
    let report = indexer.refresh().unwrap();
    assert_eq!(shown(&indexer), ["good.rs: good"]);
    assert_eq!((report.skipped.not_text, report.skipped.too_large), (2, 1));
    let reasons: Vec<String> =
        report.skipped.reasons().into_iter().map(|(why, count)| format!("{count} {why}")).collect();
    assert_eq!(reasons, ["1 larger than 1024 KiB", "2 not text in UTF-8"]);
    assert_eq!(indexer.refresh().unwrap().changed, 0, "what is no text is not read again until it changes");
}

#[cfg(unix)]
#[test]
fn links_that_run_in_circles_and_pipes_end() {
    let folder = folder(&[("src/a.rs", "fn a() {}\n")]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("src/loop")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("nowhere.rs"), folder.path().join("src/dangling.rs")).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(folder.path().join("pipe.rs")).status().unwrap();
    assert!(pipe.success());
    let indexer = indexer(folder.path());
    let report = indexer.refresh().unwrap();
    let reasons: Vec<String> =
        report.skipped.reasons().into_iter().map(|(why, count)| format!("{count} {why}")).collect();
    assert_eq!((report.files, reasons), (1, vec!["3 links, which are not followed, or no files".to_owned()]));
    assert_eq!(indexer.skipped(), report.skipped);
}

#[test]
fn what_was_kept_is_taken_over() {
    let folder = folder(&[("a.rs", "pub fn a() {}\n"), ("b.py", "def b(): pass\n")]);
    let cache = tempfile::tempdir().unwrap();
    let file = cache.path().join("x.index");
    let first = kept_indexer(folder.path(), Some(&file));
    first.refresh().unwrap();
    let second = kept_indexer(folder.path(), Some(&file));
    let report = second.refresh().unwrap();
    assert_eq!((report.files, report.changed), (2, 0));
    assert_eq!(shown(&first), shown(&second));

    write(folder.path(), "b.py", b"def other(): pass\n");
    let third = kept_indexer(folder.path(), Some(&file));
    assert_eq!(third.refresh().unwrap().changed, 1);
    assert_eq!(shown(&third), ["a.rs: a", "b.py: other"]);
}

#[rstest]
#[case(0)]
#[case(7)]
#[case(40)]
#[case(usize::MAX)]
fn what_was_kept_and_is_damaged_is_read_anew(#[case] at: usize) {
    let folder = folder(&[("a.rs", "pub fn a() {}\n")]);
    let cache = tempfile::tempdir().unwrap();
    let file = cache.path().join("x.index");
    kept_indexer(folder.path(), Some(&file)).refresh().unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let at = at.min(bytes.len() - 1);
    bytes[at] ^= 0x55;
    std::fs::write(&file, &bytes).unwrap();
    let again = kept_indexer(folder.path(), Some(&file));
    assert_eq!(again.refresh().unwrap().changed, 1);
    assert_eq!(shown(&again), ["a.rs: a"]);
    assert!(cache::read(&bytes[..bytes.len() / 2]).is_none());
}

/// Packing loses nothing, however many definitions of a file there are, and whatever else is packed.
#[rstest]
#[case(1)]
#[case(15)]
#[case(16)]
#[case(17)]
#[case(100)]
fn what_is_packed_is_what_was_read(#[case] count: usize) {
    use std::fmt::Write as _;
    let mut text = String::new();
    for number in 0..count {
        let above = "// above\n".repeat(number % 7);
        let lines = "\n".repeat(number * number % 300);
        write!(text, "{above}#[doc(hidden)]\npub struct S{number} {{\n{lines}    field: u8,\n}}\nimpl S{number} {{\n    fn new(\n) {{}}\n}}\n").unwrap();
    }
    let language = Language::from_path("a.rs");
    let mut open = WorkspaceIndex::new();
    open.set_buffers([("a.rs".into(), FileFacts::of("a.rs", language, &text))].into());
    let mut packed = WorkspaceIndex::new();
    for _ in 0..2 {
        packed.put("a.rs", language, &text);
        packed.put("b.rs", language, "fn new() {}\nfn field() {}\n");
        packed.settle();
        packed.put("c.rs", language, "struct S1;\n");
        packed.settle();
    }
    let shown = |index: &WorkspaceIndex| -> Vec<String> {
        let entry = index.file(0).unwrap();
        let about = |one: Definition| {
            format!(
                "{} {:?} {:?} {}-{}-{} {}",
                entry.path_of(&one),
                one.kind,
                one.traits,
                one.leading_line,
                one.line,
                one.last_line,
                one.signature_lines
            )
        };
        let each = (0..entry.definition_count()).map(|at| entry.definition(at as u16).unwrap());
        assert!(each.eq(entry.definitions()));
        entry.definitions().map(about).collect()
    };
    assert_eq!(shown(&open), shown(&packed));
    assert_eq!(packed.named(name_id("new")).count(), count + 1);
    assert_eq!(packed.mentioned_in(name_id("new")), Some(2));
}

/// Two names that have one number, in the order of their text.
fn names_of_one_number() -> (String, String) {
    let mut known = FxHashMap::default();
    let other = |number: u32| {
        let name = format!("name_{number}");
        known.insert(name_id(&name), name.clone()).map(|other| (other.clone().min(name.clone()), other.max(name)))
    };
    (0..).find_map(other).unwrap()
}

#[test]
fn names_of_one_number_keep_their_definitions() {
    let (first, second) = names_of_one_number();
    let language = Language::from_path("a.rs");
    let mut index = WorkspaceIndex::new();
    // The second name is defined before the first one.
    index.put("a.rs", language, &format!("fn other() {{}}\nfn {second}() {{}}\n"));
    index.put("b.rs", language, "fn in_between() {}\n");
    index.put("c.rs", language, &format!("fn {first}() {{}}\n"));
    index.settle();
    let found: Vec<String> = index
        .named(name_id(&first))
        .map(|at| index.definition(at).map(|(entry, one)| format!("{} {}", entry.path, entry.name(&one))).unwrap())
        .collect();
    assert_eq!(found, [format!("c.rs {first}"), format!("a.rs {second}")]);
}

#[test]
fn a_stopped_indexer_forgets_nothing() {
    let folder = folder(&[("a.rs", "fn a() {}\n")]);
    let indexer = indexer(folder.path());
    indexer.refresh().unwrap();
    indexer.stop();
    indexer.refresh().unwrap();
    assert_eq!(shown(&indexer), ["a.rs: a"]);
}

#[test]
fn a_text_of_the_same_size_and_time_is_told_apart_where_it_is_used() {
    let folder = folder(&[("a.rs", "fn aa() {}\n")]);
    let indexer = indexer(folder.path());
    indexer.refresh().unwrap();
    let index = indexer.index();
    let entry = index.file(index.file_of_path("a.rs").unwrap()).unwrap();
    assert!(entry.is_of(&LinedText::new(Arc::from("fn aa() {}\n"))));
    assert!(!entry.is_of(&LinedText::new(Arc::from("fn bb() {}\n"))));
}

#[test]
fn only_one_looks_at_a_folder_at_a_time_and_not_too_often() {
    let folder = folder(&[("a.rs", "fn a() {}\n")]);
    let indexer = indexer(folder.path());
    assert!(indexer.is_due());
    assert!(!indexer.wait_until_usable(Duration::ZERO));
    indexer.refresh().unwrap();
    assert!(indexer.wait_until_usable(Duration::ZERO));
    assert!(!indexer.is_due());
}

/// What the skim finds of functions and types is what the tree finds.
#[rstest]
#[case(
    "a.rs",
    "pub struct A {\n    x: u8,\n}\n\nimpl A {\n    pub fn f(&self) -> u8 {\n        1\n    }\n}\n\nfn g() {}\n"
)]
#[case(
    "a.py",
    "class A:\n    def f(self):\n        def inner():\n            pass\n        return 1\n\n\ndef g():\n    pass\n"
)]
fn the_first_look_finds_functions_and_types(#[case] path: &str, #[case] text: &str) {
    let names = |facts: FileFacts| -> Vec<String> {
        let mut index = WorkspaceIndex::new();
        index.set_buffers([(path.into(), facts)].into());
        let entry = index.file(0).unwrap();
        let is_shown = |one: &Definition| one.kind.is_callable() || one.kind.is_type();
        let shown = entry.definitions().filter(is_shown);
        shown.map(|one| format!("{} {:?}", entry.path_of(&one), one.signature())).collect()
    };
    let language = Language::from_path(path);
    assert_eq!(names(FileFacts::skimmed("", language, text)), names(FileFacts::of("", language, text)));
}

#[test]
fn a_walk_without_end_is_ended_and_what_was_known_stays() {
    let folder = folder(&[("a.rs", "fn f() {}"), ("b.rs", "fn g() {}")]);
    let mut indexer = indexer(folder.path());
    indexer.refresh().unwrap();
    std::fs::remove_file(folder.path().join("a.rs")).unwrap();
    indexer.limits.time = Duration::ZERO;
    let report = indexer.refresh().unwrap();
    assert_eq!(report.skipped.reasons(), [("not seen within 20 s".to_owned(), 1)]);
    assert_eq!(shown(&indexer), ["a.rs: f", "b.rs: g"]);
    indexer.limits = super::walk::Limits::default();
    indexer.refresh().unwrap();
    assert_eq!(shown(&indexer), ["b.rs: g"]);
}

#[test]
fn a_walk_that_hangs_is_left_behind_and_not_begun_again() {
    let folder = folder(&[("a.rs", "fn f() {}"), ("b.rs", "fn g() {}")]);
    let (let_go, hang) = std::sync::mpsc::channel::<()>();
    let (hang, hangs) = (Mutex::new(hang), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&hangs);
    let mut indexer = Indexer::new(IndexerOptions {
        root: folder.path().to_owned(),
        cache_file: None,
        threads: 2,
        admits: Arc::new(move |path: &Path| {
            if path.ends_with("b.rs") {
                counted.fetch_add(1, Ordering::Relaxed);
                // Until the test has ended.
                let _ = hang.lock().unwrap().recv();
            }
            true
        }),
    });
    indexer.limits.time = Duration::from_millis(100);
    for _ in 0..3 {
        assert!(indexer.refresh().unwrap().skipped.out_of_time);
    }
    assert!(hangs.load(Ordering::Relaxed) <= 1);
    drop(let_go);
    // The walk that was left behind ends by and by; then the folder is listed again.
    indexer.limits = super::walk::Limits::default();
    let ends_by = Instant::now() + Duration::from_secs(30);
    while indexer.refresh().unwrap().skipped.out_of_time {
        assert!(Instant::now() < ends_by, "the walk that was left behind does not end");
        std::thread::yield_now();
    }
    assert_eq!(shown(&indexer), ["a.rs: f", "b.rs: g"]);
}

#[test]
fn more_files_than_are_kept_are_counted() {
    let files: Vec<(String, &str)> = (0..50).map(|number| (format!("d{number}/a.rs"), "fn f() {}")).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let folder = folder(&files);
    let mut indexer = indexer(folder.path());
    indexer.limits.files = 10;
    let report = indexer.refresh().unwrap();
    assert_eq!((report.files, report.skipped.over_limit), (10, 40));
    assert_eq!(report.skipped.reasons()[0].1, 40);
    let kept = shown(&indexer);
    let report = indexer.refresh().unwrap();
    assert_eq!((report.changed, shown(&indexer)), (0, kept), "the same ones are kept");
}

#[test]
fn of_too_many_files_the_nearest_are_kept() {
    let folder =
        folder(&[("a/b/c.rs", "fn c() {}"), ("z.rs", "fn z() {}"), ("a/y.rs", "fn y() {}"), ("m/x.rs", "fn x() {}")]);
    let mut indexer = indexer(folder.path());
    indexer.limits.files = 2;
    indexer.refresh().unwrap();
    assert_eq!(shown(&indexer), ["a/y.rs: y", "z.rs: z"]);
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission_is_skipped_and_said() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[("a.rs", "fn f() {}"), ("locked/b.rs", "fn g() {}")]);
    let locked = folder.path().join("locked");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may read it all the same.
    let may_read = std::fs::read_dir(&locked).is_ok();
    let indexer = indexer(folder.path());
    let report = indexer.refresh().unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(report.skipped.unreadable, usize::from(!may_read));
    assert_eq!(report.files, 1 + usize::from(may_read));
}
