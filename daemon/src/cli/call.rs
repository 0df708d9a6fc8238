//! `aiia call`: any operation of the daemon, with parameters and result as JSON.

use aiia_protocol::operation::{self, EventsSubscribe, OPERATIONS, Operation, Row};
use aiia_protocol::run::RunEvents;
use serde_json::Value;

use crate::cli::arguments::{CallArguments, JsonArguments};
use crate::cli::output::{self, Style, paint};
use crate::cli::{events, given_text};
use crate::client::Client;
use crate::exit::{self, Failure};

pub(crate) fn run(arguments: &CallArguments) -> Result<u8, Failure> {
    let Some(name) = &arguments.operation else {
        list();
        return Ok(exit::OK);
    };
    let row = operation::find(name).ok_or_else(|| {
        Failure::usage(format!("There is no operation “{name}”."), "`aiia call` without arguments lists them.")
    })?;
    let params = parameters(arguments.parameters.as_deref())?;
    if row.name == EventsSubscribe::ROW.name {
        return events::run(&JsonArguments { json: true });
    }
    let mut client = Client::open()?;
    if row.name == operation::RunEvents::ROW.name {
        return follow(&mut client, params);
    }
    output::json(&client.call_by_name(row, &params)?);
    Ok(exit::OK)
}

fn list() {
    let width = OPERATIONS.iter().map(|row| row.name.len()).max().unwrap_or(0);
    for Row { name, summary, .. } in OPERATIONS {
        output::painted_line(&format!("{}  {summary}", paint(&format!("{name:width$}"), Style::Heading)));
    }
}

/// The JSON object that `given` stands for; an empty one where nothing is given.
fn parameters(given: Option<&str>) -> Result<Value, Failure> {
    let Some(given) = given else { return Ok(Value::Object(serde_json::Map::new())) };
    let wrong = |what: &str| {
        Failure::usage(format!("The parameters are no JSON object: {what}."), "Write them as `'{\"chat_id\": \"…\"}'`.")
    };
    match serde_json::from_str(&given_text::text(given)?) {
        Ok(Value::Object(params)) => Ok(Value::Object(params)),
        Ok(_) => Err(wrong("they are another kind of value")),
        Err(error) => Err(wrong(&error.to_string())),
    }
}

/// Prints the events of a run as lines of JSON until it ends.
fn follow(client: &mut Client, params: Value) -> Result<u8, Failure> {
    let params: RunEvents = serde_json::from_value(params)
        .map_err(|error| Failure::usage(format!("The parameters do not fit: {error}."), "It takes a `run_id`."))?;
    for (seq, event) in (1_u64..).zip(client.run_events(&params.run_id)?) {
        let event = event?;
        if seq > params.after {
            output::json_line(&event);
        }
    }
    Ok(exit::OK)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(None, json!({}))]
    #[case(Some("{\"a\": 1}"), json!({"a": 1}))]
    fn parameters_are_an_object(#[case] given: Option<&str>, #[case] expected: Value) {
        assert_eq!(parameters(given).unwrap(), expected);
    }

    #[rstest]
    #[case("")]
    #[case("[1]")]
    #[case("{a: 1}")]
    #[case("@/no/such/file")]
    fn anything_else_is_refused(#[case] given: &str) {
        assert!(parameters(Some(given)).is_err());
    }
}
