//! Sampling parameters as they are stored.

use aiia_protocol::settings::Parameters;

use crate::{StoreError, columns};

const MOST_STOPS: usize = 16;
const LONGEST_STOP: usize = 200;

/// The parameters as a column has them, checked; nothing where none is set.
pub(crate) fn to_column(parameters: &Parameters) -> Result<Option<String>, StoreError> {
    if let Some(temperature) = parameters.temperature
        && !(0.0..=2.0).contains(&temperature)
    {
        let detail = format!("The temperature must be 0 to 2, not {temperature}.");
        return Err(StoreError::invalid("/parameters/temperature", detail));
    }
    if parameters.max_tokens == Some(0) {
        return Err(StoreError::invalid("/parameters/max_tokens", "An answer has at least one token."));
    }
    if let Some(stop) = &parameters.stop {
        if stop.len() > MOST_STOPS {
            let detail = format!("There may be {MOST_STOPS} stop texts; there are {}.", stop.len());
            return Err(StoreError::invalid("/parameters/stop", detail));
        }
        let wrong = |text: &String| text.is_empty() || text.chars().count() > LONGEST_STOP;
        if let Some(index) = stop.iter().position(wrong) {
            let detail = format!("A stop text has 1 to {LONGEST_STOP} characters.");
            return Err(StoreError::invalid(format!("/parameters/stop/{index}"), detail));
        }
    }
    if parameters.is_empty() { Ok(None) } else { columns::to_json(parameters).map(Some) }
}

/// The parameters of a column.
pub(crate) fn from_column(row: &rusqlite::Row<'_>, column: &str) -> rusqlite::Result<Parameters> {
    Ok(columns::json_option(row, column)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Parameters::default(), Ok(None))]
    #[case(Parameters { temperature: Some(2.0), ..Parameters::default() }, Ok(Some(r#"{"temperature":2.0}"#)))]
    #[case(Parameters { temperature: Some(2.1), ..Parameters::default() }, Err("/parameters/temperature"))]
    #[case(Parameters { temperature: Some(f64::NAN), ..Parameters::default() }, Err("/parameters/temperature"))]
    #[case(Parameters { max_tokens: Some(0), ..Parameters::default() }, Err("/parameters/max_tokens"))]
    #[case(Parameters { stop: Some(vec!["a".into(), String::new()]), ..Parameters::default() }, Err("/parameters/stop/1"))]
    #[case(Parameters { stop: Some(vec!["a".into(); 17]), ..Parameters::default() }, Err("/parameters/stop"))]
    fn parameters_are_checked(#[case] parameters: Parameters, #[case] expected: Result<Option<&str>, &str>) {
        match (to_column(&parameters), expected) {
            (Ok(column), Ok(expected)) => assert_eq!(column.as_deref(), expected),
            (Err(StoreError::InvalidInput { pointer, .. }), Err(expected)) => assert_eq!(pointer, expected),
            (got, expected) => panic!("{got:?}, not {expected:?}"),
        }
    }
}
