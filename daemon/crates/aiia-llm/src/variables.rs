//! Variables of the environment that are missed: how that is said, and how a reader finds which they are. A client of the daemon may
//! run where they have been set since.

const MISSED: &str = ", which was not set when the daemon was started";
const BY: &str = " by the variable ";
/// What a look for a variable that is not there has found.
pub(crate) const NOT_SET: &str = "not set";

/// The name of a variable with the words that it was not there; [`missed_variables`] finds it in a text that has them.
pub fn missed_variable(variable: &str) -> String {
    format!("{variable}{MISSED}")
}

/// What was looked for: the key of `label`, in `variable`.
pub(crate) fn looked_for(label: &str, variable: &str) -> String {
    format!("{label}{BY}{variable}")
}

/// The variables of which `text` says that they were not there, in its order, by [`missed_variable`] or as what was looked for in vain.
pub fn missed_variables(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(MISSED) {
        found.extend(text[..at].split_whitespace().next_back());
    }
    for looked in text.split("; ") {
        let looked = looked.strip_suffix('.').unwrap_or(looked);
        if let Some(places) = looked.strip_suffix(NOT_SET).and_then(|rest| rest.strip_suffix(": ")) {
            found.extend(places.split(BY).skip(1).filter_map(|rest| rest.split(',').next()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::discovery::Tried;
    use crate::survey::{Survey, no_model};

    #[test]
    fn those_that_are_missed_are_found_again() {
        let text = format!("It takes its key from {}; so it is. And {}.", missed_variable("W"), missed_variable("X_1"));
        assert_eq!(missed_variables(&text), ["W", "X_1"]);
    }

    #[rstest]
    #[case("")]
    #[case(", which was not set when the daemon was started")]
    #[case("A by the variable X: set; y: not set; not set")]
    fn nothing_else_is_found(#[case] text: &str) {
        assert!(missed_variables(text).is_empty());
    }

    #[test]
    fn those_that_were_looked_for_in_vain_are_found() {
        let tried = |label: &str, variable: &str, outcome: &str| Tried {
            what: looked_for(label, variable),
            outcome: outcome.to_owned(),
        };
        let here = Tried { what: "O at http://127.0.0.1:1".to_owned(), outcome: "not running".to_owned() };
        let tried = vec![here, tried("A", "A_KEY", NOT_SET), tried("B", "B_KEY", "set"), tried("C", "C_KEY", NOT_SET)];
        let error = no_model(&Survey { tried, ..Survey::default() });
        assert_eq!(missed_variables(&error.message), ["A_KEY", "C_KEY"], "{}", error.message);
    }
}
