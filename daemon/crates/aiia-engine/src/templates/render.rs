//! What a template says with values. Undefined variables are errors, and what is computed is bounded.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};

use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::template::{TemplateContent, VariableKind, VariableValue};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};

use super::bounds::{self, Shape};
use super::parse;

/// The longest text that comes out.
const LONGEST_OUTPUT: usize = 1024 * 1024;

/// What a template says.
pub(crate) struct Rendered {
    pub(crate) body: String,
    pub(crate) system_prompt: Option<String>,
}

/// An environment for the template `text`, which a stranger may have written: it ends, and what it makes is bounded.
///
/// # Errors
/// Why it is no template, or none that can be used.
fn environment(text: &str, values: HashMap<&str, Shape>) -> Result<Environment<'static>, String> {
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().unwrap_or_default();
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(bounds::steps(text, &syntax, values)?));
    environment.set_syntax(syntax);
    Ok(environment)
}

/// Whether `text` is a template at all.
///
/// # Errors
/// Why it is none.
pub(super) fn compile(text: &str) -> Result<(), String> {
    environment(text, HashMap::new())?.template_from_str(text).map(drop).map_err(|error| shown(&error))
}

/// The names that `text` takes from outside.
pub(super) fn names(text: &str) -> BTreeSet<String> {
    let Ok(environment) = environment(text, HashMap::new()) else { return BTreeSet::new() };
    let Ok(template) = environment.template_from_str(text) else { return BTreeSet::new() };
    let builtin: BTreeSet<&str> = environment.globals().map(|(name, _)| name).collect();
    template.undeclared_variables(false).into_iter().filter(|name| !builtin.contains(name.as_str())).collect()
}

/// The template with `values`, and defaults for what they leave out. May take seconds.
///
/// # Errors
/// `InvalidParams` with the pointers of the values that are missing, unknown or do not fit.
pub(crate) fn render(content: &TemplateContent, values: &BTreeMap<String, VariableValue>) -> Result<Rendered, Problem> {
    let mut problem = Problem::new(ProblemCode::InvalidParams, "The values do not fit the template's variables.");
    let mut known: BTreeMap<&str, Value> = BTreeMap::new();
    for variable in &content.variables {
        let pointer = format!("/values/{}", variable.name);
        match values.get(&variable.name).or(variable.default.as_ref()) {
            None => problem = problem.with_error(pointer, format!("“{}” is missing.", variable.name)),
            Some(value) => match parse::fit(variable, value) {
                Ok(value) => {
                    known.insert(&variable.name, to_value(value, variable.kind));
                }
                Err(why) => problem = problem.with_error(pointer, why),
            },
        }
    }
    for name in values.keys().filter(|name| content.variables.iter().all(|variable| variable.name != **name)) {
        problem = problem.with_error(format!("/values/{name}"), format!("The template has no variable “{name}”."));
    }
    if !problem.errors.is_empty() {
        let details: Vec<&str> = problem.errors.iter().map(|error| error.detail.as_str()).collect();
        problem.detail = details.join(" ");
        return Err(problem);
    }
    let body = fill(&content.body, &known)?;
    let system_prompt = content.system_prompt.as_deref().map(|text| fill(text, &known)).transpose()?;
    Ok(Rendered { body, system_prompt: system_prompt.filter(|text| !text.is_empty()) })
}

fn to_value(value: VariableValue, kind: VariableKind) -> Value {
    match value {
        VariableValue::Text(text) if kind == VariableKind::Multiline => Value::from(text.trim_end_matches('\n')),
        VariableValue::Text(text) => Value::from(text),
        VariableValue::Boolean(yes) => Value::from(yes),
        // A whole number is written without a point.
        VariableValue::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => Value::from(number as i64),
        VariableValue::Number(number) => Value::from(number),
    }
}

