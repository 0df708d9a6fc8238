//! Shows in the editor that its folder is being indexed, where that takes a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aiia_engine::Indexing;
use aiia_protocol::handshake::Purpose;
use tokio::sync::broadcast::error::RecvError;

use crate::connection::Connection;
use crate::progress::Progress;

/// What takes no longer is not shown.
const SHOWN_AFTER: Duration = if cfg!(test) { Duration::ZERO } else { Duration::from_millis(500) };
const REPORT_EVERY: Duration = Duration::from_millis(250);

/// Shows the indexing of this editor's folders as long as the connection lasts.
pub(crate) fn watch(connection: &Arc<Connection>) {
    if connection.purpose != Purpose::Lsp {
        return;
    }
    let mut begun = connection.engine().subscribe_indexing();
    let watching = Arc::clone(connection);
    connection.spawn(async move {
        loop {
            match begun.recv().await {
                Ok(indexing) if concerns(&watching, &indexing) => {
                    let connection = Arc::clone(&watching);
                    watching.spawn(async move { show(&connection, indexing).await });
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    });
}

/// Whether the editor works in the folder.
fn concerns(connection: &Connection, indexing: &Indexing) -> bool {
    let root = indexing.root();
    connection.session.folders().iter().any(|folder| folder.starts_with(root) || root.starts_with(folder))
        || connection.session.documents().paths().iter().any(|path| std::path::Path::new(path).starts_with(root))
}

async fn show(connection: &Arc<Connection>, mut indexing: Indexing) {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    if !SHOWN_AFTER.is_zero() && tokio::time::timeout(SHOWN_AFTER, indexing.ended()).await.is_ok() {
        return;
    }
    let name = indexing.root().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let token = format!("aiia/index/{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let progress = Progress::begin_plain(connection, token, &format!("indexing {name}")).await;
    while tokio::time::timeout(REPORT_EVERY, indexing.ended()).await.is_err() {
        let (files, parsed) = indexing.progress();
        // Until the folder is listed nobody knows of how many.
        if files > 0 {
            progress.report_share(&format!("{parsed} of {files} files"), parsed * 100 / files).await;
        }
    }
    progress.end(&format!("{} files", indexing.progress().0)).await;
}
