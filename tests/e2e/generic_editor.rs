//! A generic LSP client and a real `aiia lsp`.

use std::time::Duration;

use aiia_tests::installation::Installation;
use aiia_tests::lsp_client::LspClient;
use aiia_tests::model_server::Script;
use serde_json::{Value, json};

const CODE: &str = "def mean(xs):\n    return sum(xs) / len(xs)\n";

#[test]
fn null_capabilities_are_enough_for_an_explanation() {
    let aiia = Installation::new();
    aiia.model.always(Script::text("It is the mean."));
    let nothing =
        json!({ "workspace": null, "textDocument": null, "window": null, "general": null, "experimental": null });
    let params = json!({ "processId": null, "rootPath": null, "rootUri": null, "workspaceFolders": null, "capabilities": nothing,
        "initializationOptions": null, "clientInfo": null, "locale": null, "trace": null, "workDoneToken": null });
    let (mut editor, answer) = LspClient::initialize(&aiia, params);
    assert_eq!(answer["serverInfo"]["name"], "aiia");
    assert!(answer["capabilities"]["codeActionProvider"] != Value::Null, "{answer}");
    let uri = editor.open(&aiia.write("a.py", CODE), CODE);
    let position = json!({ "line": 1, "character": 0 });
    let place = json!({ "start": position, "end": position });
    let params = json!({ "textDocument": { "uri": uri }, "range": place, "context": { "diagnostics": [] } });
    let actions = editor.request("textDocument/codeAction", params);
    let explain = actions.as_array().unwrap().iter().find(|action| action["command"] == "aiia.explain");
    let explain = explain.unwrap_or_else(|| panic!("plain commands for an editor without literals: {actions}"));
    editor.request("workspace/executeCommand", json!({ "command": "aiia.explain", "arguments": explain["arguments"] }));
    // An editor that can show no document gets the answer as a message.
    editor
        .expect_where("window/showMessage", |message| message["message"].as_str().unwrap().contains("It is the mean."));
    assert_eq!(editor.shutdown(), Some(0));
}

/// Random numbers that are the same in every run (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }
}

/// The position of a byte, found the slow way: LSP's line ends are `\n`, `\r\n` and `\r`.
fn position(text: &str, byte: usize, encoding: &str) -> Value {
    let before = &text[..byte];
    let breaks = before.matches('\n').count() + before.matches('\r').count() - before.matches("\r\n").count();
    let line_start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let line = &before[line_start..];
    let column = match encoding {
        "utf-8" => line.len(),
        "utf-16" => line.encode_utf16().count(),
        _ => line.chars().count(),
    };
    json!({ "line": breaks, "character": column })
}

/// A place between two characters that a position can name: not inside `\r\n`.
fn place(text: &str, random: &mut Random) -> usize {
    let mut byte = random.below(text.len() + 1);
    while !text.is_char_boundary(byte) || (byte > 0 && text[..byte].ends_with('\r') && text[byte..].starts_with('\n')) {
        byte -= 1;
    }
    byte
}

const PIECES: &[&str] = &[
    "",
    "x",
    "word ",
    "é",
    "🙂",
    "👩‍👩‍👧",
    "\n",
    "\r\n",
    "\r",
    "\u{2028}",
    "\t",
    "let 数 = 1;\r\n",
    "\u{feff}",
    "a\u{301}",
];

fn check_thousand_edits(encoding: &str, seed: u64) {
    let aiia = Installation::new();
    let mut editor = LspClient::start(&aiia, json!({ "general": { "positionEncodings": [encoding] } }));
    let path = aiia.write("random.txt", "");
    let mut random = Random(seed);
    let mut text = "🙂 first line\r\nsecond é\nthird\r\n".to_owned();
    let uri = editor.open(&path, &text);
    let mut edits = 0;
    let mut version = 0;
    while edits < 1000 {
        let mut changes = Vec::new();
        for _ in 0..=random.below(3) {
            let (one, other) = (place(&text, &mut random), place(&text, &mut random));
            // Mostly small ranges, so that the text grows.
            let end = if one.abs_diff(other) < 12 { one.max(other) } else { one };
            let start = if end == one { one.min(end) } else { one };
            let inserted: String = (0..random.below(3)).map(|_| PIECES[random.below(PIECES.len())]).collect();
            let range = json!({ "start": position(&text, start, encoding), "end": position(&text, end, encoding) });
            changes.push(json!({ "range": range, "text": inserted }));
            text.replace_range(start..end, &inserted);
            edits += 1;
        }
        version += 1;
        editor.change(&uri, version, json!(changes));
        if version % 100 == 0 {
            assert_eq!(editor.text_of(path.to_str().unwrap()), text, "{encoding} after {edits} edits");
        }
    }
    assert_eq!(editor.text_of(path.to_str().unwrap()), text, "{encoding}");
    assert_eq!(editor.shutdown(), Some(0));
}

