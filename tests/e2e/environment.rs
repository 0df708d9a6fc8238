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
