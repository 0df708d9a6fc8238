//! The change that adds a model's tests to their file.

use aiia_edit::{FileAction, FilePlan, Repair, ReplyFormat};
use aiia_syntax::{Language, SymbolKind, SyntaxTree};
use aiia_text::LineEnding;

use super::TestTarget;
use super::blocks::{Blocks, CodeUnderTest, without_copies};
use super::imports;
use super::lines::{dedented, indented};
use super::merge::{NOTHING_NEW, added};

/// Why tests were not added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refused {
    /// For people and for the model.
    pub(crate) complaint: String,
    /// Whether the model may do better when it is told.
    pub(crate) can_be_mended: bool,
}

impl Refused {
    /// What is asked of the model once more.
    pub(crate) fn repair(&self, target: &TestTarget) -> Repair {
        let name = target.path.rsplit('/').next().unwrap_or_default();
        let text = format!(
            "That could not be added to `{name}`: {}\n\nGive all of the tests once more, as they should be, in one fenced code block \
             and nothing else.",
            self.complaint
        );
        Repair { text, format: ReplyFormat::WholeFile }
    }
}

/// What becomes of an answer with tests.
#[derive(Debug)]
pub(crate) struct Placed {
    /// The change of the file for tests.
    pub(crate) plan: FilePlan,
    /// The code for other files, as an answer of its own; empty where there is none.
    pub(crate) others: String,
    /// Sentences about code that goes nowhere.
    pub(crate) left_out: Vec<String>,
}

/// The change that adds the tests of `reply` to the target, from all blocks of it that are for that file.
///
/// # Errors
/// Why they cannot be added.
pub(crate) fn place(reply: &str, target: &TestTarget, source: CodeUnderTest, cut_off: bool) -> Result<Placed, Refused> {
    let finally = |complaint: &str| Refused { complaint: complaint.to_owned(), can_be_mended: false };
    if cut_off {
        return Err(finally("it was cut off by the token limit."));
    }
    let Blocks { tests, others, left_out } = Blocks::of(reply, target, source);
    if tests.is_empty() {
        return Err(finally("it has no code block."));
    }
    let plan = all(tests, target, source).map_err(|complaint| Refused { complaint, can_be_mended: true })?;
    Ok(Placed { plan, others, left_out })
}

/// The change with all blocks, one after the other; those of nothing but imports come last.
fn all(blocks: Vec<String>, target: &TestTarget, source: CodeUnderTest) -> Result<FilePlan, String> {
    let language = target.language;
    let is_apart = source.path != target.path;
    let blocks =
        blocks.into_iter().map(|code| if is_apart { without_copies(&code, source.text, language) } else { Ok(code) });
    let blocks: Vec<String> = blocks.collect::<Result<_, _>>()?;
    let (imports, tests): (Vec<String>, Vec<String>) =
        blocks.into_iter().partition(|code| imports::are_all(code, language));
    let (mut imports, mut tests) = (imports, tests);
    // A new file begins with its imports.
    let has_imports =
        |code: &String| SyntaxTree::parse(language, code).is_ok_and(|tree| !tree.imports(code).is_empty());
    if target.text.trim().is_empty()
        && let Some(first) = tests.first_mut().filter(|first| !has_imports(first))
    {
        let gap = if language.name() == "python" { "\n\n" } else { "\n" };
        let lines = imports.drain(..).fold(String::new(), |lines, code| lines + code.trim_matches('\n') + "\n");
        if !lines.is_empty() {
            *first = format!("{lines}{gap}{}", first.trim_start_matches('\n'));
        }
    }
    let mut text = target.text.clone();
    for (number, code) in tests.into_iter().chain(imports).enumerate() {
        let target = TestTarget { text: text.clone(), ..target.clone() };
        match with(&code, &target) {
            Ok(added) => text = added,
            // What is there already.
            Err(complaint) if number > 0 && complaint == NOTHING_NEW => {}
            Err(complaint) => return Err(complaint),
        }
    }
    let errors = |text: &str| SyntaxTree::parse(language, text).map_or(0, |tree| tree.error_count());
    if errors(&text) > errors(&target.text) {
        return Err("the tests would add syntax errors to the file.".to_owned());
    }
    let action = if target.is_new { FileAction::Create } else { FileAction::Edit };
    let plan = FilePlan::between(action, &target.path, &target.text, text);
    if plan.hunks.is_empty() {
        return Err("it adds nothing.".to_owned());
    }
    Ok(plan)
}

/// The package that a text of Go says that it is of.
fn package(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("package ")).map(str::trim)
}

