//! What editors have open, beside the files.

use super::*;

/// Path, generation and text of what is open.
fn set_buffers(indexer: &Indexer, open: &[(&str, u64, &str)]) {
    indexer.set_buffers(open.iter().map(|(path, generation, text)| OpenBuffer {
        path,
        generation: *generation,
        language: Language::from_path(path),
        bytes: text.len(),
        text: || (*text).to_owned(),
    }));
}

#[test]
fn buffers_count_before_files() {
    let folder = folder(&[("a.rs", "fn on_disk() {}\n")]);
    let indexer = indexer(folder.path());
    indexer.refresh().unwrap();
    let set = |generation: u64, text: &str| set_buffers(&indexer, &[("a.rs", generation, text)]);
    set(1, "fn typed() {}\n");
    assert_eq!(shown(&indexer), ["a.rs: typed"]);
    set(1, "fn not_looked_at() {}\n");
    assert_eq!(shown(&indexer), ["a.rs: typed"]);
    write(folder.path(), "a.rs", b"fn saved_by_another() {}\n");
    indexer.refresh().unwrap();
    assert_eq!(shown(&indexer), ["a.rs: typed"], "the buffer still counts");
    set_buffers(&indexer, &[]);
    assert_eq!(shown(&indexer), ["a.rs: saved_by_another"]);
}

#[test]
fn buffers_count_in_what_is_mentioned() {
    let folder = folder(&[("a.py", "def f(): pass\n"), ("b.py", "f()\n")]);
    let indexer = indexer(folder.path());
    indexer.refresh().unwrap();
    let mentioned = |name: &str| indexer.index().mentioned_in(name_id(name));
    assert_eq!((mentioned("f"), mentioned("g")), (Some(2), None));
    set_buffers(&indexer, &[("b.py", 1, "def g(): pass\n")]);
    assert_eq!((mentioned("f"), mentioned("g")), (Some(1), Some(1)));
    set_buffers(&indexer, &[("b.py", 2, "f()\n")]);
    assert_eq!((mentioned("f"), mentioned("g")), (Some(2), None));
}

#[test]
fn definitions_of_a_name_are_counted_with_what_is_open() {
    let twice = "fn f() {}\nmod m { fn f() {} }\n";
    let folder = folder(&[("a.rs", twice), ("b.rs", "fn f() {}\nfn g() {}\n")]);
    let indexer = indexer(folder.path());
    indexer.refresh().unwrap();
    let counted = |most: usize| ["f", "g", "h"].map(|name| indexer.index().count_named(name_id(name), most));
    assert_eq!((counted(9), counted(2)), ([3, 1, 0], [2, 1, 0]));
    set_buffers(&indexer, &[("a.rs", 1, "fn f() {}\nfn h() {}\n"), ("new.rs", 1, "fn g() {}\n")]);
    assert_eq!(counted(9), [2, 2, 1]);
    set_buffers(&indexer, &[]);
    assert_eq!(counted(9), [3, 1, 0]);
}

/// A buffer of a file that is left out is no source for others, whether it is there already or new.
#[rstest]
#[case::listed("a.rs", true)]
#[case::in_a_folder_that_is_left_out("out/b.rs", false)]
#[case::of_the_name("x.gen.rs", false)]
#[case::taken_in_again("keep.gen.rs", true)]
#[case::by_a_file_further_in("src/local.rs", false)]
#[case::only_further_in("local.rs", true)]
#[case::anchored_further_in("src/deep/top.rs", true)]
#[case::ours("private.rs", false)]
#[case::hidden(".cache/c.rs", false)]
#[case::hidden_and_asked_for(".github/d.rs", true)]
#[case::of_the_caller("secret.rs", false)]
#[case::of_git_alone("excluded.rs", false)]
fn buffers_of_what_is_left_out_are_no_sources(
    #[case] path: &str,
    #[case] is_source: bool,
    #[values(true, false)] is_new: bool,
) {
    let folder = folder(&[
        ("a.rs", ""),
        (".gitignore", "out/\n*.gen.rs\n!keep.gen.rs\n!.github\n"),
        ("src/.gitignore", "local.rs\n/top.rs\n"),
        (".aiiaignore", "private.rs\n"),
        (".git/info/exclude", "excluded.rs\n"),
    ]);
    if !is_new {
        write(folder.path(), path, b"fn on_disk() {}\n");
    }
    let indexer = indexer(folder.path());
    indexer.refresh().unwrap();
    set_buffers(&indexer, &[(path, 1, "fn typed() {}\n")]);
    let index = indexer.index();
    assert_eq!(index.named(name_id("typed")).count(), usize::from(is_source));
    assert!(is_source || is_new || index.named(name_id("on_disk")).count() == 0);
}

#[test]
fn a_buffer_that_is_refused_meanwhile_is_not_read_from_the_disk() {
    let folder = folder(&[("a.rs", ""), ("out.rs", "fn on_disk() {}\n")]);
    let is_refused = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let refused = Arc::clone(&is_refused);
    let indexer = Indexer::new(IndexerOptions {
        root: folder.path().to_owned(),
        cache_file: None,
        threads: 1,
        admits: Arc::new(move |path: &Path| !(refused.load(Ordering::Relaxed) && path.ends_with("out.rs"))),
    });
    indexer.refresh().unwrap();
    set_buffers(&indexer, &[("out.rs", 1, "fn typed() {}\n")]);
    write(folder.path(), "out.rs", b"fn changed_on_disk() {}\n");
    is_refused.store(true, Ordering::Relaxed);
    set_buffers(&indexer, &[("out.rs", 1, "fn typed() {}\n")]);
    let index = indexer.index();
    assert_eq!(["typed", "changed_on_disk"].map(|name| index.named(name_id(name)).count()), [0, 0]);
}

#[test]
fn a_buffer_that_is_too_large_is_not_read_and_said() {
    let folder = folder(&[("a.rs", "fn a() {}\n"), ("b.rs", "fn b() {}\n")]);
    let indexer = indexer(folder.path());
    indexer.refresh().unwrap();
    indexer.set_buffers(std::iter::once(OpenBuffer {
        path: "a.rs",
        generation: 1,
        language: Language::from_path("a.rs"),
        bytes: MAX_FILE_BYTES as usize + 1,
        text: || panic!("no copy of it is made"),
    }));
    assert_eq!(indexer.refresh().unwrap().skipped.too_large, 1);
    set_buffers(&indexer, &[("a.rs", 2, "fn small() {}\n")]);
    assert_eq!(indexer.refresh().unwrap().skipped.too_large, 0);
    assert_eq!(shown(&indexer), ["a.rs: small", "b.rs: b"]);
}

#[test]
fn a_folder_has_more_than_one_path() {
    let folder = folder(&[]);
    let indexer = indexer(folder.path());
    indexer.also_at(Path::new("/elsewhere"));
    assert_eq!(indexer.inside(&folder.path().join("src/a.rs")).as_deref(), Some("src/a.rs"));
    assert_eq!(indexer.inside(Path::new("/elsewhere/src/a.rs")).as_deref(), Some("src/a.rs"));
    assert_eq!(indexer.inside(Path::new("/elsewhere2/a.rs")), None);
}
