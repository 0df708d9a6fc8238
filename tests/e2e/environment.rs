//! A command and the daemon that answers it may have been started in different environments.

use std::process::Output;

use aiia_tests::installation::{Installation, text};
use aiia_tests::model_server::{ModelServer, Script};

const KEY: &str = "sk-canary-0123456789";

fn said(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn a_variable_that_the_shell_has_and_the_daemon_not_is_told() {
    let server = ModelServer::start().expect("a server");
    server.always(Script::error(401, "no key"));
    let provider = |name: &str, key: &str| {
        let url = server.openai_url();
        format!("[providers.{name}]\ndialect = 'openai_chat'\nbase_url = '{url}'\nmodels = ['m']\n{key}\n")
    };
    let more = provider("late", "api_key_env = 'LATE_KEY'") + &provider("team", "headers = { X-Team = '$LATE_TEAM' }");
    let aiia = Installation::configured(&more);
    aiia.write("a.py", "def f():\n    return 1\n");
    assert!(aiia.run(&["models"]).status.success(), "the daemon starts without them");
    let here = "is set in this shell, but was not when the daemon started; `aiia stop` and ask again.";
    for (variable, arguments) in [
        ("LATE_KEY", &["ask", "-m", "late/m", "why?"][..]),
        ("LATE_KEY", &["ask", "-m", "late/m", "-m", "scripted/m", "why?"]),
        ("LATE_KEY", &["explain", "-m", "late/m", "a.py"]),
        ("LATE_KEY", &["models", "test", "late/m"]),
        ("LATE_KEY", &["doctor"]),
        ("LATE_KEY", &["doctor", "--json"]),
        ("LATE_KEY", &["config", "check"]),
        ("LATE_TEAM", &["ask", "-m", "team/m", "why?"]),
        ("LATE_TEAM", &["doctor"]),
        ("ANTHROPIC_API_KEY", &["ask", "-m", "anthropic/claude-x", "why?"]),
    ] {
        let ask = |value: Option<&str>| {
            let mut command = aiia.command(arguments);
            command.env_remove(variable);
            command.envs(value.map(|value| (variable, value)));
            said(&command.output().expect("it runs"))
        };
        let told = ask(Some(KEY));
        assert!(told.contains(&format!("{variable} {here}")) && !told.contains(KEY), "{arguments:?}: {told}");
        for nothing in [None, Some("")] {
            let told = ask(nothing);
            assert!(told.contains(variable) && !told.contains(here), "{arguments:?}: {told}");
        }
    }
    // The daemon that is started then has it.
    server.always(Script::text("Because."));
    assert!(aiia.run(&["stop"]).status.success());
    let mut command = aiia.command(&["ask", "-m", "late/m", "why?"]);
    assert!(command.env("LATE_KEY", KEY).status().expect("it runs").success());
}

#[test]
fn the_file_that_the_variable_names_is_checked_whichever_the_daemon_uses() {
    let aiia = Installation::new();
    let used = text(&aiia.run(&["config", "path"]).stdout).trim().to_owned();
    assert!(aiia.run(&["config", "set", "timeouts.idle", "7"]).status.success(), "a daemon runs with it");
    let other = aiia.write("other.toml", "[timeouts]\nidel = 3\n");
    let other = other.to_str().expect("a path in UTF-8");
    let with_other = |arguments: &[&str]| {
        let output = aiia.command(arguments).env("AIIA_CONFIG", other).output().expect("it runs");
        (output.status.code(), said(&output))
    };
    let uses = format!("The daemon uses {used}, not {other}.");
    let (code, told) = with_other(&["config", "check"]);
    assert!(code == Some(1) && told.contains(&format!("{other}:2: ")) && told.contains(&uses), "{told}");
    // The daemon's own file is another matter.
    std::fs::write(other, "[timeouts]\nidle = 3\n").expect("it can be written");
    let good = std::fs::read_to_string(&used).expect("the file");
    std::fs::write(&used, format!("nonsense = 1\n{good}")).expect("the file can be written");
    let (code, told) = with_other(&["config", "check"]);
    assert!(code == Some(0) && told.contains("Nothing is wrong.") && told.contains(&uses), "{told}");
    let (code, told) = with_other(&["config", "check", "--json"]);
    assert!(code == Some(0) && told.contains("\"mistakes\": []"), "{told}");
    std::fs::write(other, b"\n\xff\n").expect("it can be written");
    let (code, told) = with_other(&["config", "check"]);
    assert!(code == Some(1) && told.contains("line 2 is no UTF-8 text") && told.contains(&uses), "{told}");
    std::fs::remove_file(other).expect("it is there");
    let (code, told) = with_other(&["config", "check"]);
    assert!(code == Some(1) && told.contains(&format!("{other}:1: There is no such file")), "{told}");
    std::fs::write(&used, &good).expect("the file can be written");

    // The values are those in force, and a file that was not named is not written.
    let (code, told) = with_other(&["config"]);
    assert!(code == Some(0) && told.contains("timeouts.idle = 7") && told.contains(&uses), "{told}");
    for arguments in [&["config", "set", "timeouts.idle", "9"][..], &["config", "unset", "timeouts.idle"]] {
        let (code, told) = with_other(arguments);
        assert!(code == Some(1) && told.contains(&uses) && told.contains("`aiia stop`"), "{told}");
    }
    assert_eq!(std::fs::read_to_string(&used).expect("the file"), good);

    // It is the same file by whatever name.
    let link = aiia.workspace().join("link.toml");
    std::os::unix::fs::symlink(&used, &link).expect("a link");
    for same in [used.as_str(), link.to_str().expect("a path in UTF-8")] {
        let output = aiia.command(&["config", "check"]).env("AIIA_CONFIG", same).output().expect("it runs");
        assert!(output.status.success() && !said(&output).contains("The daemon uses"), "{}", said(&output));
    }
}
