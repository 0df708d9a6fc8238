//! The connections that are open, and the documents that they have open.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use aiia_protocol::system::SessionInfo;
use parking_lot::MutexGuard;

use super::Engine;
use crate::session::SessionState;

impl Engine {
    fn sessions_lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<SessionState>>> {
        self.sessions.lock()
    }

    pub(crate) fn register_session(&self, state: &Arc<SessionState>) -> u64 {
        let number = self.next_session.fetch_add(1, Ordering::Relaxed);
        let sessions = {
            let mut sessions = self.sessions_lock();
            sessions.insert(number, Arc::clone(state));
            sessions.len()
        };
        self.activity.send_modify(|activity| activity.sessions = sessions);
        number
    }

    pub(crate) fn forget_session(&self, number: u64) {
        let sessions = {
            let mut sessions = self.sessions_lock();
            sessions.remove(&number);
            sessions.len()
        };
        self.activity.send_modify(|activity| activity.sessions = sessions);
    }

    /// The unsaved buffer of `path` in any connection, the lowest session first.
    pub(crate) fn open_document(&self, path: &str) -> Option<crate::documents::OpenDocument> {
        let sessions = self.sessions_lock();
        let mut numbers: Vec<&u64> = sessions.keys().collect();
        numbers.sort();
        numbers.into_iter().find_map(|number| sessions[number].documents.get(path))
    }

    /// The client that has `path` open with a text of which `differs` holds, but for the session `own`; the lowest session first.
    pub(crate) fn client_with(&self, own: u64, path: &str, differs: impl Fn(&str) -> bool) -> Option<String> {
        let mut found: Vec<(u64, String, crate::documents::OpenDocument)> = {
            let sessions = self.sessions_lock();
            let others = sessions.iter().filter(|(number, _)| **number != own);
            let open = others.filter_map(|(number, state)| {
                let client = state.name.lock().clone();
                Some((*number, client, state.documents.get(path)?))
            });
            open.collect()
        };
        found.sort_by_key(|(number, ..)| *number);
        found.into_iter().find(|(.., open)| differs(&open.document.text())).map(|(_, client, _)| client)
    }

    /// Every document that an editor has open, each path once, by path.
    pub(crate) fn open_documents(&self) -> Vec<(String, crate::documents::OpenDocument)> {
        let paths: std::collections::BTreeSet<String> =
            self.sessions_lock().values().flat_map(|state| state.documents.paths()).collect();
        paths.into_iter().filter_map(|path| self.open_document(&path).map(|open| (path, open))).collect()
    }

    pub(crate) fn session_infos(&self) -> Vec<SessionInfo> {
        let sessions = self.sessions_lock();
        let mut numbers: Vec<&u64> = sessions.keys().collect();
        numbers.sort();
        numbers
            .into_iter()
            .map(|number| {
                let state = &sessions[number];
                SessionInfo {
                    client: state.name.lock().clone(),
                    transport: state.transport.as_str().to_owned(),
                    documents: state.documents.paths().len() as u32,
                }
            })
            .collect()
    }
}
