//! Settings of a generation: the model, the system prompt, the sampling parameters and which code goes along, each from the nearest
//! level that has one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How an answer is made. What is absent is left to the next level, in the end to the model's provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// How freely the model chooses its words, 0 to 2; 0 always takes the likeliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 2.0))]
    pub temperature: Option<f64>,
    /// At most so many tokens of answer, 1 or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_tokens: Option<u32>,
    /// The answer ends before the first of these texts; at most 16.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 200)))]
    pub stop: Option<Vec<String>>,
}

impl Parameters {
    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Which code of the folder goes along with a question about code. What is absent is left to the next level, in the end to aiia.
///
/// Patterns are those of `.gitignore`, counted from the folder that the file belongs to. They choose among the files that are
/// shown beside the one that is asked about; what no model may see at all is said by `.aiiaignore`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ContextRules {
    /// At most so many tokens of code, 256 to 1,000,000; never more than a third of the model's window.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 256, max = 1_000_000))]
    pub budget: Option<u32>,
    /// Only files that one of these patterns names are shown, such as `src/`; all where it is empty. At most 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<Vec<String>>,
    /// No file that one of these patterns names is shown, such as `vendor/` or `*.generated.ts`. At most 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Vec<String>>,
}

impl ContextRules {
    /// The least budget, in tokens.
    pub const LEAST_BUDGET: u32 = 256;
    /// The largest budget, in tokens.
    pub const LARGEST_BUDGET: u32 = 1_000_000;

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
    /// At most so many tokens of code are shown with a question about code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_budget: Option<Sourced<u32>>,
    /// Patterns of the files that are shown beside the one that is asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_include: Option<Sourced<Vec<String>>>,
    /// Patterns of the files that are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_exclude: Option<Sourced<Vec<String>>>,
}

/// Puts a value over the one of a farther level, where there is one.
fn put<T>(place: &mut Option<Sourced<T>>, value: Option<T>, origin: Origin) {
    if let Some(value) = value {
        *place = Some(Sourced { value, origin });
    }
}

impl Settings {
    /// Lays a nearer level over what is there.
    pub fn lay(&mut self, origin: Origin, model: Option<&str>, system_prompt: Option<&str>, parameters: &Parameters) {
        let text = |text: Option<&str>| text.filter(|text| !text.trim().is_empty()).map(str::to_owned);
        put(&mut self.model, text(model), origin);
        put(&mut self.system_prompt, text(system_prompt), origin);
        put(&mut self.temperature, parameters.temperature, origin);
        put(&mut self.max_tokens, parameters.max_tokens, origin);
        put(&mut self.stop, parameters.stop.clone(), origin);
    }

    /// Lays the context rules of a nearer level over what is there.
    pub fn lay_context(&mut self, origin: Origin, rules: &ContextRules) {
        put(&mut self.context_budget, rules.budget, origin);
        put(&mut self.context_include, rules.include.clone(), origin);
        put(&mut self.context_exclude, rules.exclude.clone(), origin);
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

    #[test]
    fn context_rules_win_one_by_one() {
        let mut settings = Settings::default();
        let vendor = Some(vec!["vendor/".to_owned()]);
        let near = ContextRules { budget: Some(900), ..ContextRules::default() };
        settings.lay_context(Origin::Global, &ContextRules { exclude: vendor.clone(), ..near.clone() });
        settings.lay_context(Origin::Project, &near);
        assert_eq!(settings.context_budget, Some(Sourced { value: 900, origin: Origin::Project }));
        assert_eq!(settings.context_exclude, vendor.map(|value| Sourced { value, origin: Origin::Global }));
        assert_eq!(settings.context_include, None);
    }
}