/// Code that is the whole file with more in it: each of its lines comes back, in order, and its functions as they are.
fn whole(code: &str, target: &TestTarget) -> Option<String> {
    let said = |text| str::lines(text).map(str::trim_end).filter(|line| !line.is_empty());
    let mut given = said(code);
    let comes_back = said(&target.text).all(|line| given.any(|other| other == line));
    let is_more = said(code).count() > said(&target.text).count();
    let keeps = |tree: SyntaxTree| {
        let mut functions = tree.symbols(&target.text).into_iter().filter(|symbol| symbol.kind.is_callable());
        functions.all(|symbol| code.contains(&target.text[symbol.item_range]))
    };
    let ending = LineEnding::detect(&target.text).as_str();
    let is_kept = || SyntaxTree::parse(target.language, &target.text).is_ok_and(keeps);
    (comes_back && is_more && !target.text.trim().is_empty() && is_kept())
        .then(|| with_ending(&format!("{}\n", code.trim_matches('\n').trim_end()), ending))
}

/// The text of the target with some code.
fn with(code: &str, target: &TestTarget) -> Result<String, String> {
    if let Some(text) = whole(code, target) {
        return Ok(text);
    }
    let code = match target.language.name() {
        "rust" => without_redundant_module(code, target),
        "go" => match (package(code), package(&target.text)) {
            (Some(given), Some(own)) if given != own => {
                return Err(format!("it is of package `{given}`, but the file is of package `{own}`."));
            }
            _ => code.to_owned(),
        },
        _ => code.to_owned(),
    };
    let ending = LineEnding::detect(&target.text).as_str();
    let is_rust = target.language.name() == "rust";
    // Only a file that holds the code under test keeps its tests in a module.
    let is_apart = is_rust && target.is_apart();
    Ok(match existing_module(target) {
        Some(at) => {
            let has_glob = target.text.contains("use super::*;");
            let code = module_body(&code, target.language, !has_glob).unwrap_or(code);
            if let Some(text) = joined(target, at, &code, ending) {
                text?
            } else {
                let mut text = target.text.clone();
                text.insert_str(at, &with_ending(&format!("\n{}", indented(&code, "    ")), ending));
                text
            }
        }
        None if is_apart && target.text.trim().is_empty() => {
            with_ending(&begun(target, &module_body(&code, target.language, false).unwrap_or(code)), ending)
        }
        None if is_apart => {
            let code = module_body(&code, target.language, false).unwrap_or(code);
            with_ending(&added(&target.text.replace("\r\n", "\n"), &code, target.language)?, ending)
        }
        None if is_rust && module_body(&code, target.language, false).is_none() => {
            let inner = indented(&code, "    ");
            let import = if code.contains("use super::") { "" } else { "    use super::*;\n\n" };
            appended(&target.text, &format!("#[cfg(test)]\nmod tests {{\n{import}{inner}}}\n"), ending)
        }
        None if is_rust => appended(&target.text, &code, ending),
        None if target.text.trim().is_empty() => with_ending(&begun(target, &code), ending),
        None if ending == "\r\n" && !target.text.replace("\r\n", "").contains('\n') => {
            with_ending(&added(&target.text.replace("\r\n", "\n"), &code, target.language)?, ending)
        }
        None => added(&target.text, &code, target.language)?,
    })
}

/// The text of a new file.
fn begun(target: &TestTarget, code: &str) -> String {
    let code = code.trim_matches('\n').trim_end();
    let preamble = target.preamble.as_deref().map(str::trim_end).filter(|preamble| !code.contains(preamble));
    preamble.map_or_else(|| format!("{code}\n"), |preamble| format!("{preamble}\n\n{code}\n"))
}

/// A Rust reply often repeats the code under test before its test module; only the module is wanted then.
fn without_redundant_module(code: &str, target: &TestTarget) -> String {
    let Ok(tree) = SyntaxTree::parse(target.language, code) else { return code.to_owned() };
    let symbols = tree.symbols(code);
    symbols
        .iter()
        .find(|symbol| symbol.depth == 0 && symbol.kind == SymbolKind::Module && symbol.name.contains("test"))
        .map_or_else(|| code.to_owned(), |module| format!("{}\n", code[module.range.clone()].trim_end()))
}

