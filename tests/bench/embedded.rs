//! The embedded engine beside the real llama.cpp server: the same weights, the same number of threads, the same questions, by turns.
//!
//! `AIIA_BENCH_MODEL` names the weights, `AIIA_LLAMA_PYTHON` a Python that has xllamacpp.
#![allow(clippy::print_stdout, reason = "the table is what a benchmark is for")]

use std::io::{BufRead, BufReader};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use aiia_tests::http_client::use_crypto;
use aiia_tests::installation::{Installation, use_release_program};
use aiia_tests::llama_server::LlamaServer;
use reqwest::blocking::Client;
use serde_json::{Value, json};

const ROUNDS: usize = 3;
const WINDOW: u32 = 4096;
/// What a round may take of a server: large weights on one thread get a shorter question and answer.
const READING: Duration = Duration::from_secs(10);
const WRITING: Duration = Duration::from_secs(8);
/// The longest question, in functions, and the longest answer, in tokens.
const FUNCTIONS: usize = 60;
const ANSWER: usize = 64;
/// The shortest: several times what is read at once.
const LEAST_FUNCTIONS: usize = 10;
const LEAST_ANSWER: usize = 16;
/// The least of the server's speed.
const LIMIT: f64 = 0.95;

/// Where is asked.
struct Server {
    url: String,
    token: String,
    model: String,
}

/// What came of a question.
struct Answer {
    text: String,
    prompt: u64,
    cached: u64,
    generated: u64,
    first: Duration,
    rest: Duration,
}

fn main() -> ExitCode {
    use_release_program();
    let weights = std::env::var("AIIA_BENCH_MODEL").or_else(|_| std::env::var("AIIA_TEST_MODEL"));
    let Ok(weights) = weights else {
        println!("AIIA_BENCH_MODEL names no weights");
        return ExitCode::FAILURE;
    };
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1));
    let threads = std::env::var("AIIA_BENCH_THREADS").ok().and_then(|text| text.parse().ok()).unwrap_or(cores);
    let Some(llama) = LlamaServer::start(&weights, threads, WINDOW) else {
        println!("AIIA_LLAMA_PYTHON names no Python");
        return ExitCode::FAILURE;
    };
    let aiia = Installation::configured(&format!(
        "[embedded]\npath = \"{weights}\"\nthreads = {threads}\ncontext_window = {WINDOW}\n"
    ));
    aiia.json(&["history", "--json"]);
    let runtime = aiia.runtime();
    let name = std::path::Path::new(&weights).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let ours = Server {
        url: format!("http://127.0.0.1:{}", runtime.http_port.expect("HTTP is served")),
        token: runtime.token,
        model: format!("embedded/{name}"),
    };
    let theirs = Server { url: llama.url().to_owned(), token: "x".to_owned(), model: "m".to_owned() };
    println!("{name}, {threads} threads, best of {ROUNDS} rounds by turns\n");
    let servers = [("aiia", &ours), ("llama.cpp", &theirs)];
    // The weights are read before anything is measured.
    for (name, server) in servers {
        let begun = Instant::now();
        ask(server, &[json!({ "role": "user", "content": "Hi" })], 4);
        println!("{name}: ready after {:.1} s", begun.elapsed().as_secs_f64());
    }
    let size = Size::of(&theirs);
    println!("questions of {} functions, answers of {} tokens\n", size.functions, size.answer);
    let mut best = [Speeds::default(), Speeds::default()];
    for round in 0..ROUNDS {
        for (speeds, (name, server)) in best.iter_mut().zip(servers) {
            let (first, next) = question(server, &format!("Round {round}."), size);
            println!(
                "round {}, {name}: {} tokens read in {:.2} s, {} written in {:.2} s; follow-up: {} read again, first token after {:.2} s",
                round + 1,
                first.prompt - first.cached,
                first.first.as_secs_f64(),
                first.generated,
                first.rest.as_secs_f64(),
                next.prompt - next.cached,
                next.first.as_secs_f64()
            );
            speeds.better(&first, &next);
        }
    }
    println!();
    let [ours, theirs] = best;
    let mut missed = false;
    for (what, ours, theirs) in [
        ("prompt, tokens a second", ours.prompt, theirs.prompt),
        ("answer, tokens a second", ours.answer, theirs.answer),
        ("follow-up, first tokens a second", ours.follow_up, theirs.follow_up),
    ] {
        let ratio = ours / theirs;
        missed |= ratio < LIMIT;
        let verdict = if ratio < LIMIT { "  MISSED" } else { "" };
        println!("{what:<34} {ours:9.2}  llama.cpp {theirs:9.2}  ratio {ratio:.2}, least {LIMIT}{verdict}");
    }
    let read_again = ours.read_again;
    println!("follow-up: {read_again} tokens were read, the new turn has about {}", ours.new_turn);
    missed |= read_again > ours.new_turn + 16;
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