fn fill(text: &str, values: &BTreeMap<&str, Value>) -> Result<String, Problem> {
    let wrong = |why: String| {
        let detail = format!("The template cannot be used: {why}");
        Problem::new(ProblemCode::InvalidParams, detail).with_hint("Correct the template's text.")
    };
    let shapes = values
        .iter()
        .map(|(name, value)| (*name, value.as_str().map_or(Shape::NUMBER, |text| Shape::text(text.len()))));
    let environment = environment(text, shapes.collect()).map_err(wrong)?;
    let mut output = Output::default();
    let rendered = environment
        .template_from_str(text)
        .and_then(|template| template.render_captured_to(values, &mut output).map(drop));
    match rendered {
        Err(_) if output.is_full => {
            Err(Problem::new(ProblemCode::TooLarge, "What the template says is longer than 1 MiB."))
        }
        Err(error) => Err(wrong(shown(&error))),
        Ok(()) => Ok(String::from_utf8_lossy(&output.bytes).trim().to_owned()),
    }
}

/// What a template says, as far as it may be long.
#[derive(Default)]
struct Output {
    bytes: Vec<u8>,
    is_full: bool,
}

impl Write for &mut Output {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > LONGEST_OUTPUT {
            self.is_full = true;
            return Err(io::Error::other("too long"));
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn shown(error: &minijinja::Error) -> String {
    let line = error.line().map_or_else(String::new, |line| format!(" in line {line}"));
    match error.detail() {
        Some(detail) => format!("{}{line}: {detail}.", error.kind()),
        None => format!("{}{line}.", error.kind()),
    }
}

#[cfg(test)]
mod tests {
    use aiia_protocol::template::Variable;

    use super::*;

    fn template(body: &str) -> TemplateContent {
        let variable = |name: &str, kind, default| Variable {
            name: name.to_owned(),
            kind,
            description: String::new(),
            default,
            choices: vec!["a".into(), "b".into()],
        };
        TemplateContent {
            name: "t".into(),
            body: body.into(),
            variables: vec![
                variable("text", VariableKind::Text, None),
                variable("count", VariableKind::Number, Some(VariableValue::Number(3.0))),
                variable("flag", VariableKind::Boolean, Some(VariableValue::Boolean(false))),
                variable("pick", VariableKind::Choice, Some(VariableValue::Text("a".into()))),
            ],
            ..TemplateContent::default()
        }
    }

    fn values(of: &[(&str, &str)]) -> BTreeMap<String, VariableValue> {
        of.iter().map(|(name, value)| ((*name).to_owned(), VariableValue::Text((*value).to_owned()))).collect()
    }

    #[test]
    fn values_and_defaults_are_filled_in() {
        let body = "{{ text }} {{ count + 1 }} {% if flag %}yes{% else %}no{% endif %} {{ pick }}";
        let filled = |of: &[(&str, &str)]| render(&template(body), &values(of)).map(|rendered| rendered.body).unwrap();
        assert_eq!(filled(&[("text", "hi")]), "hi 4 no a");
        assert_eq!(
            filled(&[("text", "{{ x }}"), ("count", "1.5"), ("flag", "true"), ("pick", "b")]),
            "{{ x }} 2.5 yes b"
        );
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let problem =
            render(&template("x"), &values(&[("count", "many"), ("pick", "c"), ("other", "1")])).err().unwrap();
        let pointers: Vec<&str> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/values/text", "/values/count", "/values/pick", "/values/other"]);
    }

    #[test]
    fn a_template_without_end_is_stopped() {
        let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{{ b }}{% endfor %}{% endfor %}";
        assert!(render(&template(endless), &values(&[("text", "x")])).is_err());
    }

    #[test]
    fn a_template_that_says_too_much_is_stopped() {
        let long = format!("{{% for a in range(2000) %}}{}{{% endfor %}}", "x".repeat(1000));
        let problem = render(&template(&long), &values(&[("text", "x")])).err().unwrap();
        assert_eq!(problem.code, ProblemCode::TooLarge);
    }

    #[test]
    fn a_template_that_makes_too_much_on_its_way_is_refused() {
        let doubling = "{% set a = a ~ a %}".repeat(40);
        for body in ["{{ 'x' * 100000000 }}", &format!("{{% set a = text %}}{doubling}"), "{{ text ~ 1 + 1 * text }}"] {
            let problem = render(&template(body), &values(&[("text", "x")])).err().unwrap();
            assert_eq!(problem.code, ProblemCode::InvalidParams, "{body}");
        }
    }
}
