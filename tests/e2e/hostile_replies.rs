//! Replies and files that nothing can be made of: it is said why, and nothing is written.

use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Output, Stdio};

use aiia_tests::http_client::HttpClient;
use aiia_tests::installation::{Installation, shown, text};
use aiia_tests::model_server::Script;

/// What a reply of any size may take: 1 GiB of address space (in KiB), and 60 s of processor time of a program that is not optimised.
const LIMITS: &str = "ulimit -v 1048576; ulimit -t 60; exec \"$0\" \"$@\"";

fn apply(aiia: &Installation, reply: &[u8]) -> Output {
    let limited = aiia.command(&["apply", "--write", "--root", shown(&aiia.workspace())]);
    let mut command = Command::new("sh");
    command.args(["-c", LIMITS]).arg(limited.get_program()).args(limited.get_args()).current_dir(aiia.workspace());
    for (name, value) in limited.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
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
    aiia.write("locked.py", "x = 1\n");
    std::fs::set_permissions(folder.join("locked.py"), PermissionsExt::from_mode(0o444)).unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("real.py"), "x = 1\n").unwrap();
    symlink(outside.path().join("real.py"), folder.join("link.py")).unwrap();
    symlink(outside.path(), folder.join("out")).unwrap();
    aiia.write(".vscode/tasks.json", "x = 1\n");
    let cut = block("a.py");
    let new_file = |path: &str| format!("*** Begin Patch\n*** Add File: {path}\n+x\n*** End Patch\n").into_bytes();
    let cases: Vec<(&str, Vec<u8>, &str, i32)> = vec![
        ("empty", Vec::new(), "no code", 1),
        ("50 MB", b"a.py x = 1\n".repeat(5_000_000), "larger than", 1),
        ("an endless line", vec![b'x'; 3_000_000], "no code", 1),
        ("cut off", cut.as_bytes()[..cut.len() - 12].to_vec(), "cut off", 1),
        ("bytes", (0..=255).cycle().take(100_000).collect(), "not UTF-8", 1),
        ("no such file", block("gone.py").into_bytes(), "gone.py", 1),
        ("a binary file", block("binary.py").into_bytes(), "binary.py", 1),
        ("not UTF-8", block("latin.py").into_bytes(), "latin.py", 1),
        ("another case", block("A.py").into_bytes(), "a.py", 1),
        ("outside", block("../a.py").into_bytes(), "climbs out", 1),
        ("read-only", block("locked.py").into_bytes(), "locked.py", 1),
        ("a link out", block("link.py").into_bytes(), "link.py", 1),
        ("a folder that is a link out", new_file("out/new.py"), "leads out of the workspace by a link", 1),
        ("an absolute path", new_file("/tmp/aiia-new.py"), "/tmp/aiia-new.py", 1),
        ("a path that is one elsewhere", new_file("sub\\..\\..\\x.py"), "climbs out", 1),
        ("a name of a device", new_file("aux.py"), "aux.py", 1),
        ("a protected file", block(".vscode/tasks.json").into_bytes(), "not written in passing", 1),
        ("below a file", new_file("a.py/b.py"), "is no folder", 1),
        ("nothing but markers", b"<<<<<<< SEARCH\n".repeat(100_000), "cut off", 1),
        ("deep brackets", format!("a.py\n```python\n{}\n```\n", "(".repeat(1_000_000)).into_bytes(), "too large", 1),
    ];
    for (name, reply, reason, code) in cases {
        let output = apply(&aiia, &reply);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{name}: {said}");
        assert!(said.contains(reason), "{name}: {said}");
        assert_eq!(std::fs::read(&file).unwrap(), b"x = 1\n", "{name}");
        assert_eq!(
            said.contains("--file"),
            reason == "gone.py" || said.contains("no file was given"),
            "{name}: {said}"
        );
    }
    for path in ["locked.py", "link.py", ".vscode/tasks.json"] {
        assert_eq!(std::fs::read(folder.join(path)).unwrap(), b"x = 1\n", "{path}");
    }
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
    assert_eq!(std::fs::read(folder.join("binary.py")).unwrap(), b"x = 1\n\0");
    assert_eq!(std::fs::read(folder.join("latin.py")).unwrap(), b"x = 1\n# caf\xe9\n");
    assert!(apply(&aiia, block("a.py").as_bytes()).status.success());
    assert_eq!(std::fs::read(&file).unwrap(), b"x = 2\n");
}

/// `count` parts of an answer without an end, each of 900,000 bytes: no two alike, so that it is not taken for a stutter.
fn endless(count: usize) -> Vec<String> {
    let part = |at: usize| (0..).map(|line| format!("{at}.{line} x = 1 ")).take(100_000).collect::<String>();
    (0..count).map(|at| part(at)[..900_000].to_owned()).collect()
}

/// The same parts, in one line that begins so.
fn one_line(begun: &str, count: usize) -> Script {
    let parts = endless(count).into_iter().map(String::into_bytes);
    Script::Raw(std::iter::once(begun.as_bytes().to_vec()).chain(parts).collect())
}

#[test]
fn an_answer_without_an_end_is_stopped_and_what_arrived_is_kept() {
    let aiia = Installation::new();
    let file = aiia.write("a.py", "x = 1\n");
    aiia.json(&["history", "--json"]);
    for (script, reason, kept) in [
        (Script::Tokens(endless(56)), "wrote more than 4 MiB", 4 * 900_000),
        (Script::EndlessLine(endless(1)), "a line of more than", 900_000),
        (Script::Raw(vec![vec![b'x'; 1 << 20]; 50]), "a line of more than", 0),
    ] {
        aiia.model.next(script);
        let output = aiia.run(&["fix", &format!("{}:1", shown(&file)), "--write"]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{reason}: {said}");
        assert!(said.contains(reason), "{reason}: {said}");
        assert_eq!(std::fs::read(&file).unwrap(), b"x = 1\n", "{reason}");
        let http = HttpClient::new(&aiia);
        let chat = http.get("/chats")["items"][0]["id"].as_str().expect("a chat").to_owned();
        let messages = http.get(&format!("/chats/{chat}/messages"));
        let answer = messages["items"].as_array().and_then(|items| items.last()).expect("an answer");
        assert_eq!(answer["content"].as_str().unwrap_or_default().len(), kept, "{reason}");
    }
    let memory = aiia.json(&["status", "--json"])["memory_bytes"].as_u64().expect("the memory is known");
    assert!(memory < 512 << 20, "{memory}");
    aiia.model.next(Script::text(&block("a.py")));
    assert!(aiia.run(&["fix", &format!("{}:1", shown(&file)), "--write"]).status.success());
    assert_eq!(std::fs::read(&file).unwrap(), b"x = 2\n");
}

#[test]
fn of_an_answer_in_one_endless_line_the_beginning_is_kept() {
    let aiia = Installation::new();
    let begun = r#"data: {"choices":[{"delta":{"content":""#;
    aiia.model.next(one_line(begun, 56));
    let output = aiia.run(&["ask", "why?"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("a line of more than 1024 KiB"), "{}", text(&output.stderr));
    let http = HttpClient::new(&aiia);
    let chat = http.get("/chats")["items"][0]["id"].as_str().expect("a chat").to_owned();
    let messages = http.get(&format!("/chats/{chat}/messages"));
    let answer = messages["items"].as_array().and_then(|items| items.last()).expect("an answer");
    assert_eq!(answer["content"].as_str().unwrap_or_default().len(), (1 << 20) - begun.len());
}
