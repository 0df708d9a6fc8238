//! That the index follows the folder.
#![expect(clippy::disallowed_methods, reason = "the tests make the folders that are read")]

use super::*;
use std::sync::mpsc::channel;

/// For what must come.
const LONG: Duration = Duration::from_secs(30);

fn who_mentions(indexer: &Indexer, name: &str) -> Vec<String> {
    let index = indexer.index();
    let (_, files) = index.weigh_mentions(&FxHashMap::default(), Some(name_id(name)));
    files.into_iter().map(|file| index.file(file).unwrap().path.to_owned()).collect()
}

#[test]
fn follows_changes() {
    let folder = folder(&[("a.rs", "fn one() {}\n"), ("b.rs", "fn two() {}\n"), ("c/d.rs", "fn three() {}\n")]);
    let indexer = indexer(folder.path());
    indexer.refresh().unwrap();
    write(folder.path(), "a.rs", b"fn changed_name() {}\n");
    std::fs::remove_file(folder.path().join("b.rs")).unwrap();
    std::fs::rename(folder.path().join("c"), folder.path().join("e")).unwrap();
    let report = indexer.refresh().unwrap();
    assert_eq!(shown(&indexer), ["a.rs: changed_name", "e/d.rs: three"]);
    assert_eq!((report.changed, report.removed), (2, 2));
    let index = indexer.index();
    assert_eq!(index.named(name_id("one")).count(), 0);
    assert_eq!(index.named(name_id("three")).count(), 1);
}

#[test]
fn a_thousand_files_changing_at_once() {
    let folder = folder(&[]);
    let write_all = |prefix: &str| {
        for number in 0..1000 {
            write(folder.path(), &format!("m{number}.py"), format!("def {prefix}_{number}():\n    pass\n").as_bytes());
        }
    };
    write_all("before");
    let indexer = indexer(folder.path());
    indexer.refresh().unwrap();
    write_all("behind");
    let report = indexer.refresh().unwrap();
    assert_eq!((report.files, report.changed, report.symbols), (1000, 1000, 1000));
    assert_eq!(indexer.index().named(name_id("behind_999")).count(), 1);
    assert_eq!(indexer.index().named(name_id("before_999")).count(), 0);
}

#[test]
fn mentions_of_a_name_that_is_defined_later_are_found() {
    let folder = folder(&[("a.py", "def f():\n    late()\n"), ("b.py", "def g(): pass\n")]);
    let cache = tempfile::tempdir().unwrap();
    let file = cache.path().join("x.index");
    let indexer = kept_indexer(folder.path(), Some(&file));
    indexer.refresh().unwrap();
    assert_eq!(who_mentions(&indexer, "late"), Vec::<String>::new(), "nothing defines it");
    write(folder.path(), "c.py", b"def late(): pass\n");
    indexer.refresh().unwrap();
    assert_eq!(who_mentions(&indexer, "late"), ["a.py", "c.py"]);
    assert_eq!(indexer.index().mentioned_in(name_id("late")), Some(2));
    let again = kept_indexer(folder.path(), Some(&file));
    again.refresh().unwrap();
    assert_eq!(who_mentions(&again, "late"), ["a.py", "c.py"]);
}

/// A switch of branches changes many files at once, and a name may be one that only trees tell.
#[rstest]
#[case(1)]
#[case(63)]
#[case(64)]
#[case(600)]
fn mentions_of_what_many_files_define_are_found(#[case] count: usize) {
    let folder = folder(&[("kept.py", "def f(it):\n    return it.late_attribute + late_function()\n")]);
    let cache = tempfile::tempdir().unwrap();
    let file = cache.path().join("x.index");
    let write_all = |text: &dyn Fn(usize) -> String| {
        (0..count).for_each(|number| write(folder.path(), &format!("m{number}.py"), text(number).as_bytes()));
    };
    write_all(&|number| format!("def g{number}(): pass\n"));
    let indexer = kept_indexer(folder.path(), Some(&file));
    indexer.refresh().unwrap();
    write_all(&|number| {
        let last = if number + 1 == count { "def late_function(): pass\n" } else { "" };
        format!("class C{number}:\n    def __init__(self):\n        self.late_attribute = {number}\n{last}")
    });
    indexer.refresh().unwrap();
    let again = kept_indexer(folder.path(), Some(&file));
    again.refresh().unwrap();
    for indexer in [&indexer, &again] {
        assert!(who_mentions(indexer, "late_attribute").contains(&"kept.py".to_owned()));
        assert!(who_mentions(indexer, "late_function").contains(&"kept.py".to_owned()));
        assert_eq!(indexer.index().mentioned_in(name_id("late_attribute")), Some(count as u32 + 1));
    }
}

