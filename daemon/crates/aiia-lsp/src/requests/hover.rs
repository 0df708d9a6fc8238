//! `textDocument/hover`: about a hunk of a review document, or the last explanation of the symbol.

use std::sync::Arc;

use aiia_engine::actions::offered;
use aiia_protocol::edit::HunkStatus;
use tower_lsp::gen_lsp_types as lsp;

use crate::connection::Connection;
use crate::{from_proto, review, to_proto};

/// What is known about a place.
pub(crate) async fn hover(connection: &Arc<Connection>, params: lsp::HoverParams) -> Option<lsp::Hover> {
    let place = params.text_document_position_params;
    let path = from_proto::path(&place.text_document.uri)?;
    let text = match review::edit_of(connection, &path) {
        Some(edit_id) => {
            let review = review::load(connection, &edit_id).await.ok()?;
            let open = connection.session.documents().get(&path);
            let buffer = open.map_or_else(|| review.document.text.clone(), |open| open.document.text());
            let hunk = review.hunk_at(&buffer, place.position.line as usize)?;
            let edit = &review.document.edit;
            let row = edit.files.iter().flat_map(|file| &file.hunks).find(|row| row.number == hunk.number)?;
            about_hunk(&edit.title, &edit.model, row)
        }
        None if connection.has_explanations(&path) => {
            let open = connection.session.documents().get(&path)?;
            let offset = from_proto::offset(&open.document, place.position, connection.capabilities().encoding);
            let symbol = offered(&open, offset..offset).symbol?;
            connection.explanation(&path, &symbol)?
        }
        None => return None,
    };
    Some(lsp::Hover { contents: lsp::Contents::MarkupContent(to_proto::markdown(&text)), range: None })
}

fn about_hunk(title: &str, model: &str, hunk: &aiia_protocol::edit::EditHunk) -> String {
    let status = match hunk.status {
        HunkStatus::Pending => "waits",
        HunkStatus::Accepted => "accepted",
        HunkStatus::Rejected => "rejected",
        HunkStatus::Undone => "taken back",
    };
    let mut text = format!("**{title}** — hunk {}, {status}\n\nProposed by `{model}`.", hunk.number);
    for tolerance in &hunk.tolerances {
        text.push_str("\n\nMatched ");
        text.push_str(tolerance);
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hunk_tells_its_model_and_tolerance() {
        let hunk = aiia_protocol::edit::EditHunk {
            number: 2,
            old_start: 1,
            old_lines: 1,
            new_start: 1,
            new_lines: 1,
            old_text: String::new(),
            new_text: String::new(),
            tolerances: vec!["ignoring indentation".to_owned()],
            status: HunkStatus::Pending,
        };
        let text = about_hunk("Fix `f`", "p/m", &hunk);
        assert_eq!(text, "**Fix `f`** — hunk 2, waits\n\nProposed by `p/m`.\n\nMatched ignoring indentation.");
    }
}
