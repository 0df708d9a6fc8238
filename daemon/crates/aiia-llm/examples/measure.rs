//! Measures the embedded model: `measure MODEL.gguf [threads]` prints load time, first token, tokens a
//! second for prompt and answer, what a repeated prompt costs, and memory loaded and unloaded.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use aiia_llm::{ChatMessage, ChatRequest, Delta, EmbeddedSettings, Models, ModelsConfig, Role, Usage};
use futures::StreamExt;
use tokio_util::sync::CancellationToken;

/// Resident memory of this process in MB (Linux only).
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn say(line: &str) {
    // Nobody reads the figures any more: then they need not be written.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Seconds to the first text and to the end, and the usage.
async fn run(models: &Models, request: ChatRequest, what: &str) {
    let start = Instant::now();
    let mut stream = models.stream("default", request, CancellationToken::new());
    let (mut reading, mut first, mut usage) = (None, None, Usage::default());
    while let Some(delta) = stream.next().await {
        match delta {
            Ok(Delta::Status(status)) if !status.starts_with("loading") => {
                _ = reading.get_or_insert_with(|| start.elapsed());
            }
            Ok(Delta::Text(_)) => _ = first.get_or_insert_with(|| start.elapsed()),
            Ok(Delta::Usage(counts)) => usage = counts,
            Ok(_) => {}
            Err(error) => return say(&format!("{what}: {error} {}", error.hint)),
        }
    }
    let (whole, first) = (start.elapsed().as_secs_f64(), first.unwrap_or_default().as_secs_f64());
    let reading = reading.unwrap_or_default().as_secs_f64();
    let count = |tokens: Option<u64>| tokens.unwrap_or(0);
    let fresh = count(usage.input_tokens) - count(usage.cached_tokens);
    say(&format!(
        "{what}: first token {first:.2} s; prompt {} tokens ({} cached), {:.1} tokens/s; answer {} tokens, {:.1} tokens/s",
        count(usage.input_tokens),
        count(usage.cached_tokens),
        fresh as f64 / (first - reading).max(0.001),
        count(usage.output_tokens),
        count(usage.output_tokens).saturating_sub(1) as f64 / (whole - first).max(0.001),
    ));
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else { return say("measure MODEL.gguf [threads]") };
    let embedded = EmbeddedSettings {
        model_path: Some(PathBuf::from(path)),
        threads: arguments.next().and_then(|threads| threads.parse().ok()),
        idle_unload: Duration::from_secs(5),
        ..EmbeddedSettings::default()
    };
    let models = Models::new(ModelsConfig { embedded, ..ModelsConfig::default() });
    let function = "fn mean(values: &[f64]) -> f64 {\n    let mut sum = 0.0;\n    for value in values { sum += value; }\n    sum / values.len() as f64\n}\n";
    let ask = |question: &str, code: &str| ChatRequest {
        messages: vec![ChatMessage::new(Role::User, format!("{code}\n{question}"))],
        max_tokens: Some(64),
        ..ChatRequest::default()
    };
    say(&format!("memory before: {} MB", resident()));
    run(&models, ask("Explain it.", function), "cold, with loading").await;
    let long = function.repeat(20);
    run(&models, ask("Explain it.", &long), "long prompt").await;
    say(&format!("memory loaded: {} MB", resident()));
    run(&models, ask("Explain it.", &long), "the same again").await;
    run(&models, ask("Find the bug.", &long), "same code, other question").await;
    models.embedded().unload();
    while models.embedded().is_loaded() {
        tokio::task::yield_now().await;
    }
    say(&format!("memory unloaded: {} MB", resident()));
}
