//! How far our counts of tokens are from a model's own, before anything was learnt about it and after: texts of the folders that are
//! named, in pieces as large as a prompt, beside llama.cpp's tokenizer with the weights that `AIIA_BENCH_MODEL` names.
#![allow(clippy::print_stdout, reason = "the table is what a benchmark is for")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use aiia_context::count_tokens;
use aiia_tests::http_client::use_crypto;
use aiia_tests::llama_server::LlamaServer;
use ignore::WalkBuilder;
use reqwest::blocking::Client;
use serde_json::{Value, json};

/// Bytes of a piece: some thousand tokens.
const PIECE: usize = 4000;
/// Pieces of a folder.
const PIECES: usize = 120;
/// After so many prompts the factor is taken as learnt.
const LEARNT: usize = 5;
/// How much an older prompt weighs, as in the store.
const DECAY: f64 = 0.8;
/// The median error, once learnt, must be no more.
const LIMIT: f64 = 0.10;

fn main() -> ExitCode {
    let folders: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let weights = std::env::var("AIIA_BENCH_MODEL").or_else(|_| std::env::var("AIIA_TEST_MODEL"));
    let server = weights.ok().and_then(|weights| LlamaServer::start(weights, 1, 512));
    let (Some(server), false) = (server, folders.is_empty()) else {
        println!(
            "usage: AIIA_BENCH_MODEL=… AIIA_LLAMA_PYTHON=… cargo bench -p aiia-tests --bench tokens -- DIR [DIR …]"
        );
        return ExitCode::FAILURE;
    };
    use_crypto();
    let client = Client::builder().no_proxy().timeout(Duration::from_mins(1)).build().expect("a client");
    let mut missed = false;
    println!("{:<40} {:>7} {:>8} {:>18} {:>18}", "", "pieces", "factor", "error before, %", "error learnt, %");
    for folder in &folders {
        let counted: Vec<(f64, f64)> = pieces(Path::new(folder))
            .iter()
            .map(|piece| (count_tokens(piece) as f64, count_of_the_model(&client, &server, piece)))
            .filter(|(ours, theirs)| *ours > 0.0 && *theirs > 0.0)
            .collect();
        if counted.len() <= LEARNT {
            println!("{folder}: too little text");
            continue;
        }
        let (mut ours, mut theirs) = (0.0, 0.0);
        let (mut before, mut learnt) = (Vec::new(), Vec::new());
        for (number, (counted, real)) in counted.iter().enumerate() {
            before.push((counted - real).abs() / real);
            if number >= LEARNT {
                learnt.push((counted * theirs / ours - real).abs() / real);
            }
            (ours, theirs) = (ours * DECAY + counted, theirs * DECAY + real);
        }
        let (before, learnt) = (quantiles(before), quantiles(learnt));
        missed |= learnt.0 > LIMIT;
        println!(
            "{:<40} {:>7} {:>8.3} {:>8.1} / {:>6.1} {:>9.1} / {:>6.1}{}",
            folder.chars().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect::<String>(),
            counted.len(),
            theirs / ours,
            before.0 * 100.0,
            before.1 * 100.0,
            learnt.0 * 100.0,
            learnt.1 * 100.0,
            if learnt.0 > LIMIT { "  MISSED" } else { "" }
        );
    }
    println!(
        "\nErrors are the median and the 90th percentile; for OpenAI's families the count is that of their own vocabulary."
    );
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The median and the 90th percentile.
fn quantiles(mut errors: Vec<f64>) -> (f64, f64) {
    errors.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| errors[((errors.len() - 1) as f64 * share) as usize];
    (at(0.5), at(0.9))
}

fn count_of_the_model(client: &Client, server: &LlamaServer, text: &str) -> f64 {
    let answer = client
        .post(format!("{}/tokenize", server.url()))
        .header("content-type", "application/json")
        .body(json!({ "content": text }).to_string())
        .send()
        .and_then(reqwest::blocking::Response::text)
        .expect("it answers");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    answer["tokens"].as_array().map_or(0.0, |tokens| tokens.len() as f64)
}

/// Texts of the folder, spread over its files.
fn pieces(folder: &Path) -> Vec<String> {
    let files = WalkBuilder::new(folder).build().flatten().filter(|entry| entry.path().is_file());
    let texts = files.filter_map(|entry| std::fs::read_to_string(entry.path()).ok());
    let mut all: Vec<String> = texts
        .filter(|text| text.len() > PIECE / 2)
        .map(|text| text[..text.floor_char_boundary(PIECE)].to_owned())
        .collect();
    let step = all.len().div_ceil(PIECES).max(1);
    let mut number = 0;
    all.retain(|_| {
        number += 1;
        (number - 1_usize).is_multiple_of(step)
    });
    all
}