#[derive(Default)]
struct Speeds {
    prompt: f64,
    answer: f64,
    follow_up: f64,
    read_again: u64,
    new_turn: u64,
}

fn speed(tokens: u64, time: Duration) -> f64 {
    tokens as f64 / time.as_secs_f64().max(1e-6)
}

impl Speeds {
    fn better(&mut self, first: &Answer, next: &Answer) {
        self.prompt = self.prompt.max(speed(first.prompt - first.cached, first.first));
        self.answer = self.answer.max(speed(first.generated.saturating_sub(1), first.rest));
        self.follow_up = self.follow_up.max(1.0 / next.first.as_secs_f64());
        self.read_again = next.prompt - next.cached;
        self.new_turn = next.prompt - first.prompt - first.generated;
    }
}

/// How much is asked.
#[derive(Clone, Copy)]
struct Size {
    functions: usize,
    answer: u32,
}

impl Size {
    /// What a server of this speed gets done in the time of a round.
    fn of(server: &Server) -> Self {
        let least = Self { functions: LEAST_FUNCTIONS, answer: LEAST_ANSWER as u32 };
        let (probe, _) = question(server, "How long?", least);
        let a_function = (probe.prompt as usize).div_ceil(LEAST_FUNCTIONS);
        let read = speed(probe.prompt - probe.cached, probe.first) * READING.as_secs_f64();
        let written = speed(probe.generated.saturating_sub(1), probe.rest) * WRITING.as_secs_f64();
        Self {
            functions: (read as usize / a_function).clamp(LEAST_FUNCTIONS, FUNCTIONS),
            answer: (written as usize).clamp(LEAST_ANSWER, ANSWER) as u32,
        }
    }
}

/// A question with much to read that begins unlike the one before, and one that goes on from its answer.
fn question(server: &Server, start: &str, size: Size) -> (Answer, Answer) {
    let functions =
        (0..size.functions).map(|line| format!("def step_{line}(value):\n    return value * {line} + 7\n\n"));
    let code = functions.collect::<Vec<_>>().concat();
    let text = format!("{start}\n\n{code}\nSay in many words what these functions do, one by one.");
    let mut messages = vec![json!({ "role": "user", "content": text })];
    let first = ask(server, &messages, size.answer);
    messages.push(json!({ "role": "assistant", "content": first.text }));
    messages.push(json!({ "role": "user", "content": "Which of them is the largest?" }));
    let next = ask(server, &messages, 8);
    (first, next)
}

fn ask(server: &Server, messages: &[Value], tokens: u32) -> Answer {
    use_crypto();
    let client = Client::builder().no_proxy().timeout(Duration::from_mins(10)).build().expect("a client");
    let body = json!({
        "model": server.model, "messages": messages, "stream": true, "max_tokens": tokens, "temperature": 0,
        "stream_options": { "include_usage": true },
    });
    let begun = Instant::now();
    let response = client
        .post(format!("{}/v1/chat/completions", server.url))
        .bearer_auth(&server.token)
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .expect("it answers");
    assert!(response.status().is_success(), "{}: {}", server.url, response.text().unwrap_or_default());
    let mut answer =
        Answer { text: String::new(), prompt: 0, cached: 0, generated: 0, first: Duration::ZERO, rest: Duration::ZERO };
    for line in BufReader::new(response).lines() {
        let line = line.expect("text");
        let Some(event) = line.strip_prefix("data: ").and_then(|event| serde_json::from_str::<Value>(event).ok())
        else {
            continue;
        };
        if let Some(text) = event["choices"][0]["delta"]["content"].as_str().filter(|text| !text.is_empty()) {
            if answer.first.is_zero() {
                answer.first = begun.elapsed();
            }
            answer.text.push_str(text);
            answer.rest = begun.elapsed().saturating_sub(answer.first);
        }
        let usage = &event["usage"];
        if let Some(prompt) = usage["prompt_tokens"].as_u64() {
            answer.prompt = prompt;
            answer.generated = usage["completion_tokens"].as_u64().unwrap_or(0);
            answer.cached = usage["prompt_tokens_details"]["cached_tokens"].as_u64().unwrap_or(0);
        }
    }
    assert!(answer.prompt > 0 && !answer.first.is_zero(), "{}: an answer with its usage", server.url);
    answer
}
