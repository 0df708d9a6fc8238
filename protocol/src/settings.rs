//! Settings of a generation: the model, the system prompt and the sampling parameters, each from the nearest level that has one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How an answer is made. What is absent is left to the next level, in the end to the model's provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// How freely the model chooses its words, 0 to 2; 0 always takes the likeliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// At most so many tokens of answer, 1 or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// The answer ends before the first of these texts; at most 16.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Vec<String>>,
}

impl Parameters {
    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where a setting comes from, the farthest first. A nearer one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// aiia itself.
    Default,
    /// The configuration file.
    Global,
    /// The file `.aiia.toml` of the folder.
    Folder,
    /// The project.
    Project,
    /// The chat.
    Chat,
    /// The message alone.
    Message,
}

/// A setting with where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sourced<T> {
    /// The value in force.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

/// The settings in force. What is absent is set nowhere.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Settings {
    /// The model, `provider/model`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Sourced<String>>,
    /// The system prompt that follows aiia's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<Sourced<String>>,
    /// How freely the model chooses its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<Sourced<f64>>,
    /// At most so many tokens of answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<Sourced<u32>>,
    /// The answer ends before the first of these texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Sourced<Vec<String>>>,
}

impl Settings {
    /// Lays a nearer level over what is there.
    pub fn lay(&mut self, origin: Origin, model: Option<&str>, system_prompt: Option<&str>, parameters: &Parameters) {
        fn put<T>(place: &mut Option<Sourced<T>>, value: Option<T>, origin: Origin) {
            if let Some(value) = value {
                *place = Some(Sourced { value, origin });
            }
        }
        let text = |text: Option<&str>| text.filter(|text| !text.trim().is_empty()).map(str::to_owned);
        put(&mut self.model, text(model), origin);
        put(&mut self.system_prompt, text(system_prompt), origin);
        put(&mut self.temperature, parameters.temperature, origin);
        put(&mut self.max_tokens, parameters.max_tokens, origin);
        put(&mut self.stop, parameters.stop.clone(), origin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_level_wins_setting_by_setting() {
        let mut settings = Settings::default();
        let warm = Parameters { temperature: Some(0.7), max_tokens: Some(9), ..Parameters::default() };
        settings.lay(Origin::Global, Some("a/b"), Some("Be brief."), &warm);
        settings.lay(Origin::Project, None, Some(" "), &Parameters::default());
        settings.lay(Origin::Chat, Some("c/d"), None, &Parameters { temperature: Some(0.0), ..Parameters::default() });
        let sourced = |value: &str, origin| Some(Sourced { value: value.to_owned(), origin });
        assert_eq!(settings.model, sourced("c/d", Origin::Chat));
        assert_eq!(settings.system_prompt, sourced("Be brief.", Origin::Global));
        assert_eq!(settings.temperature, Some(Sourced { value: 0.0, origin: Origin::Chat }));
        assert_eq!(settings.max_tokens, Some(Sourced { value: 9, origin: Origin::Global }));
        assert_eq!(settings.stop, None);
    }
}
