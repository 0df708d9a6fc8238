//! Pages of lists and their opaque cursors.
//!
//! A cursor names the last item of a page, so that what is added or deleted between two pages neither repeats nor hides an
//! item. It carries a checksum over the list it belongs to: a changed cursor, or one of another list, is refused.

use aiia_protocol::page::{DEFAULT_LIMIT, MAX_LIMIT, Page};

use crate::StoreError;

/// The form of cursors; another one is refused.
const VERSION: &str = "1";
const LONGEST: usize = 1024;

/// A place in a list: the two values that the list is ordered by.
pub(crate) type Position = [String; 2];

/// What a caller asks of a list.
pub(crate) struct PageRequest {
    list: String,
    limit: usize,
    after: Option<Position>,
}

impl PageRequest {
    /// Checks the parameters of a list; `list` names the list with its filters.
    pub(crate) fn new(list: String, cursor: Option<&str>, limit: Option<u32>) -> Result<Self, StoreError> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(StoreError::invalid("/limit", format!("The limit must be 1 to {MAX_LIMIT}, not {limit}.")));
        }
        let after = cursor.map(|cursor| decode(&list, cursor)).transpose()?;
        Ok(Self { list, limit: limit as usize, after })
    }

    /// The item after which the page starts.
    pub(crate) fn after(&self) -> Option<&Position> {
        self.after.as_ref()
    }

    /// The item after which the page starts, for a list that is ordered by time, newest first.
    pub(crate) fn after_newest(&self) -> Position {
        // Greater than every time, so that one query serves the first page and the others.
        self.after.clone().unwrap_or_else(|| ["~".to_owned(), String::new()])
    }

    /// How many rows to read: one more than fit, which tells whether there are more.
    pub(crate) fn rows(&self) -> i64 {
        self.limit as i64 + 1
    }

    /// The page, from at most [`Self::rows`] items.
    pub(crate) fn page<T>(&self, mut items: Vec<T>, position: impl Fn(&T) -> Position) -> Page<T> {
        let has_more = items.len() > self.limit;
        items.truncate(self.limit);
        let last = items.last().filter(|_| has_more);
        let next_cursor = last.map(|item| encode(&self.list, &position(item)));
        Page { items, next_cursor, has_more }
    }
}

fn encode(list: &str, position: &Position) -> String {
    let payload = format!("{VERSION}\n{}\n{}", position[0], position[1]);
    let checksum = checksum(list, &payload).to_be_bytes();
    checksum.iter().chain(payload.as_bytes()).fold(String::new(), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
        text
    })
}

fn decode(list: &str, cursor: &str) -> Result<Position, StoreError> {
    let read = || -> Option<Position> {
        if cursor.len() > LONGEST || !cursor.len().is_multiple_of(2) {
            return None;
        }
        if !cursor.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let bytes: Vec<u8> = (0..cursor.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&cursor[at..at + 2], 16))
            .collect::<Result<_, _>>()
            .ok()?;
        let (sum, payload) = bytes.split_first_chunk::<8>()?;
        let payload = std::str::from_utf8(payload).ok()?;
        if u64::from_be_bytes(*sum) != checksum(list, payload) {
            return None;
        }
        let mut parts = payload.split('\n');
        if parts.next()? != VERSION {
            return None;
        }
        let position = [parts.next()?.to_owned(), parts.next()?.to_owned()];
        parts.next().is_none().then_some(position)
    };
    read().ok_or(StoreError::InvalidCursor)
}

/// FNV-1a. It guards against mistakes, not against forgery: a cursor gives no right to anything.
fn checksum(list: &str, payload: &str) -> u64 {
    let bytes = list.bytes().chain([0]).chain(payload.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn position() -> Position {
        ["2025-10-09T08:53:20.120Z".to_owned(), "0199c-7".to_owned()]
    }

    #[test]
    fn a_cursor_gives_back_its_position() {
        assert_eq!(decode("chats", &encode("chats", &position())), Ok(position()));
    }

    #[test]
    fn a_cursor_is_refused_when_any_character_is_changed() {
        let cursor = encode("chats", &position());
        for at in 0..cursor.len() {
            let other = if &cursor[at..=at] == "0" { "1" } else { "0" };
            let changed = format!("{}{other}{}", &cursor[..at], &cursor[at + 1..]);
            assert_eq!(decode("chats", &changed), Err(StoreError::InvalidCursor), "at {at}");
        }
        assert_eq!(decode("chats", &cursor[2..]), Err(StoreError::InvalidCursor));
    }

    #[rstest]
    #[case::empty("")]
    #[case::odd("abc")]
    #[case::no_hexadecimal("zz")]
    #[case::no_ascii("ää")]
    #[case::sign("+1")]
    #[case::short("00ff")]
    fn what_is_no_cursor_is_refused(#[case] cursor: &str) {
        assert_eq!(decode("chats", cursor), Err(StoreError::InvalidCursor));
    }

    #[test]
    fn a_cursor_of_another_list_or_a_very_long_one_is_refused() {
        assert_eq!(decode("projects", &encode("chats", &position())), Err(StoreError::InvalidCursor));
        assert_eq!(decode("chats", &"00".repeat(LONGEST)), Err(StoreError::InvalidCursor));
    }

    #[rstest]
    #[case(Some(0))]
    #[case(Some(201))]
    #[case(Some(u32::MAX))]
    fn a_limit_out_of_range_is_refused(#[case] limit: Option<u32>) {
        let refused = PageRequest::new("chats".into(), None, limit).err();
        assert!(matches!(refused, Some(StoreError::InvalidInput { pointer, .. }) if pointer == "/limit"));
    }
}
