//! How an answer is drawn from a model.

use aiia_protocol::settings;

/// Tokens of an answer at most, where no level sets `max_tokens`.
pub(crate) const USUAL_ANSWER: u32 = 4096;

/// How freely a model chooses its words, where no level says.
pub(crate) const USUAL_TEMPERATURE: f64 = 0.0;

/// How many tokens of answer the settings want.
fn wanted(settings: &settings::Settings) -> u32 {
    settings.max_tokens.as_ref().map_or(USUAL_ANSWER, |tokens| tokens.value)
}

/// How an answer is drawn from the model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sampling {
    pub(super) max_tokens: u32,
    pub(super) temperature: f32,
    pub(super) stop: Vec<String>,
    /// Whether more is likely to be asked after it, where that is known.
    pub(super) goes_on: Option<bool>,
}

impl Sampling {
    /// The most likely answer of at most so many tokens.
    pub(crate) fn plain(max_tokens: u32) -> Self {
        Self { max_tokens, temperature: 0.0, stop: Vec::new(), goes_on: None }
    }

    /// At most so many tokens of answer.
    pub(crate) fn max_tokens(&self) -> u32 {
        self.max_tokens
    }

    /// As the settings say; the answer has at most `room` tokens.
    pub(crate) fn new(settings: &settings::Settings, room: u32) -> Self {
        Self {
            max_tokens: wanted(settings).min(room),
            temperature: settings.temperature.as_ref().map_or(USUAL_TEMPERATURE, |temperature| temperature.value)
                as f32,
            stop: settings.stop.as_ref().map(|stop| stop.value.clone()).unwrap_or_default(),
            goes_on: None,
        }
    }

    /// The same for a conversation that the next question does or does not begin with.
    pub(crate) fn kept(self, goes_on: bool) -> Self {
        Self { goes_on: Some(goes_on), ..self }
    }

    /// Whether there was less room than the settings want.
    pub(crate) fn is_shortened(&self, settings: &settings::Settings) -> bool {
        self.max_tokens < wanted(settings)
    }

    /// Whether the same question always gets the same answer.
    pub(crate) fn is_determined(&self) -> bool {
        self.temperature == 0.0
    }

    /// All that an answer depends on, to be compared.
    pub(crate) fn shown(&self) -> String {
        let Self { max_tokens, temperature, stop, goes_on: _ } = self;
        format!("Sampling {{ max_tokens: {max_tokens:?}, temperature: {temperature:?}, stop: {stop:?} }}")
    }

    /// The same, with an answer of at most `room` tokens.
    pub(crate) fn within(&self, room: u32) -> Self {
        Self { max_tokens: self.max_tokens.min(room), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use aiia_protocol::settings::{Origin as Level, Parameters};
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nobody_says(None, 100_000, 4096)]
    #[case::a_small_window(None, 1000, 1000)]
    #[case::more_is_wanted(Some(16_000), 100_000, 16_000)]
    #[case::more_than_there_is(Some(16_000), 5000, 5000)]
    #[case::less_is_wanted(Some(5), 100_000, 5)]
    fn an_answer_is_as_long_as_it_is_wished(#[case] wished: Option<u32>, #[case] room: u32, #[case] expected: u32) {
        let mut settings = settings::Settings::default();
        settings.lay(Level::Message, None, None, &Parameters { max_tokens: wished, ..Parameters::default() });
        let sampling = Sampling::new(&settings, room);
        assert_eq!(sampling.max_tokens(), expected);
        assert_eq!(sampling.is_shortened(&settings), room < wished.unwrap_or(USUAL_ANSWER));
    }
}
