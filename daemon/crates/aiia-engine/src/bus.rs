//! Tells every client of every change.

use std::sync::atomic::{AtomicU64, Ordering};

use aiia_protocol::event::{Change, Entity, Event};
use aiia_protocol::id::{ChatId, ProjectId};
use tokio::sync::broadcast;

/// How many events a slow client may be behind before it misses some; the gap in the numbers tells it.
const CAPACITY: usize = 1024;

pub(crate) struct Bus {
    sender: broadcast::Sender<Event>,
    last: AtomicU64,
}

impl Bus {
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::channel(CAPACITY).0, last: AtomicU64::new(0) }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }

    pub(crate) fn publish(
        &self,
        (entity, change): (Entity, Change),
        id: impl std::fmt::Display,
        project_id: Option<&ProjectId>,
        chat_id: Option<&ChatId>,
    ) {
        let event = Event {
            seq: self.last.fetch_add(1, Ordering::Relaxed) + 1,
            entity,
            change,
            id: id.to_string(),
            project_id: project_id.cloned(),
            chat_id: chat_id.cloned(),
        };
        // Nobody listening is not an error.
        let _ = self.sender.send(event);
    }
}
