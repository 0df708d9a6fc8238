//! Which code blocks of an answer are the tests, and what becomes of the others.

use std::fmt::Write as _;

use aiia_edit::{CodeBlock, LeftOut, code_blocks};
use aiia_syntax::{Language, SyntaxTree};

use super::TestTarget;
use super::lines::without;

/// The blocks of an answer.
pub(super) struct Blocks {
    /// Those that go into the file for tests, in order.
    pub(super) tests: Vec<String>,
    /// Those for other files, as an answer of their own.
    pub(super) others: String,
    /// Sentences about those that go nowhere.
    pub(super) left_out: Vec<String>,
}

/// The code under test.
#[derive(Clone, Copy)]
pub(crate) struct CodeUnderTest<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
}

impl Blocks {
    /// Sorts the blocks of an answer.
    pub(super) fn of(reply: &str, target: &TestTarget, source: CodeUnderTest) -> Self {
        let (own, under_test) = (base(&target.path), base(source.path));
        let mut blocks = code_blocks(reply, &[own, under_test]);
        blocks.retain(|block| !block.is_command() || target.language.name() == "bash");
        let is_tagged = blocks.iter().any(|block| tag(block) == Some(target.language));
        let is_code = |block: &CodeBlock| match tag(block) {
            Some(language) => is_of_family(language, target.language),
            None => block.language.is_none() && (!is_tagged || defines(&block.text, target.language)),
        };
        let known = plain(source.text);
        let repeats_source = |block: &CodeBlock| own != under_test && known.contains(&plain(&block.text));
        let name = |block: &CodeBlock| block.file.as_deref().map(base).map(str::to_owned);
        let count = blocks.iter().filter(|block| is_code(block) && !repeats_source(block)).count();
        let has_own = blocks.iter().any(|block| is_code(block) && name(block).is_none_or(|name| name == own));
        // Where all have other names, the largest is meant, by whatever name.
        let largest = blocks.iter().filter(|block| is_code(block)).max_by_key(|block| block.text.len()).and_then(name);
        let mut sorted = Self { tests: Vec::new(), others: String::new(), left_out: Vec::new() };
        for block in blocks {
            let named = name(&block);
            let is_own = named.as_deref().is_none_or(|name| name == own) || !has_own && named == largest;
            if repeats_source(&block) {
                continue;
            }
            if is_code(&block) && (count == 1 || is_own) {
                sorted.tests.push(block.text);
            } else if let Some(file) = block.file.as_deref().filter(|_| named.as_deref() != Some(under_test)) {
                let fence = "`".repeat(longest_run(&block.text).max(2) + 1);
                let language = block.language.as_deref().unwrap_or_default();
                let _ = write!(sorted.others, "`{file}`\n\n{fence}{language}\n{}{fence}\n\n", block.text);
            } else {
                let first_line = block.text.trim_start().lines().next().unwrap_or_default().chars().take(80).collect();
                sorted.left_out.push(LeftOut { reply_line: block.reply_line, first_line }.to_string());
            }
        }
        let tests = std::mem::take(&mut sorted.tests);
        sorted.tests = tests.iter().filter(|code| !is_part_of_another(code, &tests)).cloned().collect();
        sorted.tests.dedup();
        sorted
    }
}

/// Code without the symbols that it repeats from the code under test: a test of a copy tests nothing.
///
/// # Errors
/// It defines one of them otherwise.
pub(super) fn without_copies(code: &str, source: &str, language: Language) -> Result<String, String> {
    let parse = |text: &str| SyntaxTree::parse(language, text).ok();
    let (Some(given), Some(own)) = (parse(code), parse(source)) else { return Ok(code.to_owned()) };
    let own = own.symbols(source);
    let mut copies = Vec::new();
    for symbol in given.symbols(code).iter().filter(|symbol| symbol.depth == 0) {
        let is_code = symbol.kind.is_callable() || symbol.kind.is_type();
        let same = own.iter().find(|other| other.depth == 0 && other.name == symbol.name && other.kind == symbol.kind);
        let Some(same) = same.filter(|_| is_code) else { continue };
        if words(&code[symbol.item_range.clone()]) != words(&source[same.item_range.clone()]) {
            return Err(format!(
                "it defines `{}` itself, which is the code under test. The tests are to import it.",
                symbol.name
            ));
        }
        copies.push(symbol.range.clone());
    }
    Ok(without(code, copies))
}

fn is_part_of_another(code: &str, all: &[String]) -> bool {
    let own = plain(code);
    all.iter().map(|other| plain(other)).any(|other| other.len() > own.len() && other.contains(&own))
}

fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn tag(block: &CodeBlock) -> Option<Language> {
    block.language.as_deref().and_then(Language::from_language_id)
}

fn is_of_family(one: Language, other: Language) -> bool {
    let family = |language: Language| match language.name() {
        "javascript" | "typescript" | "tsx" => "script",
        "c" | "cpp" => "c",
        name => name,
    };
    family(one) == family(other)
}

