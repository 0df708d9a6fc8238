//! The log: JSON lines in a file a day, a week of them, with secrets masked. Nothing goes to the standard streams.

use std::io::{self, Write};
use std::path::Path;
use std::sync::OnceLock;

use parking_lot::Mutex;
use tracing::Level;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How many days are kept.
const DAYS: usize = 7;
/// Shorter values are too likely to be ordinary words.
const MIN_SECRET: usize = 8;
/// What begins a key, and what a key consists of comes after it.
const KEY_PREFIXES: &[&str] = &["Bearer ", "sk-", "ghp_", "gho_", "github_pat_", "AKIA", "hf_", "AIza", "xoxb-"];
const MASK: &str = "[masked]";

static SECRETS: OnceLock<Mutex<Vec<String>>> = OnceLock::new();

/// Starts to log into `directory`. `AIIA_LOG` sets what is logged (`debug`, or `info,aiia_lsp=trace`). When the
/// directory cannot be written, the daemon works without a log.
pub(crate) fn start(directory: &Path) -> Option<()> {
    for (name, value) in std::env::vars_os() {
        let name = name.to_string_lossy().to_uppercase();
        if ["KEY", "TOKEN", "SECRET", "PASSWORD"].iter().any(|word| name.contains(word))
            && let Ok(value) = value.into_string()
        {
            mask_also(&value);
        }
    }
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("aiia")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(directory)
        .ok()?;
    let wanted = std::env::var("AIIA_LOG").ok().and_then(|text| text.parse::<Targets>().ok());
    let filter = wanted.unwrap_or_else(usual);
    let layer = tracing_subscriber::fmt::layer().json().with_writer(Masking(file));
    tracing_subscriber::registry().with(filter).with(layer).try_init().ok()?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, message = panic.payload_as_str().unwrap_or_default(), "panic");
    }));
    Some(())
}

/// What is logged where nobody says: of llama.cpp, which tells much, only what is wrong.
fn usual() -> Targets {
    Targets::new().with_default(Level::INFO).with_target("llama-cpp-2", Level::WARN)
}

/// From now on `secret` does not appear in the log.
pub(crate) fn mask_also(secret: &str) {
    if secret.len() >= MIN_SECRET {
        let secrets = SECRETS.get_or_init(Mutex::default);
        secrets.lock().push(secret.to_owned());
    }
}

struct Masking<W>(W);

struct MaskingWriter<W>(W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Masking<W> {
    type Writer = MaskingWriter<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        MaskingWriter(self.0.make_writer())
    }
}

/// An event comes as one whole line.
impl<W: Write> Write for MaskingWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let secrets = SECRETS.get_or_init(Mutex::default).lock();
        self.0.write_all(mask(&text, &secrets).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn mask(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        if text.contains(secret.as_str()) {
            text = text.replace(secret.as_str(), MASK);
        }
    }
    for prefix in KEY_PREFIXES {
        let mut from = 0;
        while let Some(found) = text[from..].find(prefix) {
            let start = from + found + prefix.len();
            let length = text[start..]
                .bytes()
                .take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.+/=".contains(byte))
                .count();
            let inside_a_word = text[..from + found].ends_with(|before: char| before.is_alphanumeric());
            if length >= MIN_SECRET && !inside_a_word {
                text.replace_range(start..start + length, MASK);
            }
            from = start;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn the_embedded_engine_says_little() {
        let usual = usual();
        assert!(usual.would_enable("aiia_engine", &Level::INFO));
        assert!(!usual.would_enable("llama-cpp-2", &Level::INFO) && usual.would_enable("llama-cpp-2", &Level::WARN));
    }

    #[rstest]
    #[case("nothing secret here", "nothing secret here")]
    #[case("key=canary-value-1", "key=[masked]")]
    #[case("Authorization: Bearer abcdefgh12345 x", "Authorization: Bearer [masked] x")]
    #[case("twice sk-aaaaaaaaaa and sk-bbbbbbbbbb", "twice sk-[masked] and sk-[masked]")]
    #[case("task-management, risk-averse-people", "task-management, risk-averse-people")]
    #[case("sk-", "sk-")]
    #[case("é sk-äääääääää", "é sk-äääääääää")]
    fn secrets_are_masked(#[case] line: &str, #[case] expected: &str) {
        assert_eq!(mask(line, &["canary-value-1".to_owned()]), expected);
    }
}
