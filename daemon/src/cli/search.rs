//! `aiia search`: where something was said.

use aiia_protocol::chat::Inclusion;
use aiia_protocol::operation::SearchQuery;
use aiia_protocol::search::{Search, SearchMode, SnippetPart};

use crate::cli::arguments::SearchArguments;
use crate::cli::output::{self, Style, paint};
use crate::cli::sanitize::one_line;
use crate::cli::when::point_in_time;
use crate::client::Client;
use crate::exit::{self, Failure};

pub(crate) fn run(arguments: &SearchArguments) -> Result<u8, Failure> {
    let role = arguments.role.as_ref().and_then(|role| serde_json::from_value(role.clone().into()).ok());
    let page = Client::open()?.call::<SearchQuery>(&Search {
        query: arguments.words.join(" "),
        mode: if arguments.exact { SearchMode::Substring } else { SearchMode::Auto },
        project_id: arguments.project.as_deref().map(Into::into),
        chat_id: arguments.chat.as_deref().map(Into::into),
        role,
        model: arguments.model.clone(),
        tag: arguments.tag.clone(),
        favourite: arguments.favourite.then_some(true),
        archived: if arguments.archived { Inclusion::Include } else { Inclusion::Exclude },
        since: arguments.since.as_deref().map(point_in_time),
        until: arguments.until.as_deref().map(point_in_time),
        cursor: None,
        limit: Some(arguments.list.limit),
    })?;
    if arguments.list.json {
        output::json(&page);
        return Ok(exit::OK);
    }
    if page.items.is_empty() {
        output::note("Nothing was found.");
    }
    for hit in &page.items {
        let what = if hit.message_id.is_some() { one_line(&hit.chat_title) } else { "title".to_owned() };
        output::painted_line(&format!(
            "{}  {}",
            paint(hit.chat_id.as_str(), Style::Faint),
            paint(&what, Style::Heading)
        ));
        output::painted_line(&format!("    {}", shown(&hit.snippet)));
    }
    if page.has_more {
        output::note("There are more: raise --limit.");
    }
    Ok(exit::OK)
}

/// A snippet on one line, with what was found set off.
fn shown(snippet: &[SnippetPart]) -> String {
    let mut line = String::new();
    let mut is_apart = true;
    for part in snippet {
        let text = one_line(&part.text);
        // Blanks at the ends of a part stand between words, unless they begin the line.
        if part.text.starts_with(char::is_whitespace) && !is_apart {
            line.push(' ');
            is_apart = true;
        }
        if text.is_empty() {
            continue;
        }
        line += &if part.found { paint(&text, Style::Good) } else { text };
        is_apart = part.text.ends_with(char::is_whitespace);
        if is_apart {
            line.push(' ');
        }
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_keeps_the_blanks_between_its_parts() {
        let part = |text: &str, found| SnippetPart { text: text.to_owned(), found };
        let snippet =
            [part("\n\nSee:\n", false), part("What", true), part(" is\n it, what", false), part("ever ", true)];
        assert_eq!(shown(&snippet), "See: What is it, whatever");
    }
}
