//! Where many hunks of one file stand in its text.

use std::ops::Range;

use aiia_edit::{Hunk, LocateError, locate, whole_lines};

/// A text that hunks were made on, and what it is now.
pub(super) struct Places<'a> {
    base: &'a str,
    current: &'a str,
    /// Where each line of a text that nobody typed in begins, and where the last one ends.
    starts: Option<Vec<usize>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(base: &'a str, current: &'a str) -> Self {
        let starts = (base == current).then(|| {
            let ends = whole_lines(current).into_iter().scan(0, |end, line| {
                *end += line.len();
                Some(*end)
            });
            std::iter::once(0).chain(ends).collect()
        });
        Self { base, current, starts }
    }

    /// What [`locate`] gives for `hunk`, which compares all of the two texts only where they differ.
    pub(super) fn of(&self, hunk: &Hunk) -> Result<Range<usize>, LocateError> {
        match self.in_place(hunk) {
            Some(place) => Ok(place),
            None => locate(hunk, self.base, self.current),
        }
    }

    /// The place of a hunk of a text that nobody typed in. `None` where that takes a closer look.
    fn in_place(&self, hunk: &Hunk) -> Option<Range<usize>> {
        let starts = self.starts.as_ref()?;
        let first = hunk.old_index();
        let place = *starts.get(first)?..*starts.get(first.checked_add(hunk.old_lines)?)?;
        // A text without a break at its end would be glued to another.
        let ended = |text: &str| text.is_empty() || text.ends_with(['\n', '\r']);
        let is_plain = ended(&hunk.new_text) && ended(&self.current[..place.start]);
        (is_plain && self.current[place.clone()] == hunk.old_text).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_one_that_is_looked_for() {
        let texts = ["", "a\n", "a\nb\nb\nc\nd\n", "a\nb\nb\nc", "a\r\nb\rc\n\n", "x\nx\nx\n"];
        for base in texts {
            for new in texts {
                for hunk in aiia_edit::hunks(base, new) {
                    for current in texts {
                        assert_eq!(
                            Places::new(base, current).of(&hunk),
                            locate(&hunk, base, current),
                            "{base:?} {new:?}"
                        );
                    }
                    let further = Hunk { old_start: hunk.old_start + 1, ..hunk.clone() };
                    assert_eq!(Places::new(base, base).of(&further), locate(&further, base, base), "{base:?} {new:?}");
                }
            }
        }
    }
}
