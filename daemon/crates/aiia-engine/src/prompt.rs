//! What a model is asked, from the templates in `prompts/`.

use std::sync::LazyLock;

use aiia_context::{ContextBundle, CutLine, Piece, PieceKind};
use aiia_protocol::action::ActionKind;
use aiia_protocol::document::{Diagnostic, Severity};
use aiia_syntax::Language;
use minijinja::{Environment, UndefinedBehavior, context};

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_filter("capitalize_first", |text: String| {
        let mut characters = text.chars();
        characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect::<String>())
    });
    macro_rules! add {
        ($($name:literal),*) => {$(
            environment
                .add_template($name, include_str!(concat!("prompts/", $name, ".md.j2")))
                .expect("a valid template");
        )*};
    }
    add!("system", "code", "explain", "ask", "fix", "optimize", "document", "edit", "test");
    environment
});

/// What an action prompt is made from.
pub(crate) struct ActionPrompt<'a> {
    pub(crate) kind: ActionKind,
    /// The file's path inside the workspace.
    pub(crate) name: &'a str,
    pub(crate) language: Option<&'a str>,
    pub(crate) bundle: &'a ContextBundle,
    pub(crate) diagnostics: &'a [Diagnostic],
    pub(crate) instruction: Option<&'a str>,
    /// How the reply has to look, for actions that propose an edit.
    pub(crate) format: &'a str,
    /// Where tests are to be written, for the action that writes them.
    pub(crate) tests: Option<TestPrompt<'a>>,
    /// A change that was made for the same and did not help, as a diff.
    pub(crate) earlier: Option<&'a str>,
}

/// What is said about tests that are to be written.
pub(crate) struct TestPrompt<'a> {
    /// The file that takes them.
    pub(crate) name: &'a str,
    /// How they are to be written.
    pub(crate) style: &'a str,
    /// The end of that file; empty where it is to be made.
    pub(crate) text: &'a str,
    /// The name of another test file, and its beginning.
    pub(crate) example: Option<(&'a str, &'a str)>,
}

/// The system prompt.
pub(crate) fn system(project_prompt: Option<&str>) -> String {
    render("system", context! { project_prompt => project_prompt.map(str::trim).filter(|text| !text.is_empty()) })
}

/// The prompt of an action.
pub(crate) fn action(prompt: &ActionPrompt) -> String {
    // In the order of the file: it reads like the file with gaps.
    let mut pieces: Vec<_> = prompt.bundle.pieces.iter().filter(|piece| piece.path == prompt.name).collect();
    pieces.sort_by_key(|piece| piece.start_line);
    let pieces: Vec<_> = pieces
        .into_iter()
        .map(|piece| {
            context! {
                label => label(piece.kind),
                start_line => piece.start_line,
                end_line => piece.end_line,
                text => piece.text.trim_end_matches(['\r', '\n']),
                cut => piece.cut.as_ref().map(left_out),
            }
        })
        .collect();
    let diagnostics: Vec<_> = prompt.diagnostics.iter().map(shown_diagnostic).collect();
    let code = render(
        "code",
        context! {
            name => prompt.name,
            language => prompt.language,
            others => other_files(prompt),
            pieces,
            diagnostics,
        },
    );
    render(
        prompt.kind.as_str(),
        context! {
            code,
            target => target(prompt.bundle),
            name => prompt.name,
            language => prompt.language,
            diagnostics => !prompt.diagnostics.is_empty(),
            instruction => prompt.instruction.map(str::trim).filter(|text| !text.is_empty()),
            format => prompt.format,
            test_name => prompt.tests.as_ref().map(|tests| tests.name),
            test_style => prompt.tests.as_ref().map(|tests| tests.style),
            earlier => prompt.earlier.map(str::trim_end),
            test_excerpt => excerpt(prompt.tests.as_ref().map(|tests| tests.text)),
            example_name => prompt.tests.as_ref().and_then(|tests| tests.example).map(|(name, _)| name),
            example => excerpt(prompt.tests.as_ref().and_then(|tests| tests.example).map(|(_, text)| text)),
        },
    )
}

/// What of a line is not shown, in words.
fn left_out(cut: &CutLine) -> String {
    let part = |bytes: usize, place: &str| (bytes > 0).then(|| format!("{bytes} bytes {place}"));
    let parts: Vec<String> =
        [part(cut.before.len(), "before it"), part(cut.behind.len(), "behind it")].into_iter().flatten().collect();
    format!("only a part of line {}: {} are left out", cut.line, parts.join(" and "))
}

