//! The keyring of the system, by the tool that comes with it: `secret-tool` (Secret Service), on macOS `security`. A machine
//! without one (no desktop session, a container) simply has no keys in it. A library for it would bring sixty crates.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aiia_llm::{Secret, program};

/// How long the keyring may take; it may be asking the user to unlock it.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// What its tool says is a key, and no more.
const MAX_BYTES: usize = 1 << 16;

/// The keyring, or none.
#[derive(Debug)]
pub(super) struct Ring {
    /// Under this name the keys of one data directory stand; nothing where the keyring must not be asked.
    service: Option<String>,
    tool: &'static str,
}

impl Ring {
    pub(super) fn new(data_dir: &Path, use_ring: bool) -> Self {
        // Without a session bus there is nobody to ask, and the tool would try to start one.
        let reachable = cfg!(target_os = "macos") || std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some();
        let service = (use_ring && reachable).then(|| format!("aiia {}", data_dir.display()));
        Self { service, tool: if cfg!(target_os = "macos") { "security" } else { "secret-tool" } }
    }

    /// One that another program stands for.
    #[cfg(test)]
    pub(super) fn of_tool(tool: &'static str) -> Self {
        Self { service: Some("aiia".to_owned()), tool }
    }

    /// Whether there is one to be asked.
    pub(super) fn is_there(&self) -> bool {
        self.service.is_some()
    }

    pub(super) fn get(&self, provider: &str) -> Option<Secret> {
        let service = self.service.as_ref()?;
        let found = if cfg!(target_os = "macos") {
            run(self.tool, &["find-generic-password", "-s", service, "-a", provider, "-w"], "")
        } else {
            run(self.tool, &["lookup", "service", service, "provider", provider], "")
        };
        found.filter(|key| !key.trim().is_empty()).map(Secret::new)
    }

    /// Whether the keyring has taken the key, and gives it back. The key goes over the standard input: arguments can be seen.
    pub(super) fn set(&self, provider: &str, key: &str) -> bool {
        let Some(service) = &self.service else { return false };
        let taken = if cfg!(target_os = "macos") {
            // A key has no blanks; quotes and backslashes would have a meaning there.
            if key.contains(['"', '\\', '\'']) || service.contains(['"', '\\']) {
                return false;
            }
            let command = format!("add-generic-password -U -s \"{service}\" -a \"{provider}\" -w \"{key}\"\n");
            run(self.tool, &["-i"], &command)
        } else {
            let label = format!("aiia: {provider}");
            run(self.tool, &["store", "--label", &label, "service", service, "provider", provider], key)
        };
        taken.is_some() && self.get(provider).is_some_and(|kept| kept.expose() == key)
    }

    pub(super) fn delete(&self, provider: &str) {
        let Some(service) = &self.service else { return };
        let _ = if cfg!(target_os = "macos") {
            run(self.tool, &["delete-generic-password", "-s", service, "-a", provider], "")
        } else {
            run(self.tool, &["clear", "service", service, "provider", provider], "")
        };
    }
}

/// What the tool prints, if it is there and succeeds in time.
fn run(tool: &str, arguments: &[&str], input: &str) -> Option<String> {
    let outcome = program::run(Command::new(tool).args(arguments), input, LIMIT, MAX_BYTES).ok()?;
    if outcome.success.is_none() {
        tracing::warn!("the keyring did not answer");
    }
    String::from_utf8(outcome.output).ok().filter(|_| outcome.success == Some(true))
}
