//! Times as people write them.

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A time as the daemon takes it: a day means its beginning in the local time zone, anything else is left as it is.
pub(crate) fn point_in_time(text: &str) -> String {
    let day = text.parse::<Date>().ok();
    let zoned = day.and_then(|day| day.to_zoned(TimeZone::system()).ok());
    zoned.map_or_else(|| text.to_owned(), |zoned| zoned.timestamp().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_beginning_and_a_time_itself() {
        assert!(point_in_time("2026-11-22").parse::<jiff::Timestamp>().is_ok());
        for text in ["2026-11-22T10:00:00Z", "yesterday", ""] {
            assert_eq!(point_in_time(text), text);
        }
    }
}
