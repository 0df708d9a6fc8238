//! aiia's own templates, as files of the form that users can have in their repositories.

use std::sync::LazyLock;

use aiia_protocol::id::TemplateId;
use aiia_protocol::template::{Template, TemplateContent, TemplateSource};

use super::parse;

/// How the identifiers of built-in templates begin.
const PREFIX: &str = "builtin-";

macro_rules! library {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("library/", $name, ".md")))),*]
    };
}

const FILES: &[(&str, &str)] = library![
    "code-reviewer",
    "explainer",
    "debugger",
    "test-writer",
    "documentation",
    "commit-message",
    "writing-assistant",
    "formal",
    "summary",
    "creative",
    "interview",
    "brainstorm",
];

static LIBRARY: LazyLock<Vec<(TemplateId, TemplateContent)>> = LazyLock::new(|| {
    FILES
        .iter()
        .filter_map(|(name, text)| {
            // A test reads all of them, so that none is missing here.
            let content =
                parse::from_file(text, name).inspect_err(|why| tracing::error!(name, why, "a template")).ok()?;
            Some((TemplateId(format!("{PREFIX}{name}")), content))
        })
        .collect()
});

/// The whole library.
pub(crate) fn built_in() -> impl Iterator<Item = Template> {
    LIBRARY.iter().map(|(id, content)| Template {
        id: id.clone(),
        source: TemplateSource::BuiltIn,
        content: content.clone(),
        favourite: false,
        revision: 1,
        path: None,
        updated_at: None,
        version: 1,
    })
}

/// A template of the library.
pub(crate) fn find_built_in(id: &TemplateId) -> Option<Template> {
    built_in().find(|template| template.id == *id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aiia_protocol::template::VariableValue;

    use super::*;
    use crate::templates::render;

    #[test]
    fn every_template_of_the_library_is_sound_and_can_be_used() {
        assert_eq!(LIBRARY.len(), FILES.len());
        for template in built_in() {
            let name = &template.content.name;
            parse::validate(&template.content).unwrap_or_else(|problem| panic!("{name}: {problem}"));
            let values: BTreeMap<String, VariableValue> = template
                .content
                .variables
                .iter()
                .filter(|variable| variable.default.is_none())
                .map(|variable| (variable.name.clone(), VariableValue::Text("THE VALUE".into())))
                .collect();
            let rendered = render(&template.content, &values).unwrap_or_else(|problem| panic!("{name}: {problem}"));
            assert!(values.is_empty() || rendered.body.contains("THE VALUE"), "{name}: {}", rendered.body);
            assert!(!template.content.description.is_empty() && !template.content.category.is_empty(), "{name}");
        }
    }

    #[test]
    fn a_template_that_is_written_to_a_file_is_read_back_the_same() {
        for template in built_in() {
            let text = parse::to_file(&template.content);
            assert_eq!(parse::from_file(&text, "x"), Ok(template.content), "{text}");
        }
    }
}
