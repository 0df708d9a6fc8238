//! Variables that the daemon misses and the user's shell has: they were set after it was started.

use std::collections::BTreeSet;

use aiia_engine::missed_variables;

/// What to do where `texts` of the daemon say that it misses variables which are set here. Tells their names alone.
pub(crate) fn hint<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<String> {
    hint_where(texts, |variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty()))
}

fn hint_where<'t>(texts: impl IntoIterator<Item = &'t str>, is_set: impl Fn(&str) -> bool) -> Option<String> {
    let missed: BTreeSet<&str> = texts.into_iter().flat_map(missed_variables).filter(|name| is_set(name)).collect();
    let names: Vec<&str> = missed.into_iter().collect();
    let (are, were) = if names.len() == 1 { ("is", "was") } else { ("are", "were") };
    let names = Some(names.join(" and ")).filter(|names| !names.is_empty())?;
    Some(format!("{names} {are} set in this shell, but {were} not when the daemon started; `aiia stop` and ask again."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_set_here_is_told_and_once() {
        let text = "Tried: A by the variable A_KEY, B by the variable B_KEY: not set.";
        let hint = |set: &[&str]| hint_where([text, text], |name| set.contains(&name));
        assert_eq!(hint(&[]), None);
        assert_eq!(hint(&["C_KEY"]), None);
        let told = "B_KEY is set in this shell, but was not when the daemon started; `aiia stop` and ask again.";
        assert_eq!(hint(&["B_KEY"]).as_deref(), Some(told));
        assert!(hint(&["A_KEY", "B_KEY"]).is_some_and(|told| told.starts_with("A_KEY and B_KEY are set")));
    }
}
