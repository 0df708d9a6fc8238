//! The plain peer: BM25 over chunks of 20 lines, asked with the words of the file of the function.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use aiia_context::count_tokens;

const LINES: usize = 20;
const K1: f64 = 1.5;
const B: f64 = 0.75;
/// Lines around the function whose words are asked for.
const AROUND: usize = 20;

struct Chunk {
    path: String,
    first: usize,
    last: usize,
    words: HashMap<String, f64>,
    length: f64,
    tokens: usize,
}

pub(crate) struct Chunks {
    chunks: Vec<Chunk>,
    frequency: HashMap<String, f64>,
    mean: f64,
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|character: char| !(character.is_alphanumeric() || character == '_'))
        .filter(|word| word.len() > 1 && !word.starts_with(|first: char| first.is_ascii_digit()))
        .map(str::to_owned)
}

impl Chunks {
    pub(crate) fn new(files: &BTreeMap<String, Arc<str>>) -> Chunks {
        let mut chunks = Vec::new();
        let mut frequency: HashMap<String, f64> = HashMap::new();
        for (path, text) in files {
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            for (at, part) in lines.chunks(LINES).enumerate() {
                let text = part.concat();
                let mut found: HashMap<String, f64> = HashMap::new();
                for word in words(&text) {
                    *found.entry(word).or_default() += 1.0;
                }
                for word in found.keys() {
                    *frequency.entry(word.clone()).or_default() += 1.0;
                }
                chunks.push(Chunk {
                    path: path.clone(),
                    first: at * LINES + 1,
                    last: at * LINES + part.len(),
                    length: found.values().sum(),
                    words: found,
                    tokens: count_tokens(&text),
                });
            }
        }
        let mean = chunks.iter().map(|chunk| chunk.length).sum::<f64>() / chunks.len().max(1) as f64;
        Chunks { chunks, frequency, mean }
    }

    /// The lines of the best chunks of other files that fit the budget, and their tokens.
    pub(crate) fn best(&self, hidden: &str, path: &str, at: usize, budget: usize) -> (HashSet<(String, usize)>, usize) {
        let line = hidden[..at].matches('\n').count();
        let near: Vec<&str> = hidden.lines().skip(line.saturating_sub(AROUND)).take(2 * AROUND).collect();
        let asked: HashSet<String> = words(&near.join("\n")).collect();
        let count = self.chunks.len() as f64;
        let mut scored: Vec<(f64, &Chunk)> = self
            .chunks
            .iter()
            .filter(|chunk| chunk.path != path)
            .map(|chunk| {
                let score = asked
                    .iter()
                    .filter_map(|word| {
                        let often = chunk.words.get(word)?;
                        let in_chunks = self.frequency[word];
                        let rarity = ((count - in_chunks + 0.5) / (in_chunks + 0.5) + 1.0).ln();
                        Some(rarity * often * (K1 + 1.0) / (often + K1 * (1.0 - B + B * chunk.length / self.mean)))
                    })
                    .sum();
                (score, chunk)
            })
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| (&a.1.path, a.1.first).cmp(&(&b.1.path, b.1.first))));
        let (mut lines, mut used) = (HashSet::new(), 0);
        for (_, chunk) in scored {
            if used + chunk.tokens > budget {
                break;
            }
            used += chunk.tokens;
            lines.extend((chunk.first..=chunk.last).map(|line| (chunk.path.clone(), line)));
        }
        (lines, used)
    }
}
