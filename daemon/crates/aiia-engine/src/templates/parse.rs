//! A template as a file: a head in TOML between two lines `+++`, then the prompt; and what a template must be.

use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::template::{TemplateContent, Variable, VariableKind, VariableValue};

use toml_edit::{DocumentMut, TomlError};

use super::render;

const FENCE: &str = "+++";
const LONGEST_NAME: usize = 200;
const LONGEST_TEXT: usize = 256 * 1024;
const MOST_VARIABLES: usize = 50;

/// Reads a file; `name` is the template's where the head has none.
///
/// # Errors
/// What is wrong with it, one sentence.
pub(crate) fn from_file(text: &str, name: &str) -> Result<TemplateContent, String> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let split = text
        .strip_prefix(FENCE)
        .and_then(|rest| rest.split_once("\n+++\n").or_else(|| rest.strip_suffix("\n+++").map(|head| (head, ""))));
    let mut content = match split {
        Some((head, body)) => {
            let mut document: DocumentMut =
                head.parse().map_err(|error: TomlError| format!("its head is no TOML: {}.", error.message()))?;
            document.entry("name").or_insert(toml_edit::value(name));
            if document.contains_key("body") {
                return Err("its prompt belongs below the head, not into it.".to_owned());
            }
            let mut content: TemplateContent = toml_edit::de::from_document(document)
                .map_err(|error| format!("its head does not fit: {}.", error.message()))?;
            body.trim().clone_into(&mut content.body);
            content
        }
        None if text.starts_with(FENCE) => return Err("its head has no end, a line `+++`.".to_owned()),
        None => TemplateContent { name: name.to_owned(), body: text.trim().to_owned(), ..TemplateContent::default() },
    };
    if let Some(prompt) = &mut content.system_prompt {
        *prompt = prompt.trim().to_owned();
    }
    Ok(content)
}

/// The template as a file.
pub(crate) fn to_file(content: &TemplateContent) -> String {
    let head = TemplateContent { body: String::new(), ..content.clone() };
    let head = toml_edit::ser::to_string_pretty(&head).unwrap_or_default();
    format!("{FENCE}\n{head}{FENCE}\n{}\n", content.body)
}

/// Refuses a template that could not be used.
///
/// # Errors
/// `InvalidParams` with the place.
pub(crate) fn validate(content: &TemplateContent) -> Result<(), Problem> {
    let wrong = |pointer: &str, detail: String| {
        Problem::new(ProblemCode::InvalidParams, detail.clone()).with_error(format!("/content{pointer}"), detail)
    };
    let length = content.name.chars().count();
    if content.name.trim().is_empty() || length > LONGEST_NAME {
        return Err(wrong("/name", format!("The name must have 1 to {LONGEST_NAME} characters; it has {length}.")));
    }
    let system = content.system_prompt.as_deref().unwrap_or_default();
    for (pointer, text) in [("/body", content.body.as_str()), ("/system_prompt", system)] {
        if text.len() > LONGEST_TEXT {
            return Err(wrong(pointer, format!("The text may have {} KiB.", LONGEST_TEXT / 1024)));
        }
        if let Err(why) = render::compile(text) {
            return Err(wrong(pointer, why));
        }
    }
    if content.body.trim().is_empty() && system.trim().is_empty() {
        return Err(wrong("/body", "There is neither a prompt nor a system prompt.".to_owned()));
    }
    if content.variables.len() > MOST_VARIABLES {
        return Err(wrong("/variables", format!("There may be {MOST_VARIABLES} variables.")));
    }
    for (index, variable) in content.variables.iter().enumerate() {
        let pointer = format!("/variables/{index}");
        if !is_name(&variable.name) {
            let detail =
                format!("“{}” is no name of a variable: letters, digits and _, no digit first.", variable.name);
            return Err(wrong(&format!("{pointer}/name"), detail));
        }
        if content.variables[..index].iter().any(|earlier| earlier.name == variable.name) {
            return Err(wrong(&format!("{pointer}/name"), format!("There are two variables “{}”.", variable.name)));
        }
        if variable.kind == VariableKind::Choice && variable.choices.is_empty() {
            return Err(wrong(
                &format!("{pointer}/choices"),
                format!("“{}” has nothing to choose from.", variable.name),
            ));
        }
        if let Some(default) = &variable.default
            && let Err(why) = fit(variable, default)
        {
            return Err(wrong(&format!("{pointer}/default"), why));
        }
    }
    for (pointer, text) in [("/body", content.body.as_str()), ("/system_prompt", system)] {
        let unknown =
            render::names(text).into_iter().find(|name| content.variables.iter().all(|known| known.name != *name));
        if let Some(name) = unknown {
            return Err(wrong(pointer, format!("The text uses “{name}”, which is no variable of the template.")));
        }
    }
    Ok(())
}

