//! Models that cannot be used as the user says it: each is told apart with what to do next, and the daemon lives on.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;

use aiia_tests::installation::{Installation, text};
use aiia_tests::model_server::Script;

/// Asks, and gives how it ended and all that was said.
fn ask(aiia: &Installation, model: &str) -> (bool, String) {
    let output = aiia.run(&["ask", "why?", "--model", model]);
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn an_address_or_a_name_that_is_wrong_is_told_apart() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    // The system takes connections for it; nobody ever answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent_address = silent.local_addr().expect("its address");
    let aiia = Installation::configured("[timeouts]\nfirst_token = 1\nconnect = 2\n[aliases]\nfast = \"scripted/m\"\n");
    let host = aiia.model.url();
    let bare = host.trim_start_matches("http://").to_owned();
    let provider = |name: &str, url: &str| {
        for (key, value) in [("base_url", url), ("dialect", "openai_chat")] {
            assert!(aiia.run(&["config", "set", &format!("providers.{name}.{key}"), value]).status.success(), "{url}");
        }
    };
    aiia.json(&["history", "--json"]);
    let daemon = aiia.runtime().pid;
    for (name, url, works, expected) in [
        ("request", format!("{host}/v1/chat/completions"), true, "Hello"),
        ("schemeless", format!("{bare}/v1/"), true, "Hello"),
        ("pathless", host.clone(), false, "usually ends in /v1"),
        ("astray", format!("{host}/there/is/nothing"), false, "There is no model server at"),
        ("closed", format!("http://{closed}/v1"), false, "connection refused"),
        ("silent", format!("http://{silent_address}/v1"), false, "did not begin to answer within 1 s"),
    ] {
        provider(name, &url);
        let (worked, said) = ask(&aiia, &format!("{name}/m"));
        assert!(worked == works && said.contains(expected), "{name}: {said}");
    }
    assert!(aiia.run(&["config", "set", "providers.x.dialect", "openai_chat"]).status.success());
    let wrong = aiia.run(&["config", "set", "providers.x.base_url", "ftp://h"]);
    assert!(wrong.status.success() && text(&wrong.stderr).contains("only http and https"), "{}", text(&wrong.stderr));
    for (model, expected) in [
        ("fsat", "fast"),
        ("scripted", "scripted/m"),
        ("scriptd/m", "scripted/m"),
        ("embeded/x", "There is no provider 'embeded'"),
    ] {
        let (worked, said) = ask(&aiia, model);
        assert!(!worked && said.contains(expected), "{model}: {said}");
    }
    aiia.model.next(Script::model_missing("test-modle"));
    let (_, said) = ask(&aiia, "scripted/test-modle");
    assert!(said.contains("scripted/test-model"), "the nearest name is shown: {said}");
    aiia.model.next(Script::redirect("http://elsewhere.example/v1"));
    let (_, said) = ask(&aiia, "scripted/m");
    assert!(said.contains("elsewhere.example") && said.contains("not followed"), "{said}");
    assert!(ask(&aiia, "fast").0);
    assert_eq!(aiia.runtime().pid, daemon, "it is the same daemon");
    drop(silent);
}

#[test]
fn of_two_providers_of_one_name_the_first_holds_and_the_line_is_told() {
    let aiia =
        Installation::configured("[providers.scripted]\ndialect = \"ollama\"\nbase_url = \"http://127.0.0.1:1\"\n");
    let (worked, said) = ask(&aiia, "scripted/m");
    assert!(worked, "{said}");
    let checked = aiia.run(&["config", "check"]);
    let said = text(&checked.stdout);
    assert!(!checked.status.success() && said.contains("config.toml:6: ") && said.contains("duplicate"), "{said}");
}

fn counted(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
}

/// A GGUF file of one tensor with so many numbers of four bytes, which are not written.
fn write_weights(path: &Path, architecture: &str, numbers: u64) {
    let mut bytes = [&b"GGUF"[..], &3_u32.to_le_bytes(), &1_u64.to_le_bytes(), &1_u64.to_le_bytes()].concat();
    bytes.extend([counted("general.architecture"), 8_u32.to_le_bytes().to_vec(), counted(architecture)].concat());
    bytes.extend([counted("w"), 1_u32.to_le_bytes().to_vec(), numbers.to_le_bytes().to_vec()].concat());
    bytes.extend([&0_u32.to_le_bytes()[..], &0_u64.to_le_bytes()].concat());
    std::fs::write(path, &bytes).expect("the file can be written");
    let whole = bytes.len().next_multiple_of(32) as u64 + numbers * 4;
    File::options().write(true).open(path).and_then(|file| file.set_len(whole)).expect("a file with a hole");
}

#[test]
fn weights_that_cannot_be_used_are_told_apart() {
    let aiia = Installation::new();
    let models = aiia.data_dir().join("models");
    std::fs::create_dir_all(&models).expect("a folder");
    std::fs::write(models.join("page.gguf"), "<html>").expect("a file");
    write_weights(&models.join("cut.gguf"), "llama", 1 << 20);
    File::options().write(true).open(models.join("cut.gguf")).and_then(|file| file.set_len(5000)).expect("cut");
    write_weights(&models.join("strange.gguf"), "nonsense", 64);
    write_weights(&models.join("vast.gguf"), "llama", 1 << 41);
    for (name, expected) in [
        ("page", "is not a GGUF file"),
        ("cut", "is incomplete"),
        ("strange", "“nonsense”"),
        ("vast", "needs 8796.1 GB of memory"),
        ("strnage", "Choose embedded/strange"),
    ] {
        let (worked, said) = ask(&aiia, &format!("embedded/{name}"));
        assert!(!worked && said.contains(expected), "{name}: {said}");
    }
    let (worked, said) = ask(&aiia, "scripted/m");
    assert!(worked, "{said}");
}
