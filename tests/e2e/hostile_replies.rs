//! `aiia apply` with replies and files that nothing can be made of: it says why, and nothing is written.

use std::io::Write;
use std::process::{Output, Stdio};

use aiia_tests::installation::{Installation, shown, text};

fn apply(aiia: &Installation, reply: &[u8]) -> Output {
    let mut command = aiia.command(&["apply", "--write", "--root", shown(&aiia.workspace())]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut input = child.stdin.take().expect("it was asked for");
    // It need not read all of what is too much.
    let _ = input.write_all(reply);
    drop(input);
    child.wait_with_output().expect("it ends")
}

fn block(path: &str) -> String {
    format!("{path}\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n")
}

#[test]
fn nothing_is_written_and_the_reason_is_said() {
    let aiia = Installation::new();
    let folder = aiia.workspace();
    let file = aiia.write("a.py", "x = 1\n");
    std::fs::write(folder.join("binary.py"), b"x = 1\n\0").unwrap();
    std::fs::write(folder.join("latin.py"), b"x = 1\n# caf\xe9\n").unwrap();
    let cut = block("a.py");
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", Vec::new(), "no code"),
        ("50 MB", b"a.py x = 1\n".repeat(5_000_000), "larger than"),
        ("an endless line", vec![b'x'; 3_000_000], "no code"),
        ("cut off", cut.as_bytes()[..cut.len() - 12].to_vec(), "cut off"),
        ("bytes", (0..=255).cycle().take(100_000).collect(), "no code"),
        ("no such file", block("gone.py").into_bytes(), "gone.py"),
        ("a binary file", block("binary.py").into_bytes(), "binary.py"),
        ("not UTF-8", block("latin.py").into_bytes(), "latin.py"),
        ("another case", block("A.py").into_bytes(), "a.py"),
        ("outside", block("../a.py").into_bytes(), "climbs out"),
    ];
    for (name, reply, reason) in cases {
        let output = apply(&aiia, &reply);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains(reason), "{name}: {said}");
        assert_eq!(std::fs::read(&file).unwrap(), b"x = 1\n", "{name}");
    }
    assert_eq!(std::fs::read(folder.join("binary.py")).unwrap(), b"x = 1\n\0");
    assert_eq!(std::fs::read(folder.join("latin.py")).unwrap(), b"x = 1\n# caf\xe9\n");
    assert!(apply(&aiia, block("a.py").as_bytes()).status.success());
    assert_eq!(std::fs::read(&file).unwrap(), b"x = 2\n");
}
