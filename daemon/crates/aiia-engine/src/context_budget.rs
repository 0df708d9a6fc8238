//! How many tokens of code go along with a question.

use aiia_protocol::settings::Settings;

use crate::engine::Engine;
use crate::models::{self, Chosen};

/// For a model on this machine: reading them takes most of the time to the first word.
const LOCAL: u32 = 1024;
/// For the embedded model, which reads some twenty of them in a second on a small machine.
const EMBEDDED: u32 = 512;
/// How long the embedded model may read before its first token, in seconds; what is not code takes its part of the ten that a
/// person waits.
const READING_SECONDS: f32 = 8.0;
/// For other models.
const REMOTE: u32 = 4096;
/// However small the window is, the code in question goes along.
const LEAST: u32 = 256;

/// The budget of an action that asks `model` under these settings.
pub(crate) async fn of(engine: &Engine, model: &Chosen, settings: &Settings) -> u32 {
    wanted(engine, model, settings).await.min(room(model))
}

/// How many may be sent to a model with enough room.
pub(crate) async fn wanted(engine: &Engine, model: &Chosen, settings: &Settings) -> u32 {
    let said = settings.context_budget.as_ref().map(|budget| budget.value);
    said_or_usual(model, said, models::prompt_speed(engine, model).await)
}

/// How many `model` has room for.
pub(crate) fn room(model: &Chosen) -> u32 {
    (model.window / 3).max(LEAST)
}

/// How many may be sent where the code in question needs more than `budget`, which is for the code beside it: as many as there is
/// room for, unless somebody says how many; the embedded model would read them for minutes.
pub(crate) fn most(model: &Chosen, settings: &Settings, budget: usize) -> usize {
    let is_free = settings.context_budget.is_none() && !model.is_embedded();
    if is_free { budget.max(room(model) as usize) } else { budget }
}

/// As many as somebody says, else as is usual. The embedded model reads them on this machine's own cores: as many as it can in
/// [`READING_SECONDS`].
fn said_or_usual(model: &Chosen, said: Option<u32>, prompt_speed: Option<f32>) -> u32 {
    let usual = || match model.local {
        true if model.is_embedded() => {
            prompt_speed.map_or(EMBEDDED, |speed| ((speed * READING_SECONDS) as u32).clamp(EMBEDDED / 2, REMOTE))
        }
        true => LOCAL,
        false => REMOTE,
    };
    said.unwrap_or_else(usual)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::here("test/m", true, 100_000, None, LOCAL)]
    #[case::a_small_window("test/m", true, 1500, None, 500)]
    #[case::a_tiny_window("test/m", true, 300, None, LEAST)]
    #[case::elsewhere("test/m", false, 100_000, None, REMOTE)]
    #[case::somebody_says("test/m", false, 100_000, Some(900), 900)]
    #[case::more_than_fits("test/m", false, 1500, Some(900), 500)]
    #[case::embedded("embedded/m", true, 8192, None, 800)]
    fn budgets(
        #[case] name: &str,
        #[case] local: bool,
        #[case] window: u32,
        #[case] wanted: Option<u32>,
        #[case] expected: u32,
    ) {
        let model = Chosen { name: name.to_owned(), local, ..Chosen::for_tests(window) };
        assert_eq!(said_or_usual(&model, wanted, Some(100.0)).min(room(&model)), expected);
    }
}
