//! Settings of a generation with where each comes from, for people.

use aiia_protocol::settings::{Origin, Settings, Sourced};

use crate::cli::output::{self, Style, paint};
use crate::cli::sanitize::one_line;

/// Prints a line for every setting.
pub(crate) fn show(settings: &Settings) {
    let list = |list: &Vec<String>| list.join(" | ");
    line("model", settings.model.as_ref(), Clone::clone);
    line("system prompt", settings.system_prompt.as_ref(), Clone::clone);
    line("temperature", settings.temperature.as_ref(), f64::to_string);
    line("max tokens", settings.max_tokens.as_ref(), u32::to_string);
    line("stop", settings.stop.as_ref(), list);
    line("context budget", settings.context_budget.as_ref(), u32::to_string);
    line("include", settings.context_include.as_ref(), list);
    line("exclude", settings.context_exclude.as_ref(), list);
}

fn line<T>(name: &str, setting: Option<&Sourced<T>>, shown: impl Fn(&T) -> String) {
    let value = setting.map_or_else(|| "—".to_owned(), |setting| shown(&setting.value));
    let origin = match setting.map(|setting| setting.origin) {
        Some(Origin::Default) => "default",
        Some(Origin::Global) => "configuration file",
        Some(Origin::Folder) => "folder",
        Some(Origin::Project) => "project",
        Some(Origin::Chat) => "chat",
        Some(Origin::Message) => "message",
        None => "not set",
    };
    output::painted_line(&format!("{name:<14} {}  {}", one_line(&value), paint(origin, Style::Faint)));
}