#[test]
fn a_thousand_edits_end_byte_identical_in_every_encoding() {
    for (encoding, seed) in [("utf-8", 0x9E37_79B9), ("utf-16", 0xBF58_476D), ("utf-32", 0x94D0_49BB)] {
        check_thousand_edits(encoding, seed);
    }
}

#[test]
fn five_slow_actions_do_not_hold_up_typing_and_each_can_be_cancelled() {
    let aiia = Installation::new();
    aiia.model.always(Script::Silence(vec!["It ".into()]));
    let mut editor = LspClient::start(&aiia, json!({ "window": { "workDoneProgress": true } }));
    let path = aiia.write("a.py", CODE);
    let uri = editor.open(&path, CODE);
    let position = json!({ "line": 1, "character": 6 });
    let range = json!({ "start": position, "end": position });
    let argument = json!({ "uri": uri, "range": range });
    let runs: Vec<Value> = (0..5).map(|_| editor.execute("aiia.explain", argument.clone())["run_id"].clone()).collect();
    assert!(aiia.model.wait_for_chats(5, Duration::from_secs(20)), "all five are at the model");

    let mut text = CODE.to_owned();
    for version in 1..=200 {
        let end = json!({ "line": 2 + (version - 1) / 20, "character": (version - 1) % 20 });
        let typed = if version % 20 == 0 { "\n" } else { "#" };
        editor.change(&uri, version, json!([{ "range": { "start": end, "end": end }, "text": typed }]));
        text.push_str(typed);
        if version % 20 == 0 {
            let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
            let actions = editor.request("textDocument/codeAction", params);
            assert!(!actions.as_array().unwrap().is_empty());
        }
    }
    assert_eq!(editor.text_of(path.to_str().unwrap()), text);
    let status = editor.request("aiia/system/status", json!({}));
    assert_eq!(status["active_runs"], 5, "none of them has ended meanwhile");

    for run in &runs[..3] {
        editor.execute("aiia.cancel", json!({ "run_id": run }));
    }
    for run in &runs[3..] {
        let token = format!("aiia/run/{}", run.as_str().unwrap());
        editor.expect_where("$/progress", |progress| progress["token"] == token.as_str());
        editor.notify("window/workDoneProgress/cancel", json!({ "token": token }));
    }
    assert!(aiia.model.wait_for_abandoned(5, Duration::from_secs(20)), "the connections to the model are closed");
    for run in &runs {
        let token = format!("aiia/run/{}", run.as_str().unwrap());
        editor.expect_where("$/progress", |progress| {
            progress["token"] == token.as_str() && progress["value"]["kind"] == "end"
        });
        let run = editor.request("aiia/run/get", json!({ "run_id": run }));
        assert_eq!(run["status"], "cancelled");
    }
}

#[test]
fn malformed_frames_are_answered_and_survived() {
    let aiia = Installation::new();
    let mut editor = LspClient::start(&aiia, json!({}));
    let path = aiia.write("a.txt", "");
    let uri = editor.open(&path, "kept\n");
    for frame in [
        "Content-Length: 4\r\n\r\n{{{{",
        "Content-Length: 2\r\n\r\n[]",
        "Content-Length: -7\r\n\r\n",
        "Content-Length: 184467440737095516160\r\n\r\n",
        "X-Nothing: 1\r\n\r\n",
        "Content-Length: 11\r\n\r\n\"\u{1F642}\u{1F642} \"",
    ] {
        editor.send_bytes(frame.as_bytes());
        let error = editor.response(&Value::Null).unwrap_err();
        assert!(matches!(error["code"].as_i64(), Some(-32700 | -32600)), "{frame:?}: {error}");
        editor.request("aiia/system/status", json!({}));
    }
    editor.send_bytes(b"Content-Length: 3\r\n\r\n\xff\xfe\xfd");
    assert_eq!(editor.response(&Value::Null).unwrap_err()["code"], -32700);
    editor.change(&uri, 1, json!([{ "range": { "start": { "line": 9, "character": 9 }, "end": { "line": 2, "character": 0 } }, "text": "end" }]));
    assert_eq!(editor.text_of(path.to_str().unwrap()), "kept\nend");
    assert_eq!(editor.shutdown(), Some(0));
}
