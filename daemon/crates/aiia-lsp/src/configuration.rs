//! Diagnostics on the configuration files while they are written.

use std::path::Path;
use std::sync::Arc;

use aiia_engine::config::{Mistake, PROJECT_FILE, ProjectConfig};
use tower_lsp::gen_lsp_types as lsp;

use crate::connection::Connection;
use crate::to_proto;

/// Whether the file at `path` is one of ours.
fn is_configuration(connection: &Connection, path: &str) -> bool {
    let path = Path::new(path);
    path == connection.engine().config_file() || path.file_name().is_some_and(|name| name == PROJECT_FILE)
}

/// Says what is wrong with the document at `path`, if it is a configuration file. Each time the text of that moment is
/// looked at, so that the last word is about the last text.
pub(crate) fn check(connection: &Arc<Connection>, path: &str) {
    if !is_configuration(connection, path) {
        return;
    }
    let (connection, path) = (Arc::clone(connection), path.to_owned());
    let task = Arc::clone(&connection);
    connection.spawn(async move {
        let Some(uri) = task.uri(&path) else { return };
        let Some(open) = task.session.documents().get(&path) else {
            task.client.publish_diagnostics(uri, Vec::new(), None).await;
            return;
        };
        let text = open.document.text();
        let mistakes = if Path::new(&path) == task.engine().config_file() {
            task.engine().check_config(&text)
        } else {
            ProjectConfig::of(&text).mistakes
        };
        let encoding = task.capabilities().encoding;
        let diagnostics = mistakes
            .into_iter()
            .map(|mistake| lsp::Diagnostic {
                range: lsp::Range {
                    start: to_proto::position(&open.document, mistake.start, encoding),
                    end: to_proto::position(&open.document, mistake.end, encoding),
                },
                severity: Some(if mistake.is_syntax {
                    lsp::DiagnosticSeverity::Error
                } else {
                    lsp::DiagnosticSeverity::Warning
                }),
                source: Some("aiia".to_owned()),
                message: lsp::Message::String(sentence(&mistake)),
                ..lsp::Diagnostic::default()
            })
            .collect();
        task.client.publish_diagnostics(uri, diagnostics, Some(open.version)).await;
    });
}

fn sentence(mistake: &Mistake) -> String {
    format!("{} {}", mistake.message, mistake.hint).trim().to_owned()
}