/// Where tests go in the test module that the file has: before its closing brace.
fn existing_module(target: &TestTarget) -> Option<usize> {
    if target.language.name() != "rust" {
        return None;
    }
    let tree = SyntaxTree::parse(target.language, &target.text).ok()?;
    let symbols = tree.symbols(&target.text);
    let module = symbols.iter().find(|symbol| {
        symbol.depth == 0 && symbol.kind == SymbolKind::Module && matches!(symbol.name.as_str(), "tests" | "test")
    })?;
    let brace = target.text[module.item_range.clone()].rfind('}')?;
    let at = module.item_range.start + brace;
    Some(target.text[..at].rfind('\n').map_or(at, |line| line + 1))
}

/// The text with the code added to the module that ends at `end`; nothing where the lines of the module cannot be moved to the left
/// border and back.
fn joined(target: &TestTarget, end: usize, code: &str, ending: &str) -> Option<Result<String, String>> {
    let tree = SyntaxTree::parse(target.language, &target.text).ok()?;
    let symbols = tree.symbols(&target.text);
    let around = symbols.iter().filter(|symbol| symbol.depth == 0 && symbol.kind == SymbolKind::Module);
    let module = around.into_iter().find(|symbol| symbol.item_range.start < end && end < symbol.item_range.end)?;
    let item = &target.text[module.item_range.start..end];
    let start = module.item_range.start + item.find('{')? + 1;
    let start = start + target.text[start..end].find('\n')? + 1;
    let old = target.text[start..end].replace("\r\n", "\n");
    let first = old.lines().find(|line| !line.trim().is_empty())?;
    let indent = &first[..first.len() - first.trim_start().len()];
    let plain = dedented(&old);
    if indented(&plain, indent) != old {
        return None;
    }
    let new = added(&plain, code, target.language);
    Some(new.map(|new| {
        let new = with_ending(&indented(&new, indent), ending);
        format!("{}{new}{}", &target.text[..start], &target.text[end..])
    }))
}

/// What is inside the only module of `code`, without the glob import of what is around it, unless that is to stay.
fn module_body(code: &str, language: Language, keeps_glob: bool) -> Option<String> {
    let tree = SyntaxTree::parse(language, code).ok()?;
    let symbols = tree.symbols(code);
    let module = symbols.iter().find(|symbol| symbol.depth == 0 && symbol.kind == SymbolKind::Module)?;
    let item = &code[module.item_range.clone()];
    let body = item.get(item.find('{')? + 1..item.rfind('}')?)?;
    let kept: Vec<&str> = body.lines().filter(|line| keeps_glob || line.trim() != "use super::*;").collect();
    Some(dedented(&kept.join("\n")))
}

