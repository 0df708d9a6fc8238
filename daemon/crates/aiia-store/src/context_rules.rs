//! Context rules as they are stored.

use aiia_protocol::settings::ContextRules;

use crate::{StoreError, columns};

const MOST_PATTERNS: usize = 100;
const LONGEST_PATTERN: usize = 500;

/// The rules as a column has them, checked; nothing where none is set.
pub(crate) fn to_column(rules: &ContextRules) -> Result<Option<String>, StoreError> {
    let (least, largest) = (ContextRules::LEAST_BUDGET, ContextRules::LARGEST_BUDGET);
    if let Some(budget) = rules.budget.filter(|budget| !(least..=largest).contains(budget)) {
        let detail = format!("The budget must be {least} to {largest} tokens, not {budget}.");
        return Err(StoreError::invalid("/context/budget", detail));
    }
    for (name, patterns) in [("include", &rules.include), ("exclude", &rules.exclude)] {
        let patterns = patterns.as_deref().unwrap_or_default();
        if patterns.len() > MOST_PATTERNS {
            let detail = format!("There may be {MOST_PATTERNS} patterns; there are {}.", patterns.len());
            return Err(StoreError::invalid(format!("/context/{name}"), detail));
        }
        let wrong = |pattern: &String| {
            let blank = pattern.trim().is_empty() || pattern.contains(['\n', '\r', '\0']);
            blank || pattern.chars().count() > LONGEST_PATTERN
        };
        if let Some(index) = patterns.iter().position(wrong) {
            let detail = format!("A pattern is one line of 1 to {LONGEST_PATTERN} characters.");
            return Err(StoreError::invalid(format!("/context/{name}/{index}"), detail));
        }
    }
    if rules.is_empty() { Ok(None) } else { columns::to_json(rules).map(Some) }
}

/// The rules of a column.
pub(crate) fn from_column(row: &rusqlite::Row<'_>, column: &str) -> rusqlite::Result<ContextRules> {
    Ok(columns::json_option(row, column)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn rules(budget: u32, exclude: &[&str]) -> ContextRules {
        let exclude = Some(exclude.iter().map(|pattern| (*pattern).to_owned()).collect());
        ContextRules { budget: Some(budget), exclude, include: None }
    }

    #[rstest]
    #[case(ContextRules::default(), Ok(None))]
    #[case(rules(256, &[]), Ok(Some(r#"{"budget":256,"exclude":[]}"#)))]
    #[case(rules(1000, &["vendor/"]), Ok(Some(r#"{"budget":1000,"exclude":["vendor/"]}"#)))]
    #[case(rules(255, &[]), Err("/context/budget"))]
    #[case(rules(1_000_001, &[]), Err("/context/budget"))]
    #[case(rules(1000, &["a", " "]), Err("/context/exclude/1"))]
    #[case(rules(1000, &["a\nb"]), Err("/context/exclude/0"))]
    #[case(rules(1000, &["a"; 101]), Err("/context/exclude"))]
    #[case(ContextRules { include: Some(vec!["x".repeat(501)]), ..ContextRules::default() }, Err("/context/include/0"))]
    fn rules_are_checked(#[case] rules: ContextRules, #[case] expected: Result<Option<&str>, &str>) {
        match (to_column(&rules), expected) {
            (Ok(column), Ok(expected)) => assert_eq!(column.as_deref(), expected),
            (Err(StoreError::InvalidInput { pointer, .. }), Err(expected)) => assert_eq!(pointer, expected),
            (got, expected) => panic!("{got:?}, not {expected:?}"),
        }
    }
}