/// The value as the variable's kind has it.
///
/// # Errors
/// Why it does not fit.
pub(super) fn fit(variable: &Variable, value: &VariableValue) -> Result<VariableValue, String> {
    let name = &variable.name;
    let text = match value {
        VariableValue::Text(text) => text.clone(),
        VariableValue::Number(number) => number.to_string(),
        VariableValue::Boolean(yes) => yes.to_string(),
    };
    match variable.kind {
        VariableKind::Text if text.contains('\n') => Err(format!("“{name}” must be one line.")),
        VariableKind::Text | VariableKind::Multiline => Ok(VariableValue::Text(text)),
        VariableKind::Number => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(VariableValue::Number(number)),
            _ => Err(format!("“{name}” must be a number.")),
        },
        VariableKind::Boolean => match text.trim() {
            "true" | "yes" => Ok(VariableValue::Boolean(true)),
            "false" | "no" => Ok(VariableValue::Boolean(false)),
            _ => Err(format!("“{name}” must be true or false.")),
        },
        VariableKind::Choice if variable.choices.contains(&text) => Ok(VariableValue::Text(text)),
        VariableKind::Choice => Err(format!("“{name}” must be one of {}.", variable.choices.join(", "))),
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_file_without_a_head_is_all_prompt() {
        let content = from_file("Explain {{ code }}\r\n", "explain").unwrap();
        assert_eq!((content.name.as_str(), content.body.as_str()), ("explain", "Explain {{ code }}"));
    }

    #[rstest]
    #[case("+++\nname = 'x'\n", "has no end")]
    #[case("+++\nname = \n+++\n", "no TOML")]
    #[case("+++\nnam = 'x'\n+++\n", "does not fit")]
    #[case("+++\nbody = 'x'\n+++\n", "belongs below the head")]
    fn a_bad_head_is_told(#[case] text: &str, #[case] why: &str) {
        assert!(from_file(text, "x").unwrap_err().contains(why), "{:?}", from_file(text, "x"));
    }

    fn content(body: &str, variables: &[(&str, VariableKind, Option<&str>)]) -> TemplateContent {
        let variables = variables.iter().map(|(name, kind, default)| Variable {
            name: (*name).to_owned(),
            kind: *kind,
            description: String::new(),
            default: default.map(|text| VariableValue::Text(text.to_owned())),
            choices: Vec::new(),
        });
        TemplateContent {
            name: "t".into(),
            body: body.into(),
            variables: variables.collect(),
            ..TemplateContent::default()
        }
    }

    #[rstest]
    #[case("", &[], "/content/body")]
    #[case("{{ x", &[], "/content/body")]
    #[case("{% for x in y %}", &[], "/content/body")]
    #[case("{{ unknown }}", &[], "/content/body")]
    #[case("a", &[("1a", VariableKind::Text, None)], "/content/variables/0/name")]
    #[case("a", &[("a", VariableKind::Text, None), ("a", VariableKind::Text, None)], "/content/variables/1/name")]
    #[case("a", &[("a", VariableKind::Choice, None)], "/content/variables/0/choices")]
    #[case("a", &[("a", VariableKind::Number, Some("many"))], "/content/variables/0/default")]
    fn what_could_not_be_used_is_refused(
        #[case] body: &str,
        #[case] variables: &[(&str, VariableKind, Option<&str>)],
        #[case] pointer: &str,
    ) {
        let problem = validate(&content(body, variables)).unwrap_err();
        assert_eq!(problem.errors[0].pointer, pointer, "{problem}");
    }

    #[test]
    fn a_variable_of_a_loop_is_no_variable_of_the_template() {
        let fine = content("{% for x in ['a'] %}{{ x }}{{ a }}{% endfor %}", &[("a", VariableKind::Text, None)]);
        assert!(validate(&fine).is_ok());
    }
}