fn appended(text: &str, code: &str, ending: &str) -> String {
    let separator = match text {
        "" => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    format!("{text}{}", with_ending(&format!("{separator}{}\n", code.trim_matches('\n')), ending))
}

fn with_ending(text: &str, ending: &str) -> String {
    if ending == "\n" { text.to_owned() } else { text.replace("\r\n", "\n").replace('\n', ending) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: CodeUnderTest = CodeUnderTest { path: "/w/x", text: "" };

    fn check(language: &str, text: &str, reply: &str, expected: &str) {
        let language = Language::from_language_id(language).unwrap();
        let target =
            TestTarget { path: "/w/x".into(), text: text.into(), language, is_new: text.is_empty(), preamble: None };
        let plan = place(reply, &target, CODE, false).unwrap().plan;
        assert_eq!(plan.new_text, expected);
        let all: Vec<_> = plan.hunks.iter().collect();
        assert_eq!(aiia_edit::apply_hunks(text, &all), expected);
    }

    const RUST: &str = "pub fn one() -> u8 {\n    1\n}\n";
    const MODULE: &str = "#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn is_one() {\n        assert_eq!(one(), 1);\n    }\n}\n";

    #[test]
    fn a_module_is_appended() {
        check("rust", RUST, &format!("Here:\n```rust\n{MODULE}```\n"), &format!("{RUST}\n{MODULE}"));
    }

    #[test]
    fn the_code_under_test_is_not_repeated() {
        check("rust", RUST, &format!("```rust\n{RUST}\n{MODULE}```"), &format!("{RUST}\n{MODULE}"));
    }

    #[test]
    fn bare_functions_get_a_module() {
        let bare = "#[test]\nfn is_one() {\n    assert_eq!(one(), 1);\n}\n";
        check("rust", RUST, &format!("```\n{bare}```"), &format!("{RUST}\n{MODULE}"));
    }

    #[test]
    fn an_existing_module_grows() {
        let text = format!("{RUST}\n{MODULE}");
        let reply = "```rust\n#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn again() {\n        one();\n    }\n}\n```";
        let expected = format!(
            "{RUST}\n{}\n    #[test]\n    fn again() {{\n        one();\n    }}\n}}\n",
            &MODULE[..MODULE.len() - 2]
        );
        check("rust", &text, reply, &expected);
    }

    #[test]
    fn what_a_rust_file_has_already_is_not_added_again() {
        let text = format!("{RUST}\n{MODULE}");
        let reply = |name: &str| {
            format!(
                "```rust\n#[cfg(test)]\nmod tests {{\n    use super::*;\n    use std::fmt;\n\n    #[test]\n    fn {name}() {{\n        one();\n    }}\n}}\n```"
            )
        };
        let expected = format!(
            "{RUST}\n{}\n    #[test]\n    fn again() {{\n        one();\n    }}\n}}\n",
            &MODULE[..MODULE.len() - 2].replace("use super::*;\n", "use super::*;\n    use std::fmt;\n")
        );
        check("rust", &text, &reply("again"), &expected);
        let language = Language::from_language_id("rust").unwrap();
        let target = |path: &str, text: &str| TestTarget {
            path: path.into(),
            text: text.into(),
            language,
            is_new: false,
            preamble: None,
        };
        let refused = place(&reply("is_one"), &target("/w/x.rs", &text), CODE, false).unwrap_err();
        assert!(refused.complaint.contains("`is_one`") && refused.can_be_mended, "{}", refused.complaint);

        let apart = "use x::{add, sub};\n\n#[test]\nfn adds() {\n    add();\n}\n";
        for (code, expected) in [
            ("use x::add;\n\n#[test]\nfn more() {\n    add();\n}\n", Ok("\n#[test]\nfn more() {\n    add();\n}\n")),
            ("use x::add;\n\n#[test]\nfn adds() {\n    sub();\n}\n", Err("`adds`")),
        ] {
            let found = place(&format!("```rust\n{code}```"), &target("/w/tests/lib.rs", apart), CODE, false)
                .map(|placed| placed.plan);
            match expected {
                Ok(more) => assert_eq!(found.unwrap().new_text, format!("{apart}{more}")),
                Err(name) => assert!(found.unwrap_err().complaint.contains(name)),
            }
        }
    }

    #[test]
    fn python_gets_a_file_with_its_line_endings() {
        check(
            "python",
            "",
            "```python\nfrom a import b\n\ndef test_b():\n    assert b()\n```",
            "from a import b\n\ndef test_b():\n    assert b()\n",
        );
        check(
            "python",
            "x = 1\r\n",
            "```\ndef test_x():\n    pass\n```",
            "x = 1\r\n\r\n\r\ndef test_x():\r\n    pass\r\n",
        );
    }

    #[test]
    fn a_new_file_begins_as_its_language_asks() {
        let target = TestTarget {
            path: "/w/a_test.go".into(),
            text: String::new(),
            language: Language::from_language_id("go").unwrap(),
            is_new: true,
            preamble: Some("package a".into()),
        };
        for reply in ["```go\nfunc TestA() {}\n```", "```go\npackage a\n\nfunc TestA() {}\n```"] {
            let plan = place(reply, &target, CODE, false).unwrap().plan;
            assert_eq!(plan.new_text, "package a\n\nfunc TestA() {}\n");
            assert_eq!(plan.action, FileAction::Create);
        }
    }

    #[test]
    fn a_file_of_rust_tests_gets_no_module() {
        let target = TestTarget {
            path: "/w/tests/a.rs".into(),
            text: "use a::b;\n".into(),
            language: Language::from_language_id("rust").unwrap(),
            is_new: false,
            preamble: None,
        };
        let reply = "```rust\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn c() {}\n}\n```";
        assert_eq!(place(reply, &target, CODE, false).unwrap().plan.new_text, "use a::b;\n\n#[test]\nfn c() {}\n");
    }

    #[test]
    fn what_cannot_be_placed_is_refused() {
        let target = TestTarget {
            path: "/w/x".into(),
            text: RUST.into(),
            language: Language::from_language_id("rust").unwrap(),
            is_new: false,
            preamble: None,
        };
        for (reply, cut_off, expected) in [
            ("no code here", false, "no code block"),
            ("```rust\n\n```", false, "no code block"),
            ("```rust\nfn broken( {\n```", false, "syntax errors"),
            ("```rust\nfn fine() {}\n```", true, "cut off"),
        ] {
            let refused = place(reply, &target, CODE, cut_off).unwrap_err();
            assert!(refused.complaint.contains(expected), "{}", refused.complaint);
            assert_eq!(refused.can_be_mended, expected == "syntax errors");
        }
    }
}
