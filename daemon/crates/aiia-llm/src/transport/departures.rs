//! What a model turns out not to take, though its dialect has it: it is asked again without, and known by it from then on.

use serde_json::Value;

use crate::chat::ChatRequest;
use crate::dialect::chat_body;
use crate::error::LlmError;
use crate::provider::{Dialect, ProviderConfig};

const LIMITS: [&str; 2] = ["max_tokens", "max_completion_tokens"];

/// Where a model departs from its dialect, as it has said itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Departures {
    /// It takes no temperature; models that think choose it themselves.
    no_temperature: bool,
    /// The limit of the answer has its other name.
    other_limit: bool,
    /// Token counts may not be asked for.
    no_stream_usage: bool,
    /// It may not be asked to keep prompts.
    no_prompt_cache: bool,
}

impl Departures {
    /// The body of `request` as the model takes it.
    ///
    /// # Errors
    /// When the dialect cannot say it.
    pub(super) fn body(self, provider: &ProviderConfig, request: &ChatRequest) -> Result<Value, LlmError> {
        if self == Self::default() {
            return chat_body(provider, request);
        }
        let mut provider = provider.clone();
        let quirks = &mut provider.quirks;
        quirks.temperature &= !self.no_temperature;
        quirks.stream_usage &= !self.no_stream_usage;
        quirks.prompt_cache &= !self.no_prompt_cache;
        if self.other_limit {
            other_limit(&quirks.max_tokens_field).clone_into(&mut quirks.max_tokens_field);
        }
        let temperature = request.temperature.filter(|_| !self.no_temperature);
        chat_body(&provider, &ChatRequest { temperature, ..request.clone() })
    }

    /// What is known of the model after it has refused a request with `error`.
    pub(super) fn after(self, error: &LlmError, provider: &ProviderConfig) -> Self {
        if !matches!(error.status, Some(400 | 422)) {
            return self;
        }
        let message = error.message.to_lowercase();
        let field = provider.quirks.max_tokens_field.as_str();
        let field = if self.other_limit { other_limit(field) } else { field };
        // Some only say which name they would have.
        let names_other = message.contains(field) && message.contains(other_limit(field));
        Self {
            no_temperature: self.no_temperature || takes_no_temperature(&message),
            other_limit: self.other_limit || names_other || (refuses(&message) && message.contains(field)),
            no_stream_usage: self.no_stream_usage || (refuses(&message) && message.contains("stream_options")),
            no_prompt_cache: self.no_prompt_cache
                || (provider.dialect == Dialect::AnthropicMessages && takes_no_marks(&message)),
        }
    }
}

/// Whether an error says that a prompt cannot be marked as one to be kept, or must be texts, which have no room for a mark.
fn takes_no_marks(message: &str) -> bool {
    let wants_text = ["valid string", "a string", "expected string", "type string"];
    message.contains("cache_control")
        || (wants_text.iter().any(|words| message.contains(words))
            && ["system", "content"].iter().any(|field| message.contains(field)))
}

fn other_limit(field: &str) -> &'static str {
    if field == LIMITS[0] { LIMITS[1] } else { LIMITS[0] }
}

/// Whether the words, in lower case, say that something is not taken at all.
fn refuses(message: &str) -> bool {
    let words = [
        "unsupported",
        "not support", // … does not support 0 with this model; is not supported
        "deprecated",
        "not compatible",
        "not allowed",
        "not permitted",
        "unknown parameter",
        "unrecognized",
        "unexpected",
    ];
    words.iter().any(|word| message.contains(word))
}

/// Whether an error says that the model takes no temperature at all, or none but its own; that one is out of range is the user's to
/// know. As `OpenAI`, Azure, Anthropic, Google and those who speak like them say it.
fn takes_no_temperature(message: &str) -> bool {
    // The last one while the model thinks.
    let own = ["only the default", "may only be set to 1"];
    message.contains("temperature") && (refuses(message) || own.iter().any(|words| message.contains(words)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::error::LlmErrorKind;

    #[rstest]
    #[case(
        "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
        "t"
    )]
    #[case("`temperature` is deprecated for this model.", "t")]
    #[case("Unsupported parameter: 'temperature' is not supported with this model.", "t")]
    #[case("`temperature` may only be set to 1 when thinking is enabled.", "t")]
    #[case("temperature: Input should be less than or equal to 1", "")]
    #[case("Invalid 'temperature': decimal above maximum value. Expected a value <= 2.", "")]
    #[case("The model 'm' does not support images.", "")]
    #[case(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "l"
    )]
    #[case("`max_tokens` must be at most 4096", "")]
    #[case("max_tokens is too large: 9. This model supports at most 8 completion tokens", "")]
    #[case("Unrecognized request argument supplied: stream_options", "s")]
    #[case("stream_options: Extra inputs are not permitted", "s")]
    #[case("system.0.cache_control: Extra inputs are not permitted", "c")]
    #[case("Unknown field `cache_control`", "c")]
    #[case("system: Input should be a valid string", "c")]
    #[case("messages.0.role: Input should be a valid string", "")]
    fn what_a_model_says_that_it_does_not_take(#[case] message: &str, #[case] expected: &str) {
        let provider = ProviderConfig::new("p", Dialect::AnthropicMessages, "http://h");
        let error = LlmError::new(LlmErrorKind::BadRequest, message, "").with_status(400);
        let known = Departures::default().after(&error, &provider);
        let found = [
            (known.no_temperature, 't'),
            (known.other_limit, 'l'),
            (known.no_stream_usage, 's'),
            (known.no_prompt_cache, 'c'),
        ];
        assert_eq!(found.iter().filter(|(is, _)| *is).map(|(_, name)| name).collect::<String>(), expected);
    }
}
