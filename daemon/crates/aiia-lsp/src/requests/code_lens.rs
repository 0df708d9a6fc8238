//! `textDocument/codeLens`: accept and reject above every waiting hunk of a review document; what is wrong with one that does not fit.

use std::sync::Arc;

use aiia_protocol::edit::HunkStatus;
use serde_json::json;
use tower_lsp::gen_lsp_types as lsp;

use crate::connection::Connection;
use crate::{from_proto, review, to_proto};

/// The lenses of a document; none where it is no review document.
pub(crate) async fn lenses(connection: &Arc<Connection>, params: lsp::CodeLensParams) -> Vec<lsp::CodeLens> {
    let Some(path) = from_proto::path(&params.text_document.uri) else { return Vec::new() };
    let Some(edit_id) = review::edit_of(connection, &path) else { return Vec::new() };
    let Ok(review) = review::load(connection, &edit_id).await else { return Vec::new() };
    let open = connection.session.documents().get(&path);
    let buffer = open.map_or_else(|| review.document.text.clone(), |open| open.document.text());
    let lens = |line: usize, title: &str, command: &str, number: u32| lsp::CodeLens {
        range: to_proto::lines(line..line),
        command: Some(lsp::Command {
            title: title.to_owned(),
            command: command.to_owned(),
            arguments: Some(vec![json!({ "edit_id": edit_id, "hunks": [number] })]),
            ..Default::default()
        }),
        data: None,
    };
    let mut lenses = Vec::new();
    for hunk in &review.document.hunks {
        let line = review.line_of(&buffer, hunk);
        match hunk.status {
            HunkStatus::Pending => {
                match &hunk.conflict {
                    None => lenses.push(lens(line, "Accept", "aiia.acceptHunk", hunk.number)),
                    Some(why) => {
                        let title = format!("Try again ({})", to_proto::shown(why, 100));
                        lenses.push(lens(line, &title, "aiia.retryHunk", hunk.number));
                    }
                }
                lenses.push(lens(line, "Reject", "aiia.rejectHunk", hunk.number));
            }
            HunkStatus::Accepted => lenses.push(lens(line, "Undo", "aiia.undo", hunk.number)),
            HunkStatus::Rejected | HunkStatus::Undone => {
                lenses.push(lens(line, "Accept", "aiia.acceptHunk", hunk.number));
            }
        }
    }
    lenses
}
