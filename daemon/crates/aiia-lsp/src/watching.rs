//! Files that the editor watches, so that the index and open reviews hear at once of what others change. Where it cannot, the daemon looks itself when it
//! is asked something.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tower_lsp::gen_lsp_types as lsp;

use crate::connection::Connection;
use crate::{following, from_proto};

/// How long the editor may take to begin: some go through all folders for it.
const BEGIN_LIMIT: Duration = Duration::from_mins(1);
const METHOD: &str = "workspace/didChangeWatchedFiles";

/// Asks the client to watch what is indexed, if it can.
pub(crate) fn register(connection: &Arc<Connection>) {
    if !connection.capabilities().watches_files {
        return;
    }
    ask_for(connection, "aiia/watched".to_owned(), aiia_engine::watched_globs());
}

/// Asks the client to watch these files as well, if it can; what is watched anyway is not asked for.
pub(crate) fn also(connection: &Arc<Connection>, paths: &[&str]) {
    if !connection.capabilities().watches_files {
        return;
    }
    let names: BTreeSet<&str> = paths.iter().filter_map(|path| Path::new(path).file_name()?.to_str()).collect();
    let new: Vec<&str> = names.into_iter().filter(|name| !aiia_engine::is_watched(name)).collect();
    for name in connection.following.not_watched_yet(&new) {
        // What has a meaning in globs stands for any one character.
        let glob = name.replace(['*', '?', '[', ']', '{', '}', ',', '!', '\\'], "?");
        ask_for(connection, format!("aiia/watched/{name}"), vec![format!("**/{glob}")]);
    }
}

fn ask_for(connection: &Arc<Connection>, id: String, globs: Vec<String>) {
    let asking = Arc::clone(connection);
    connection.spawn(async move {
        let watcher = |glob| lsp::FileSystemWatcher { glob_pattern: lsp::GlobPattern::Pattern(glob), kind: None };
        let watchers = globs.into_iter().map(watcher).collect();
        let registration = lsp::Registration {
            id,
            method: METHOD.to_owned(),
            register_options: serde_json::to_value(lsp::DidChangeWatchedFilesRegistrationOptions { watchers }).ok(),
        };
        let params = lsp::RegistrationParams { registrations: vec![registration] };
        asking.ask::<lsp::RegistrationRequest>(params, BEGIN_LIMIT).await;
    });
}

/// Files have changed, were made or are gone.
pub(crate) fn changed(connection: &Arc<Connection>, params: &lsp::DidChangeWatchedFilesParams) {
    let paths: Vec<String> = params.changes.iter().filter_map(|change| from_proto::path(&change.uri)).collect();
    for path in &paths {
        following::changed_on_disk(connection, path);
    }
    connection.engine().changed_on_disk(paths.into_iter().map(PathBuf::from).collect());
}
