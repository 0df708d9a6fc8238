//! The form in which a model is asked for a change: by its size, and by what worked with it so far.

use aiia_context::ContextBundle;
use aiia_edit::ReplyFormat;
use aiia_store::FormatRecord;

use crate::engine::Engine;
use crate::models::Chosen;
use crate::source::Source;

/// Models of so many billions of weights quote code reliably.
const LARGE: f64 = 25.0;
/// A symbol of so many lines is no trouble to write anew.
const SHORT_SYMBOL: usize = 25;
/// What is supposed before anything was measured: so many answers, and how many of them were applied at once.
const SUPPOSED: f64 = 6.0;
const PREFERRED: f64 = 5.4;
const OTHER: f64 = 4.2;

/// The form to ask `model` for when it is to change what the bundle is about.
pub(crate) async fn choose(engine: &Engine, model: &Chosen, source: &Source, bundle: &ContextBundle) -> ReplyFormat {
    if bundle.target.symbol.is_none() {
        return ReplyFormat::SearchReplace;
    }
    // Without the figures it is chosen by size.
    let records = engine.store.formats(model.name.clone()).await.unwrap_or_default();
    let lines = source.text.get(bundle.target.range.clone()).map_or(0, |text| text.lines().count());
    best(supposed(&model.name, model.local, lines), &records)
}

/// The form that fits a model of this name, for a symbol of so many lines.
fn supposed(name: &str, local: bool, lines: usize) -> ReplyFormat {
    let is_large = billions(name).map_or(!local, |size| size >= LARGE);
    if is_large && lines > SHORT_SYMBOL { ReplyFormat::SearchReplace } else { ReplyFormat::WholeSymbol }
}

/// The form that was applied most often, as far as that is known.
fn best(supposed: ReplyFormat, records: &[FormatRecord]) -> ReplyFormat {
    let share = |format: ReplyFormat| {
        let record = records.iter().find(|record| record.format == format.as_str());
        let (asked, applied) = record.map_or((0, 0), |record| (record.asked, record.applied.min(record.asked)));
        let prior = if format == supposed { PREFERRED } else { OTHER };
        (applied as f64 + prior) / (asked as f64 + SUPPOSED)
    };
    let other = match supposed {
        ReplyFormat::SearchReplace => ReplyFormat::WholeSymbol,
        ReplyFormat::WholeSymbol | ReplyFormat::WholeFile => ReplyFormat::SearchReplace,
    };
    if share(other) > share(supposed) { other } else { supposed }
}

/// The size that a model's name tells, such as 1.5 for `qwen2.5-coder:1.5b`; the largest of several.
fn billions(name: &str) -> Option<f64> {
    name.to_ascii_lowercase()
        .split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '.')
        .filter_map(|word| {
            let millions =
                word.strip_suffix('m').and_then(|number| number.parse::<f64>().ok()).map(|size| size / 1000.0);
            word.strip_suffix('b').and_then(|number| number.parse().ok()).or(millions)
        })
        .reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("ollama/qwen2.5-coder:1.5b", Some(1.5))]
    #[case("embedded/SmolLM2-135M-Instruct.Q4_1", Some(0.135))]
    #[case("groq/llama-3.3-70b-versatile", Some(70.0))]
    #[case("openai/gpt-5", None)]
    #[case("lmstudio/mixtral-8x7b", None)]
    fn sizes_are_read_from_names(#[case] name: &str, #[case] expected: Option<f64>) {
        assert_eq!(billions(name), expected);
    }

    #[rstest]
    #[case("openai/gpt-5", false, 100, ReplyFormat::SearchReplace)]
    #[case("openai/gpt-5", false, 10, ReplyFormat::WholeSymbol)]
    #[case("ollama/some-model", true, 100, ReplyFormat::WholeSymbol)]
    #[case("ollama/llama3:70b", true, 100, ReplyFormat::SearchReplace)]
    #[case("groq/llama-3.1-8b-instant", false, 100, ReplyFormat::WholeSymbol)]
    fn small_models_write_whole_symbols(
        #[case] name: &str,
        #[case] local: bool,
        #[case] lines: usize,
        #[case] expected: ReplyFormat,
    ) {
        assert_eq!(supposed(name, local, lines), expected);
    }

    #[rstest]
    #[case::nothing_known(&[], ReplyFormat::WholeSymbol)]
    #[case::one_failure(&[("whole_symbol", 1, 0)], ReplyFormat::WholeSymbol)]
    #[case::it_fails(&[("whole_symbol", 4, 1)], ReplyFormat::SearchReplace)]
    #[case::both_fail(&[("whole_symbol", 4, 1), ("search_replace", 4, 0)], ReplyFormat::WholeSymbol)]
    #[case::it_works(&[("whole_symbol", 20, 19), ("search_replace", 3, 3)], ReplyFormat::WholeSymbol)]
    fn what_worked_is_asked_for(#[case] counted: &[(&str, u64, u64)], #[case] expected: ReplyFormat) {
        let records: Vec<FormatRecord> = counted
            .iter()
            .map(|(format, asked, applied)| FormatRecord {
                format: (*format).to_owned(),
                asked: *asked,
                applied: *applied,
            })
            .collect();
        assert_eq!(best(ReplyFormat::WholeSymbol, &records), expected);
    }
}
