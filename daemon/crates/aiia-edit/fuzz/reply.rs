//! Any bytes as a reply: a plan whose hunks give its new texts, or a complaint.
//!
//! Run as it says in `daemon/CONTRIBUTING.md`. What it finds is added to `../tests/corpus`, which `cargo test` replays.

#![no_main]

use aiia_edit::{ReplyContext, SourceFile, apply_hunks, normal_path, plan};
use aiia_syntax::Language;
use libfuzzer_sys::fuzz_target;

const FILES: &[(&str, &str)] = &[
    (
        "stats.py",
        "def mean(values):\n    total = sum(values)\n    return total / 3\n\n\ndef half(value):\n    return value / 2\n",
    ),
    ("src/lib.rs", "\u{feff}/// Doc.\r\nfn f(x: u8) -> u8 {\r\n\tx\r\n}\r\n"),
    (
        "Shape.java",
        "class Shape {\n    int area(int side) {\n        return side;\n    }\n    int area(String side) {\n        return 0;\n    }\n}\n",
    ),
    ("empty.py", ""),
];

fuzz_target!(|bytes: &[u8]| {
    let reply = String::from_utf8_lossy(bytes);
    let files: Vec<SourceFile> =
        FILES.iter().map(|(path, text)| SourceFile::new(*path, *text, Language::from_path(path))).collect();
    let plan = plan(&reply, &ReplyContext::of(&files));
    assert_eq!(plan.files.is_empty(), !plan.complaints.is_empty());
    for file in &plan.files {
        assert!(normal_path(&file.path).is_ok());
        let hunks: Vec<_> = file.hunks.iter().collect();
        assert_eq!(apply_hunks(&file.old_text, &hunks), file.new_text);
    }
});
