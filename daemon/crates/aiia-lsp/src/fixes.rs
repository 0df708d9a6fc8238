//! Fixes that were accepted, so that one that did not help can be tried again, told so.

use std::collections::VecDeque;

use aiia_protocol::document::Diagnostic;
use aiia_protocol::id::EditId;
use parking_lot::Mutex;

/// How many fixes are remembered.
const MAX_FIXES: usize = 100;

/// What was to be mended where, by pending edits of this connection.
#[derive(Debug, Default)]
pub(crate) struct Fixes {
    made: Mutex<VecDeque<Fix>>,
}

#[derive(Debug)]
struct Fix {
    edit_id: EditId,
    path: String,
    /// Messages and codes: places move with the text.
    reported: Vec<(String, Option<String>)>,
    accepted: bool,
}

impl Fixes {
    /// An edit was proposed for these diagnostics.
    pub(crate) fn proposed(&self, edit_id: &EditId, path: &str, diagnostics: &[Diagnostic]) {
        if diagnostics.is_empty() {
            return;
        }
        let mut made = self.made.lock();
        if made.len() == MAX_FIXES {
            made.pop_front();
        }
        let reported = diagnostics.iter().map(|one| (one.message.clone(), one.code.clone())).collect();
        made.push_back(Fix { edit_id: edit_id.clone(), path: path.to_owned(), reported, accepted: false });
    }

    /// Hunks of an edit were accepted.
    pub(crate) fn accepted(&self, edit_id: &EditId) {
        let mut made = self.made.lock();
        made.iter_mut().filter(|fix| fix.edit_id == *edit_id).for_each(|fix| fix.accepted = true);
    }

    /// The accepted edit that should have mended `diagnostic`, if that is offered to be tried again: only once, since what fails
    /// twice needs a person.
    pub(crate) fn in_vain(&self, path: &str, diagnostic: &Diagnostic) -> Option<EditId> {
        let made = self.made.lock();
        let is_same =
            |(message, code): &(String, Option<String>)| *message == diagnostic.message && *code == diagnostic.code;
        let mut tried = made.iter().filter(|fix| fix.accepted && fix.path == path && fix.reported.iter().any(is_same));
        let first = tried.next()?;
        tried.next().is_none().then(|| first.edit_id.clone())
    }
}

#[cfg(test)]
mod tests {
    use aiia_protocol::document::Severity;

    use super::*;

    #[test]
    fn an_accepted_fix_that_did_not_help_is_offered_again_once() {
        let diagnostic = |line: u32, message: &str| Diagnostic {
            start_line: line,
            end_line: line,
            severity: Severity::Error,
            message: message.to_owned(),
            source: None,
            code: None,
        };
        let fixes = Fixes::default();
        let (one, two) = (EditId::from("1"), EditId::from("2"));
        fixes.proposed(&one, "/a", &[diagnostic(3, "undefined: x")]);
        assert_eq!(fixes.in_vain("/a", &diagnostic(3, "undefined: x")), None, "nobody accepted it");
        fixes.accepted(&one);
        assert_eq!(fixes.in_vain("/a", &diagnostic(9, "undefined: x")), Some(one));
        assert_eq!(fixes.in_vain("/b", &diagnostic(3, "undefined: x")), None);
        assert_eq!(fixes.in_vain("/a", &diagnostic(3, "undefined: y")), None);
        fixes.proposed(&two, "/a", &[diagnostic(9, "undefined: x")]);
        fixes.accepted(&two);
        assert_eq!(fixes.in_vain("/a", &diagnostic(9, "undefined: x")), None, "it failed twice");
    }
}
