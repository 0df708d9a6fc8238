//! Times and new identifiers.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use crate::StoreError;

/// The last time given out, in milliseconds: a clock that is set back does not reorder what happens in one process.
static LAST: AtomicI64 = AtomicI64::new(i64::MIN);

/// The time now, RFC 3339 in UTC with milliseconds.
pub(crate) fn now() -> String {
    let now = Timestamp::now().as_millisecond();
    let now = LAST.fetch_max(now, Ordering::Relaxed).max(now);
    format_milliseconds(now)
}

/// A time that a caller gave, in the form in which times are stored.
pub(crate) fn normalize(time: &str, pointer: &str) -> Result<String, StoreError> {
    let Ok(parsed) = time.parse::<Timestamp>() else {
        let detail = format!("“{}” is no time such as 2025-10-09T08:53:20Z.", time.escape_debug());
        return Err(StoreError::invalid(pointer, detail));
    };
    Ok(format!("{parsed:.3}"))
}

/// A new `UUIDv7`, greater than all before from this process.
pub(crate) fn new_id<T: From<String>>() -> T {
    T::from(uuid::Uuid::now_v7().to_string())
}

fn format_milliseconds(milliseconds: i64) -> String {
    let time = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_and_sort_as_text() {
        assert_eq!(format_milliseconds(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(format_milliseconds(1_760_000_000_120), "2025-10-09T08:53:20.120Z");
        assert!(now() <= now());
    }
}