#[test]
fn what_cannot_be_read_changes_nothing() {
    let folder = folder(&[("a.rs", "fn a() {}\n")]);
    let cache = tempfile::tempdir().unwrap();
    let file = cache.path().join("x.index");
    let indexer = Indexer::new(IndexerOptions {
        root: folder.path().to_owned(),
        cache_file: Some(file.clone()),
        threads: 1,
        // It is listed, and gone when it is read.
        admits: Arc::new(|path: &Path| !path.ends_with("gone.rs") || std::fs::remove_file(path).is_ok()),
    });
    indexer.refresh().unwrap();
    std::fs::remove_file(&file).unwrap();
    write(folder.path(), "gone.rs", b"fn b() {}\n");
    let report = indexer.refresh().unwrap();
    assert_eq!((report.changed, report.skipped.unreadable), (0, 1));
    assert!(!file.exists(), "nothing has changed that would have to be kept");
}

/// While files are searched for new names, buffers are taken over and questions are answered.
#[test]
fn nobody_waits_for_the_search_of_new_names() {
    let folder = folder(&[("kept.py", "late()\n"), ("a.py", "def f(): pass\n")]);
    let (reached, is_reached) = channel::<()>();
    let (let_go, hang) = channel::<()>();
    let hang = Mutex::new(hang);
    let asked = AtomicUsize::new(0);
    let indexer = Arc::new(Indexer::new(IndexerOptions {
        root: folder.path().to_owned(),
        cache_file: None,
        threads: 1,
        admits: Arc::new(move |path: &Path| {
            // Once for each of two walks, then for the search.
            if path.ends_with("kept.py") && asked.fetch_add(1, Ordering::Relaxed) == 2 {
                let _ = reached.send(());
                let _ = hang.lock().unwrap().recv_timeout(LONG);
            }
            true
        }),
    }));
    indexer.refresh().unwrap();
    write(folder.path(), "b.py", b"def late(): pass\n");
    let refreshing = Arc::clone(&indexer);
    let refresh = std::thread::spawn(move || refreshing.refresh());
    is_reached.recv_timeout(LONG).expect("the files that stay are searched");
    let (answered, is_answered) = channel();
    let asking = Arc::clone(&indexer);
    std::thread::spawn(move || {
        asking.set_buffers(std::iter::once(OpenBuffer {
            path: "a.py",
            generation: 1,
            language: Language::from_path("a.py"),
            bytes: 20,
            text: || "def typed(): pass\n".to_owned(),
        }));
        let _ = answered.send(shown(&asking));
    });
    let found = is_answered.recv_timeout(Duration::from_secs(20)).expect("questions are answered meanwhile");
    assert_eq!(found, ["a.py: typed", "kept.py: "]);
    let_go.send(()).unwrap();
    refresh.join().unwrap().unwrap();
    assert_eq!(who_mentions(&indexer, "late"), ["b.py", "kept.py"]);
}

#[test]
fn a_refresh_that_panics_is_not_the_last_one() {
    let folder = folder(&[("kept.py", "late()\n")]);
    let asked = AtomicUsize::new(0);
    let indexer = Indexer::new(IndexerOptions {
        root: folder.path().to_owned(),
        cache_file: None,
        threads: 1,
        admits: Arc::new(move |path: &Path| {
            // Once for each of two walks, then for the search of new names.
            assert!(!path.ends_with("kept.py") || asked.fetch_add(1, Ordering::Relaxed) != 2, "as is wanted");
            true
        }),
    });
    indexer.refresh().unwrap();
    write(folder.path(), "b.py", b"def late(): pass\n");
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| indexer.refresh())).unwrap_err();
    indexer.refresh().expect("nobody is at it");
    assert_eq!(who_mentions(&indexer, "late"), ["b.py", "kept.py"]);
}

/// What changes a folder as a whole is noticed at once.
#[rstest]
#[case(".gitignore")]
#[case(".aiiaignore")]
#[case(".git/HEAD")]
#[case(".git/logs/HEAD")]
fn a_folder_that_changed_as_a_whole_is_due(#[case] path: &str) {
    let folder = folder(&[("a.rs", "fn a() {}\n"), (".git/HEAD", "ref: refs/heads/main\n")]);
    let indexer = indexer(folder.path());
    indexer.refresh().unwrap();
    assert!(indexer.is_current());
    write(folder.path(), path, b"a change of another length\n");
    assert!(!indexer.is_current());
    assert!(indexer.is_due());
    let before = indexer.looks();
    indexer.refresh().unwrap();
    assert!(indexer.is_current() && indexer.looks() > before);
}

#[test]
fn a_folder_of_which_somebody_says_that_it_changed_is_due() {
    let folder = folder(&[("a.rs", "fn a() {}\n")]);
    let indexer = indexer(folder.path());
    indexer.refresh().unwrap();
    indexer.has_changed();
    assert!(indexer.is_due() && indexer.is_current());
    indexer.refresh().unwrap();
    assert!(indexer.is_current());
}
