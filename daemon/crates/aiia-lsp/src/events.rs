//! Streams as notifications: the events of runs (`aiia/run/event`) and of everything (`aiia/event`).
//!
//! A connection follows a run once. Whoever asks for its events gets all of them after the number that is named, again if need be:
//! another view of the client may lack the beginning.

use std::collections::HashMap;
use std::sync::Arc;

use aiia_engine::Rarely;
use aiia_protocol::id::RunId;
use aiia_protocol::operation::{EVENT_METHOD, RUN_EVENT_METHOD, RunEvents};
use aiia_protocol::run::{self, RunEvent};
use futures::StreamExt;
use futures::stream::BoxStream;
use parking_lot::Mutex;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::connection::Connection;

/// Work that begins once the response is on its way.
pub(crate) type Task = Box<dyn FnOnce() + Send>;
/// The same where there may be nothing to do.
pub(crate) type Then = Option<Task>;

/// What a connection follows.
#[derive(Default)]
pub(crate) struct Followed(Mutex<State>);

#[derive(Default)]
struct State {
    runs: HashMap<RunId, CancellationToken>,
    everything: bool,
}

impl Followed {
    /// A token for following `run`; whatever followed it before ends.
    fn begin(&self, run: &RunId) -> CancellationToken {
        let token = CancellationToken::new();
        let mut state = self.0.lock();
        if let Some(before) = state.runs.insert(run.clone(), token.clone()) {
            before.cancel();
        }
        token
    }

    /// The same for a run that nobody follows yet.
    fn begin_first(&self, run: &RunId) -> Option<CancellationToken> {
        let mut state = self.0.lock();
        if state.runs.contains_key(run) {
            return None;
        }
        let token = CancellationToken::new();
        state.runs.insert(run.clone(), token.clone());
        Some(token)
    }

    fn end(&self, run: &RunId, token: &CancellationToken) {
        if !token.is_cancelled() {
            self.0.lock().runs.remove(run);
        }
    }

    fn begin_everything(&self) -> bool {
        !std::mem::replace(&mut self.0.lock().everything, true)
    }
}

/// Follows a run that the connection has started.
pub(crate) fn follow_started(connection: &Arc<Connection>, run: &RunId) -> Then {
    let token = connection.followed.begin_first(run)?;
    let (connection, run) = (Arc::clone(connection), run.clone());
    Some(Box::new(move || {
        let following = Arc::clone(&connection);
        connection.spawn(async move {
            let params = run::RunEvents { run_id: run.clone(), after: 0 };
            match following.session.stream::<RunEvents>(params).await {
                Ok(events) => forward_run(&following, &run, &token, events).await,
                Err(problem) => {
                    following.followed.end(&run, &token);
                    tracing::warn!(%run, %problem, "the events of a run are not to be had");
                }
            }
        });
    }))
}

/// Follows `run` with these events.
pub(crate) fn follow(connection: &Arc<Connection>, run: &RunId, events: BoxStream<'static, RunEvent>) -> Task {
    let token = connection.followed.begin(run);
    let (connection, run) = (Arc::clone(connection), run.clone());
    Box::new(move || {
        let following = Arc::clone(&connection);
        connection.spawn(async move { forward_run(&following, &run, &token, events).await });
    })
}

/// Follows everything.
pub(crate) fn subscribe(connection: &Arc<Connection>, mut items: BoxStream<'static, Value>) -> Then {
    if !connection.followed.begin_everything() {
        return None;
    }
    let connection = Arc::clone(connection);
    Some(Box::new(move || {
        let following = Arc::clone(&connection);
        connection.spawn(async move {
            while let Some(item) = items.next().await {
                following.notify(EVENT_METHOD, &item).await;
            }
        });
    }))
}

async fn forward_run(
    connection: &Connection,
    run: &RunId,
    token: &CancellationToken,
    mut events: BoxStream<'static, RunEvent>,
) {
    let mut replaced = Rarely::new(token.cancelled());
    loop {
        let event = tokio::select! {
            biased;
            () = &mut replaced => return,
            event = events.next() => event,
        };
        let Some(event) = event else { break };
        connection.notify(RUN_EVENT_METHOD, &event).await;
    }
    connection.followed.end(run, token);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_followed_by_the_last_who_asked() {
        let followed = Followed::default();
        let run = RunId::from("r");
        let first = followed.begin_first(&run).unwrap();
        assert!(followed.begin_first(&run).is_none());
        let second = followed.begin(&run);
        assert!(first.is_cancelled() && !second.is_cancelled());
        followed.end(&run, &first);
        assert!(followed.begin_first(&run).is_none(), "the second one goes on");
        followed.end(&run, &second);
        assert!(followed.begin_first(&run).is_some());
    }
}
