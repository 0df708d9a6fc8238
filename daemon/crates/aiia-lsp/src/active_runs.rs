//! The runs that a connection has begun and that go on.

use aiia_protocol::id::RunId;
use parking_lot::Mutex;

/// The runs with what they do, for people; in the order of their beginning.
#[derive(Debug, Default)]
pub(crate) struct Going {
    runs: Mutex<Vec<(RunId, String)>>,
}

/// Ends an entry when it is dropped.
pub(crate) struct Entry<'a> {
    going: &'a Going,
    run: RunId,
}

impl Going {
    /// Enters a run, until what it gives is dropped.
    pub(crate) fn enter(&self, run: RunId, title: &str) -> Entry<'_> {
        self.runs.lock().push((run.clone(), title.to_owned()));
        Entry { going: self, run }
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<(RunId, String)> {
        self.runs.lock().clone()
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.going.runs.lock().retain(|(run, _)| *run != self.run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_is_gone() {
        let going = Going::default();
        let first = going.enter("1".into(), "Fix");
        let second = going.enter("2".into(), "Explain");
        drop(first);
        assert_eq!(going.all(), [("2".into(), "Explain".to_owned())]);
        drop(second);
        assert_eq!(going.all(), []);
    }
}
