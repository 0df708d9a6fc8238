//! Files that the editor watches, so that the index hears at once of what others change. Where it cannot, the daemon looks itself when it
//! is asked something.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tower_lsp::gen_lsp_types as lsp;

use crate::connection::Connection;
use crate::from_proto;

/// How long the editor may take to begin: some go through all folders for it.
const BEGIN_LIMIT: Duration = Duration::from_mins(1);
const METHOD: &str = "workspace/didChangeWatchedFiles";

/// Asks the client to watch what is indexed, if it can.
pub(crate) fn register(connection: &Arc<Connection>) {
    if !connection.capabilities().watches_files {
        return;
    }
    let asking = Arc::clone(connection);
    connection.spawn(async move {
        let watcher = |glob| lsp::FileSystemWatcher { glob_pattern: lsp::GlobPattern::Pattern(glob), kind: None };
        let watchers = aiia_engine::watched_globs().into_iter().map(watcher).collect();
        let registration = lsp::Registration {
            id: "aiia/watched".to_owned(),
            method: METHOD.to_owned(),
            register_options: serde_json::to_value(lsp::DidChangeWatchedFilesRegistrationOptions { watchers }).ok(),
        };
        let params = lsp::RegistrationParams { registrations: vec![registration] };
        asking.ask::<lsp::RegistrationRequest>(params, BEGIN_LIMIT).await;
    });
}

/// Files have changed, were made or are gone.
pub(crate) fn changed(connection: &Connection, params: &lsp::DidChangeWatchedFilesParams) {
    let paths: Vec<PathBuf> =
        params.changes.iter().filter_map(|change| from_proto::path(&change.uri)).map(PathBuf::from).collect();
    connection.engine().changed_on_disk(paths);
}