fn excerpt(text: Option<&str>) -> Option<&str> {
    text.map(str::trim_end).filter(|text| !text.is_empty())
}

/// What other files of the workspace have to say, the most telling last, next to the code in question: a block a file.
fn other_files(prompt: &ActionPrompt) -> Vec<minijinja::Value> {
    let mut files: Vec<(&str, Vec<&Piece>)> = Vec::new();
    for piece in prompt.bundle.pieces.iter().filter(|piece| piece.path != prompt.name) {
        match files.iter_mut().find(|(path, _)| *path == piece.path) {
            Some((_, pieces)) => pieces.push(piece),
            None => files.push((&piece.path, vec![piece])),
        }
    }
    files.reverse();
    files
        .into_iter()
        .map(|(path, mut pieces)| {
            pieces.sort_by_key(|piece| piece.start_line);
            let parts: Vec<&str> = pieces.iter().map(|piece| piece.text.trim_end_matches(['\r', '\n'])).collect();
            let language = Language::from_path(path).map(Language::name);
            context! { path, language, text => parts.join("\n") }
        })
        .collect()
}

/// The thing an action is about, in words.
pub(crate) fn target(bundle: &ContextBundle) -> String {
    match &bundle.target.symbol {
        Some(symbol) => match &symbol.container {
            Some(container) if !symbol.kind.is_type() => format!("`{}` of `{container}`", symbol.name),
            _ => format!("`{}`", symbol.name),
        },
        None => "the code".to_owned(),
    }
}

fn label(kind: PieceKind) -> &'static str {
    match kind {
        PieceKind::Target => "The code in question",
        PieceKind::Imports => "Imports",
        PieceKind::Signature => "The beginning of the item it belongs to",
        PieceKind::Definitions => "A definition that it uses",
        PieceKind::EnclosingType => "The type it belongs to",
        PieceKind::Siblings => "Other items beside it",
        PieceKind::Tests => "Its tests so far",
        PieceKind::Callers => "Where it is called",
        PieceKind::Surroundings => "Around it",
    }
}

fn shown_diagnostic(diagnostic: &Diagnostic) -> minijinja::Value {
    context! {
        line => diagnostic.start_line,
        severity => match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "note",
            Severity::Hint => "hint",
        },
        code => diagnostic.code.as_deref(),
        message => diagnostic.message.trim(),
    }
}

fn render(name: &str, values: minijinja::Value) -> String {
    let rendered = TEMPLATES.get_template(name).and_then(|template| template.render(values));
    // The templates and their values are ours and covered by tests; a fault must still not cost the user the answer.
    rendered.unwrap_or_else(|error| {
        tracing::error!(name, %error, "a prompt template failed");
        String::new()
    })
}

#[cfg(test)]
mod tests {
    use aiia_context::{ContextRequest, FileTexts, Hints, Intent, Workspace, WorkspaceIndex, gather};

    use super::*;

    const TEXT: &str = "import math\n\ndef area(radius):\n    return math.pi * radius\n";

    fn prompt(kind: ActionKind) -> String {
        prompt_with(kind, "import pytest\n", None)
    }

    fn prompt_with(kind: ActionKind, text: &str, example: Option<(&str, &str)>) -> String {
        let bundle = gather(&ContextRequest {
            path: "shapes.py",
            language: Language::from_path("shapes.py"),
            text: TEXT,
            tree: None,
            selection: 20..25,
            intent: Intent::Fix,
            budget: 500,
            said: &[],
            hints: Hints::NONE,
            workspace: None,
        });
        let diagnostic = Diagnostic {
            start_line: 4,
            end_line: 4,
            severity: Severity::Warning,
            message: "radius is not squared\n".into(),
            source: None,
            code: Some("W1".into()),
        };
        action(&ActionPrompt {
            kind,
            name: "shapes.py",
            language: Some("python"),
            bundle: &bundle,
            diagnostics: &[diagnostic],
            instruction: Some("Use SI units."),
            format: "FORMAT",
            tests: Some(TestPrompt { name: "test_shapes.py", style: "Use pytest.", text, example }),
            earlier: None,
        })
    }

