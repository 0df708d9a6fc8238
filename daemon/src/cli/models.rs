//! `aiia models`: the models that can be used now.

use aiia_protocol::Empty;
use aiia_protocol::operation::ModelList;

use crate::cli::arguments::JsonArguments;
use crate::cli::output::{self, Style, paint};
use crate::client::Client;
use crate::exit::{self, Failure};

pub(crate) fn run(arguments: &JsonArguments) -> Result<u8, Failure> {
    let list = Client::open()?.call::<ModelList>(&Empty {})?;
    if arguments.json {
        output::json(&list);
    } else {
        for model in &list.items {
            let place = if model.local { "on this machine" } else { "remote" };
            let window = model.context_window.map_or(String::new(), |tokens| format!(", {tokens} tokens"));
            let mark = if model.default { paint(" (default)", Style::Good) } else { String::new() };
            let about = paint(&format!("{place}{window}"), Style::Faint);
            output::painted_line(&format!("{}{mark}  {about}", paint(&model.id, Style::Heading)));
        }
        for provider in &list.unavailable {
            output::note(&format!("{}: {}", provider.provider, provider.reason));
        }
    }
    if list.items.is_empty() {
        return Err(Failure::new(
            exit::NO_MODEL,
            "There is no model.",
            "`aiia doctor` tells what was tried and what to do.",
        ));
    }
    Ok(exit::OK)
}