/// Whether a text is code that defines something.
fn defines(text: &str, language: Language) -> bool {
    SyntaxTree::parse(language, text).is_ok_and(|tree| {
        let is_code = tree.symbols(text).iter().any(|symbol| symbol.kind.is_callable() || symbol.kind.is_type());
        tree.error_count() == 0 && (is_code || !tree.tests(text).is_empty())
    })
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// The lines that say something, without the blanks around them.
fn plain(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.fold("\n".to_owned(), |text, line| text + line + "\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::place;
    use super::*;

    const SOURCE: CodeUnderTest = CodeUnderTest {
        path: "/w/calc.py",
        text: "def add(a, b):\n    return a + b\n\n\ndef neg(a):\n    return -a\n",
    };

    fn target(path: &str, text: &str) -> TestTarget {
        TestTarget {
            path: path.into(),
            text: text.into(),
            language: Language::from_path(path).unwrap(),
            is_new: text.is_empty(),
            preamble: None,
        }
    }

    #[test]
    fn several_blocks_of_tests_all_go_in() {
        let reply = "Imports:\n```python\nimport pytest\nfrom calc import add, neg\n```\nThe code under test is:\n```python\ndef add(a, b):\n    return a + b\n```\nTests:\n```python\ndef test_add():\n    assert add(1, 2) == 3\n```\nand\n```python\ndef test_neg():\n    assert neg(1) == -1\n```\nRun:\n```bash\npytest -q\n```\n```\n2 passed\n```\n";
        let placed = place(reply, &target("/w/tests/test_calc.py", ""), SOURCE, false).unwrap();
        let text = &placed.plan.new_text;
        assert!(text.starts_with("import pytest\nfrom calc import add, neg\n\n\ndef test_add():"), "{text}");
        assert!(text.ends_with("\n\n\ndef test_neg():\n    assert neg(1) == -1\n"), "{text}");
        assert_eq!(text.matches("def ").count(), 2, "{text}");
        assert_eq!((placed.others.as_str(), placed.left_out.len()), ("", 1));
    }

    #[test]
    fn blocks_of_other_files_are_apart() {
        let reply = "`calc.py`:\n```python\ndef add(a, b):\n    return b + a\n```\n`tests/test_calc.py`:\n```python\nfrom calc import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n```\n`tests/conftest.py`:\n```python\nimport pytest\n```\n";
        let placed = place(reply, &target("/w/tests/test_calc.py", ""), SOURCE, false).unwrap();
        assert_eq!(placed.plan.new_text, "from calc import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n");
        assert_eq!(placed.others, "`tests/conftest.py`\n\n```python\nimport pytest\n```\n\n");
        assert!(placed.left_out[0].contains("def add(a, b):"), "{:?}", placed.left_out);
    }

    #[test]
    fn one_block_goes_in_by_whatever_name() {
        let reply = "`tests/test_add.py`:\n```python\ndef test_add():\n    pass\n```\n";
        let placed = place(reply, &target("/w/tests/test_calc.py", ""), SOURCE, false).unwrap();
        assert_eq!((placed.plan.new_text.as_str(), placed.others.as_str()), ("def test_add():\n    pass\n", ""));
    }

    #[test]
    fn tests_test_no_copy() {
        let copy = "```python\ndef add(a, b):\n    return a + b\n\n\ndef test_add():\n    assert add(1, 2) == 3\n```\n";
        let target = target("/w/tests/test_calc.py", "");
        assert_eq!(
            place(copy, &target, SOURCE, false).unwrap().plan.new_text,
            "def test_add():\n    assert add(1, 2) == 3\n"
        );
        let other = copy.replace("return a + b", "return 3");
        assert!(place(&other, &target, SOURCE, false).unwrap_err().complaint.contains("`add`"));
    }

    #[test]
    fn a_test_file_of_go_stays_of_one_package() {
        let reply = "```go\npackage m_test\n\nimport \"x/m\"\n\nfunc TestB(t *testing.T) {}\n```\n";
        let target = target("/w/m_test.go", "package m\n\nfunc TestA(t *testing.T) {}\n");
        let source = CodeUnderTest { path: "/w/m.go", text: "package m\n" };
        assert!(place(reply, &target, source, false).unwrap_err().complaint.contains("`m_test`"));
    }

    #[test]
    fn a_glob_is_added_where_there_is_none() {
        let file = "fn add() {}\nfn neg() {}\n\n#[cfg(test)]\nmod tests {\n    use super::add;\n\n    #[test]\n    fn a() {\n        add();\n    }\n}\n";
        let reply = "```rust\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn b() {\n        neg();\n    }\n}\n```\n";
        let source = CodeUnderTest { path: "/w/src/lib.rs", text: file };
        let placed = place(reply, &target("/w/src/lib.rs", file), source, false).unwrap();
        assert!(placed.plan.new_text.contains("use super::*;"), "{}", placed.plan.new_text);
    }
}