    #[test]
    fn every_prompt_shows_the_code_and_what_is_asked() {
        for kind in ActionKind::ALL {
            let text = prompt(*kind);
            for part in
                ["`shapes.py`", "return math.pi * radius", "line 4: warning W1: radius is not squared", "SI units"]
            {
                assert!(text.contains(part), "{}: {part} is missing in\n{text}", kind.as_str());
            }
            let formatted = kind.proposes_edit() && *kind != ActionKind::Test;
            assert_eq!(text.contains("FORMAT"), formatted, "{}", kind.as_str());
        }
    }

    const CODE: &str = "\
File `shapes.py` (python).

Imports (lines 1-1):
```python
import math
```

The code in question (lines 3-4):
```python
def area(radius):
    return math.pi * radius
```

Reported by tools:
- line 4: warning W1: radius is not squared

";

    #[rstest::rstest]
    #[case(
        ActionKind::Fix,
        "Mend `area` so that what the tools report is gone. Change as little as you can. Use SI units.\n\nFORMAT"
    )]
    #[case(
        ActionKind::Explain,
        "Explain what `area` does, for a programmer who has not seen it. Begin with one sentence on its purpose. Then say how it works, step by step, in \
         a few short points. If it has a bug or a trap, end with one sentence on that. At most 150 words. Use SI units."
    )]
    #[case(ActionKind::Ask, "Use SI units.")]
    #[case(ActionKind::Edit, "Change `area` as follows: Use SI units.\n\nFORMAT")]
    #[case(
        ActionKind::Document,
        "Write documentation comments for `area`, in the convention of the language. Leave the code itself exactly as it is. Use SI units.\n\nFORMAT"
    )]
    #[case(
        ActionKind::Optimize,
        "Make `area` faster or simpler without changing what it does or how it is called. First say in one sentence what you change and why. Use SI \
         units.\n\nFORMAT"
    )]
    #[case(
        ActionKind::Test,
        "The tests are added to `test_shapes.py`, which has now:\n```python\nimport pytest\n```\n\n\
         Write tests for `area`: the usual case, the limits and the bad input. Use pytest. Do not repeat the code under test. Use SI units.\n\n\
         Answer with one fenced code block that holds the tests and nothing else."
    )]
    fn each_action_asks(#[case] kind: ActionKind, #[case] expected: &str) {
        assert_eq!(prompt(kind), format!("{CODE}{expected}"));
    }

    #[test]
    fn a_new_test_file_is_written_like_another_one() {
        let text = prompt_with(ActionKind::Test, "", Some(("tests/test_lines.py", "import pytest\n")));
        let shown = "\n\nThe tests go into the new file `test_shapes.py`. Write them like those of `tests/test_lines.py`, which begins \
                     with:\n```python\nimport pytest\n```\n\nWrite tests for `area`";
        assert!(text.contains(shown), "{text}");
        let text = prompt_with(ActionKind::Test, "", None);
        assert!(text.contains("\n\nThe tests go into the new file `test_shapes.py`.\n\nWrite tests"), "{text}");
    }

    struct Units;

    impl FileTexts for Units {
        fn text(&self, path: &str) -> Option<std::sync::Arc<str>> {
            (path == "units.py").then(|| "def squared(x):\n    return x * x\n".into())
        }
    }

    #[test]
    fn other_files_come_first_under_their_own_names() {
        let mut index = WorkspaceIndex::new();
        index.put("units.py", Language::from_path("units.py"), &Units.text("units.py").unwrap());
        index.settle();
        let bundle = gather(&ContextRequest {
            path: "shapes.py",
            language: Language::from_path("shapes.py"),
            text: "from units import squared\n\ndef area(radius):\n    return squared(radius)\n",
            tree: None,
            selection: 35..36,
            intent: Intent::Explain,
            budget: 500,
            said: &[],
            hints: Hints::NONE,
            workspace: Some(Workspace { index: &index, texts: &Units }),
        });
        let text = action(&ActionPrompt {
            kind: ActionKind::Explain,
            name: "shapes.py",
            language: Some("python"),
            bundle: &bundle,
            diagnostics: &[],
            instruction: None,
            format: "",
            tests: None,
            earlier: None,
        });
        let start = "From `units.py`:\n```python\ndef squared(x):\n    return x * x\n```\n\nFile `shapes.py` (python).";
        assert!(text.starts_with(start), "{text}");
    }

    #[test]
    fn the_projects_own_words_follow_ours() {
        assert!(system(Some(" Answer in French. ")).ends_with("\n\nAnswer in French."));
        assert!(system(None).ends_with("shown."));
    }
}
