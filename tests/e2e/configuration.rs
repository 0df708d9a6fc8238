//! The configuration: seen with its origins, changed, taken in while the daemon runs, and keys that stay where they belong.

use std::io::Write;
use std::process::Stdio;

use aiia_tests::installation::Installation;
use aiia_tests::model_server::{ModelServer, Script};
use serde_json::{Value, json};

const KEY: &str = "sk-canary-0123456789";

fn value_of(aiia: &Installation, key: &str) -> (Value, String) {
    let config = aiia.json(&["config", "--all", "--json"]);
    let values = config["values"].as_array().expect("values");
    let value = values.iter().find(|value| value["key"] == key).unwrap_or_else(|| panic!("{key}: {config}"));
    (value["value"].clone(), value["origin"].as_str().unwrap_or_default().to_owned())
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_change_counts_at_once_and_a_broken_file_changes_nothing() {
    let aiia = Installation::new();
    assert_eq!(value_of(&aiia, "timeouts.idle"), (60.into(), "default".into()));
    assert!(aiia.run(&["config", "set", "timeouts.idle", "7"]).status.success());
    assert_eq!(value_of(&aiia, "timeouts.idle"), (7.into(), "file".into()));
    let file = said(&aiia.run(&["config", "path"])).trim().to_owned();
    let good = std::fs::read_to_string(&file).expect("the file");
    std::fs::write(&file, format!("[timeouts]\nidle = 9\nnonsense\n{good}")).expect("the file can be written");
    assert_eq!(value_of(&aiia, "timeouts.idle"), (7.into(), "file".into()), "the last good one is in force");
    let checked = aiia.run(&["config", "check"]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(said(&checked).contains("config.toml:3: "), "{}", said(&checked));
    assert!(said(&aiia.run(&["doctor"])).contains("config.toml:3: "));
    std::fs::write(&file, good).expect("the file can be written");
    assert!(aiia.run(&["config", "unset", "timeouts.idle"]).status.success());
    assert_eq!(value_of(&aiia, "timeouts.idle"), (60.into(), "default".into()));
    let wrong = aiia.run(&["config", "set", "timeouts.idel", "7"]);
    assert!(!wrong.status.success() && said(&wrong).contains("Did you mean `timeouts.idle`?"), "{}", said(&wrong));
}

#[test]
fn a_flag_of_the_daemon_wins_and_is_shown_as_one() {
    let aiia = Installation::new();
    for (set, expected) in [("timeouts.idel=3", "Did you mean `timeouts.idle`?"), ("timeouts.idle", "has no value")] {
        let wrong = aiia.run(&["serve", "--set", set]);
        assert!(!wrong.status.success() && said(&wrong).contains(expected), "{}", said(&wrong));
    }
    let mut command = aiia.command(&["serve", "--set", "timeouts.idle=8", "--set", "system_prompt=Be brief."]);
    let mut daemon = command.stderr(Stdio::null()).spawn().expect("it starts");
    aiia.runtime();
    assert_eq!(value_of(&aiia, "timeouts.idle"), (8.into(), "flag".into()));
    let set = aiia.run(&["config", "set", "timeouts.idle", "7"]);
    assert!(said(&set).contains("but --set wins over it"), "{}", said(&set));
    assert_eq!(value_of(&aiia, "timeouts.idle"), (8.into(), "flag".into()), "also when the file is read again");
    assert_eq!(value_of(&aiia, "system_prompt"), ("Be brief.".into(), "flag".into()));
    assert!(aiia.run(&["stop"]).status.success());
    assert!(daemon.wait().expect("it ends").success());
}

#[test]
fn the_folder_names_a_model_but_no_host() {
    let aiia = Installation::configured("[providers.other]\ndialect = \"ollama\"\nbase_url = \"http://127.0.0.1:1\"\n");
    aiia.write(
        ".aiia.toml",
        "[roles]\nchat = \"scripted/of-the-folder\"\n[providers.scripted]\nbase_url = \"http://evil.example\"\n",
    );
    let asked = aiia.run(&["ask", "why?"]);
    assert!(asked.status.success(), "{}", said(&asked));
    assert_eq!(aiia.model.chats()[0].body["model"], "of-the-folder");
    let (value, origin) = value_of(&aiia, "roles.chat");
    assert_eq!((value.as_str(), origin.as_str()), (Some("scripted/of-the-folder"), "project_file"));
    let problems = aiia.json(&["config", "--json"])["problems"].to_string();
    assert!(problems.contains("`providers` cannot be set by a folder."), "{problems}");
}

#[test]
fn aliases_and_roles_choose_the_model() {
    let aiia = Installation::configured("[aliases]\nfast = \"scripted/quick\"\n[roles]\nexplain = \"fast\"\n");
    aiia.write("a.rs", "fn a() {}\n");
    for arguments in [&["ask", "why?"][..], &["explain", "a.rs:1"], &["ask", "why?", "--model", "fast"]] {
        assert!(aiia.run(arguments).status.success());
    }
    let models: Vec<Value> = aiia.model.chats().iter().map(|chat| chat.body["model"].clone()).collect();
    assert_eq!(models, ["m", "quick", "quick"]);
}

fn set_key(aiia: &Installation, provider: &str, key: &str, more: &[&str]) -> std::process::Output {
    let mut command = aiia.command(&[&["config", "set-key", provider], more].concat());
    let mut child = command
        .env("AIIA_KEYRING", "off")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("a pipe").write_all(format!("{key}\n").as_bytes()).expect("the key is taken");
    child.wait_with_output().expect("it ends")
}

#[test]
fn a_key_is_kept_sent_to_its_host_alone_and_shown_nowhere() {
    let aiia = Installation::new();
    let misspelt = set_key(&aiia, "scriptd", KEY, &[]);
    assert!(said(&misspelt).contains("Did you mean `scripted`?"), "{}", said(&misspelt));
    let kept = set_key(&aiia, "scripted", KEY, &[]);
    assert!(kept.status.success(), "{}", said(&kept));
    aiia.model.next(Script::error(401, &format!("no such key {KEY}")));
    let refused = aiia.run(&["ask", "why?"]);
    assert_eq!(aiia.model.chats()[0].header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    let elsewhere = ModelServer::start().expect("a server");
    assert!(aiia.run(&["config", "set", "providers.scripted.base_url", &elsewhere.openai_url()]).status.success());
    assert!(aiia.run(&["ask", "why?"]).status.success());
    assert_eq!(elsewhere.chats()[0].header("authorization"), None, "another host gets no key");
    let shown = [
        said(&kept),
        said(&refused),
        said(&aiia.run(&["config", "--all", "--json"])),
        said(&aiia.run(&["config", "keys"])),
        said(&aiia.run(&["doctor"])),
    ];
    assert!(shown[4].contains("run `aiia config set-key scripted`"), "{}", shown[4]);
    assert!(shown.iter().all(|text| !text.contains(KEY)), "{shown:?}");
    for log in std::fs::read_dir(aiia.data_dir().join("logs")).expect("logs") {
        let text = std::fs::read_to_string(log.expect("a log").path()).expect("text");
        assert!(!text.contains(KEY), "the key is in a log");
    }
    assert!(aiia.run(&["config", "forget-key", "scripted"]).status.success());
    assert!(!aiia.run(&["config", "forget-key", "scripted"]).status.success());
}

#[test]
fn every_verb_answers_in_json_when_asked() {
    let aiia = Installation::new();
    let kept = set_key(&aiia, "scripted", KEY, &["--json"]);
    let kept: Value = serde_json::from_slice(&kept.stdout).expect("JSON");
    assert_eq!((&kept["provider"], &kept["place"]), (&json!("scripted"), &json!("file")), "{kept}");
    let value = |config: &Value| {
        let values = config["values"].as_array().expect("values");
        values.iter().find(|one| one["key"] == "timeouts.idle").expect("the key")["value"].clone()
    };
    let built_in = value(&aiia.json(&["config", "--all", "--json"]));
    assert_eq!(value(&aiia.json(&["config", "set", "timeouts.idle", "7", "--json"])), 7);
    assert_eq!(value(&aiia.json(&["config", "unset", "timeouts.idle", "--json"])), built_in);
    let path = aiia.json(&["config", "path", "--json"]);
    assert!(path["path"].as_str().is_some_and(|path| path.ends_with("config.toml")), "{path}");
    assert_eq!(aiia.json(&["config", "forget-key", "scripted", "--json"]), json!({}));
    assert_eq!(aiia.json(&["config", "keys", "--json"])["items"], json!([]));
    assert_eq!(aiia.json(&["config", "check", "--json"])["mistakes"], json!([]));
    assert!(aiia.json(&["config", "schema", "--json"])["properties"].is_object());
}

#[test]
fn a_keyring_is_used_where_there_is_one() {
    let aiia = Installation::new();
    let tools = aiia.workspace().join("tools");
    std::fs::create_dir(&tools).expect("a folder");
    let tool = tools.join("secret-tool");
    let script =
        "#!/bin/sh\ncase $1 in store) cat > \"$0.kept\";; lookup) cat \"$0.kept\";; clear) rm \"$0.kept\";; esac\n";
    std::fs::write(&tool, script).expect("a tool");
    std::fs::set_permissions(&tool, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it can be run");
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = aiia.command(&["config", "set-key", "scripted"]);
    command.env("PATH", path).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere").stdin(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
    child.stdin.take().expect("a pipe").write_all(format!("{KEY}\n").as_bytes()).expect("the key is taken");
    let kept = child.wait_with_output().expect("it ends");
    assert!(said(&kept).contains("is kept in the keyring"), "{}", said(&kept));
    let file = std::fs::read_to_string(aiia.data_dir().join("keys.json")).expect("the file of the keys");
    assert!(file.contains("scripted") && !file.contains(KEY), "{file}");
    assert!(aiia.run(&["ask", "why?"]).status.success());
    assert_eq!(aiia.model.chats()[0].header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert!(aiia.run(&["config", "forget-key", "scripted"]).status.success());
    assert!(!tools.join("secret-tool.kept").exists());
}

#[test]
fn another_model_answers_where_the_chosen_one_cannot_and_that_is_said() {
    let aiia = Installation::new();
    let other = ModelServer::start().expect("a server");
    for (key, value) in [
        ("providers.other.base_url", other.openai_url()),
        ("providers.other.dialect", "openai_chat".to_owned()),
        ("fallback", "['other/n']".to_owned()),
    ] {
        assert!(aiia.run(&["config", "set", key, &value]).status.success(), "{key}");
    }
    aiia.model.always(Script::error(401, "no such key"));
    let asked = aiia.run(&["ask", "why?"]);
    assert!(asked.status.success(), "{}", said(&asked));
    assert!(said(&asked).contains("other/n was asked instead."), "{}", said(&asked));
    assert_eq!(other.chats()[0].body["model"], "n");
    let report = aiia.json(&["usage", "--json"]);
    let names: Vec<&Value> = report["items"].as_array().expect("rows").iter().map(|row| &row["name"]).collect();
    assert_eq!(names, ["other/n"], "what was used counts for the one that answered");
}

#[test]
fn a_check_looks_at_the_folders_file_and_at_one_that_cannot_be_read() {
    let aiia = Installation::new();
    let check = || {
        let checked = aiia.run(&["config", "check"]);
        (checked.status.code(), said(&checked))
    };
    assert_eq!(check().0, Some(0));
    let nowhere = aiia.command(&["config", "check"]).env("AIIA_CONFIG", "/no/such.toml").output().expect("it runs");
    assert!(said(&nowhere).contains("/no/such.toml:1: There is no such file"), "{}", said(&nowhere));
    assert_eq!(nowhere.status.code(), Some(1));
    let of_folder = aiia.write(".aiia.toml", "modle = 3\n");
    let (code, told) = check();
    assert!(code == Some(1) && told.contains(".aiia.toml:1: There is no setting `modle`."), "{told}");
    let all = aiia.run(&["config", "check", "--json"]);
    assert!(all.status.code() == Some(1) && said(&all).contains(".aiia.toml: There is no setting"), "{}", said(&all));
    std::fs::remove_file(of_folder).expect("it can be removed");
    let file = said(&aiia.run(&["config", "path"])).trim().to_owned();
    std::fs::write(&file, b"model = 'a/b'\n\xff\n").expect("the file can be written");
    let (code, told) = check();
    assert!(code == Some(1) && told.contains("line 2 is no UTF-8 text"), "{told}");
}

#[test]
fn the_schema_stands_beside_the_file_from_the_start_on() {
    let aiia = Installation::new();
    let file = said(&aiia.run(&["config", "path"])).trim().to_owned();
    let schema = std::path::Path::new(&file).with_file_name("config.schema.json");
    let is_right = || {
        let text = std::fs::read_to_string(&schema).unwrap_or_default();
        serde_json::from_str::<Value>(&text).is_ok_and(|value| value == aiia.json(&["config", "schema"]))
    };
    assert!(schema.exists(), "also without a daemon");
    std::fs::write(&schema, "{}").expect("it can be written");
    aiia.run(&["config"]);
    assert!(is_right());
    assert!(aiia.run(&["stop"]).status.success());
    std::fs::remove_file(&schema).expect("it is there");
    aiia.run(&["config"]);
    assert!(schema.exists() && is_right());
}
