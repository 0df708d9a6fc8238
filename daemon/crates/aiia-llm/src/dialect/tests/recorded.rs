//! Streams in the shape of public recordings: the fields, their order and what stands around them are as servers were recorded to
//! send them; words, names and figures are ours.
//!
//! The recordings are in the tests of `vercel/ai` (`__fixtures__` of the packages `anthropic`, `deepseek`, `google`, `groq`, `mistral`,
//! `openai`, `openai-compatible` and `xai`), `pydantic/pydantic-ai`, `charmbracelet/fantasy`, `simonw/llm-anthropic`,
//! `simonw/llm-gemini` and `0xPlaygrounds/rig`, and in issues of `karthink/gptel`, `ollama/ollama-js`, `ollama/ollama-vscode` and
//! `OleksandrChekhovskyi/hax`.

mod openai_chat;
mod others;

use super::*;

/// The deltas of a stream with one event a line, its texts joined.
fn told(dialect: Dialect, events: &str) -> String {
    let events: Vec<&str> = events.lines().filter(|line| !line.trim().is_empty()).collect();
    let mut told: Vec<String> = Vec::new();
    for line in replay(dialect, &events).lines() {
        let same = ["text ", "reasoning "].iter().find(|kind| line.starts_with(**kind));
        match told.last_mut().zip(same) {
            Some((last, kind)) if last.starts_with(kind) => last.push_str(&line[kind.len()..]),
            _ => told.push(line.to_owned()),
        }
    }
    told.join("\n")
}
