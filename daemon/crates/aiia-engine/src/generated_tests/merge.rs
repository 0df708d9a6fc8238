//! Adds test code to a file that is there: what it imports goes to the imports, methods of a class that the file has into that class,
//! all else to the end.

use std::ops::Range;

use aiia_syntax::{Language, Symbol, SyntaxTree};

use super::class::{self, is_named};
use super::lines::without;
use super::{groups, imports};

/// Why code is not added of which the file has everything.
pub(super) const NOTHING_NEW: &str = "it adds no test.";

/// The text with the code added.
///
/// # Errors
/// Why not, for people and for the model.
pub(super) fn added(text: &str, code: &str, language: Language) -> Result<String, String> {
    let parse = |text: &str| SyntaxTree::parse(language, text).map_err(|error| format!("it cannot be read: {error}."));
    let wrapped = class::wrapped(text, code, language);
    let code = wrapped.as_deref().unwrap_or(code);
    let (own, new) = (parse(text)?, parse(code)?);
    // What is named and in nothing that is named: a namespace around it does not count.
    let tops = |tree: &SyntaxTree, text: &str| -> Vec<Symbol> {
        let mut end = 0;
        let named = tree.symbols(text).into_iter().filter(is_named);
        named
            .filter(|symbol| {
                let is_outermost = symbol.item_range.start >= end;
                end = end.max(symbol.item_range.end);
                is_outermost
            })
            .collect()
    };
    let (own_tops, new_tops) = (tops(&own, text), tops(&new, code));
    let own_imports = imports::statements(own.imports(text), text);
    let new_imports = imports::statements(new.imports(code), code);
    let missing = imports::missing(language, &own_imports, text, &new_imports, code);

    let mut left_out: Vec<Range<usize>> = new_imports;
    left_out.extend(imports::headers(language, code));
    let main = if language.name() == "python" { main_block(text) } else { None };
    if main.is_some() {
        left_out.extend(main_block(code));
    }
    let mut inserted: Vec<(usize, String)> = Vec::new();
    for symbol in &new_tops {
        let Some(same) = own_tops.iter().find(|other| other.name == symbol.name && other.kind == symbol.kind) else {
            continue;
        };
        if code[symbol.item_range.clone()].trim() == text[same.item_range.clone()].trim() {
            left_out.push(symbol.range.clone());
        } else if symbol.kind.is_type() && symbol.body_range.is_some() {
            inserted.push(class::joined((symbol, &new, code), (same, &own, text), language)?);
            left_out.push(symbol.range.clone());
        } else {
            return Err(format!("it defines `{}`, which the file has already. Another name is needed.", symbol.name));
        }
    }
    let (grouped, rest) = groups::joined(text, &without(code, left_out), language)?;
    inserted.extend(grouped);
    // Empty namespaces, and what the file ends with already.
    let says =
        rest.lines().filter(|line| !line.starts_with("namespace ")).any(|line| line.contains(char::is_alphanumeric));
    let rest = if says && !text.contains(rest.trim()) { rest } else { String::new() };
    let gap = if language.name() == "python" { 3 } else { 2 };
    if !rest.trim().is_empty()
        && let Some(main) = &main
    {
        // What ends the program comes last: nothing behind it would be run.
        inserted.push((main.start, format!("{}\n\n\n", rest.trim_matches('\n').trim_end())));
    } else if !rest.trim().is_empty() {
        let breaks = gap - if text.is_empty() { gap } else { usize::from(text.ends_with('\n')) };
        inserted.push((text.len(), format!("{}{}\n", "\n".repeat(breaks), rest.trim_matches('\n').trim_end())));
    }
    if inserted.is_empty() && (missing.is_empty() || !imports::are_all(code, language)) {
        return Err(NOTHING_NEW.to_owned());
    }
    if !missing.is_empty() {
        let lines = missing.join("\n") + "\n";
        inserted.push(imports::place(language, &own_imports, text, lines));
    }
    // Of several at one place the first comes first.
    inserted.sort_by_key(|(at, _)| *at);
    let mut result = text.to_owned();
    for (at, addition) in inserted.into_iter().rev() {
        result.insert_str(at, &addition);
    }
    Ok(result)
}

/// The last statement of a file of Python, where it is what runs when the file is the program.
fn main_block(text: &str) -> Option<Range<usize>> {
    let start = text.rfind("\nif __name__").map_or(0, |at| at + 1);
    let block = text[start..].strip_prefix("if __name__")?;
    let belongs = |line: &str| line.trim().is_empty() || line.starts_with([' ', '\t', '#']);
    block.lines().skip(1).all(belongs).then_some(start..text.len())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "a.py",
        "from a import b\n\n\ndef test_b():\n    b()\n",
        "import pytest\nfrom a import b, c\n\ndef test_c():\n    c()\n",
        "from a import b\nimport pytest\nfrom a import c\n\n\ndef test_b():\n    b()\n\n\ndef test_c():\n    c()\n"
    )]
    #[case(
        "a.py",
        "import unittest\n\nclass TestA(unittest.TestCase):\n    def test_a(self):\n        pass\n\nif __name__ == \"__main__\":\n    unittest.main()\n",
        "import unittest\n\nclass TestA(unittest.TestCase):\n    def test_b(self):\n        f()\n",
        "import unittest\n\nclass TestA(unittest.TestCase):\n    def test_a(self):\n        pass\n\n    def test_b(self):\n        f()\n\nif __name__ == \"__main__\":\n    unittest.main()\n"
    )]
    #[case(
        "a.py",
        "import unittest\n\n\nclass TestA(unittest.TestCase):\n    def test_a(self):\n        pass\n\n\nif __name__ == \"__main__\":\n    unittest.main()\n",
        "import unittest\n\n\nclass TestB(unittest.TestCase):\n    def test_b(self):\n        f()\n\n\nif __name__ == '__main__':\n    unittest.main()\n",
        "import unittest\n\n\nclass TestA(unittest.TestCase):\n    def test_a(self):\n        pass\n\n\nclass TestB(unittest.TestCase):\n    def test_b(self):\n        f()\n\n\nif __name__ == \"__main__\":\n    unittest.main()\n"
    )]
    #[case(
        "a.py",
        "if __name__ == \"__main__\":\n    run()\n\n\ndef test_a():\n    pass\n",
        "def test_b():\n    pass\n",
        "if __name__ == \"__main__\":\n    run()\n\n\ndef test_a():\n    pass\n\n\ndef test_b():\n    pass\n"
    )]
    #[case(
        "a.test.ts",
        "import { describe, expect, it } from 'vitest'\nimport { one } from './a'\n\ndescribe('one', () => {})\n",
        "import { describe, it, expect } from \"vitest\";\nimport { one, two } from './a'\n\ndescribe('two', () => {})\n",
        "import { describe, expect, it } from 'vitest'\nimport { one } from './a'\nimport { two } from './a'\n\ndescribe('one', () => {})\n\ndescribe('two', () => {})\n"
    )]
    #[case(
        "a.test.js",
        "const test = require('node:test');\nconst { one } = require('./a');\n\ntest('one', () => {});\n",
        "const test = require('node:test');\nconst { one, two } = require('./a');\n\ntest('two', () => {});\n",
        "const test = require('node:test');\nconst { one } = require('./a');\nconst { two } = require('./a');\n\ntest('one', () => {});\n\ntest('two', () => {});\n"
    )]
    #[case(
        "a_test.go",
        "package a\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) {\n}\n",
        "package a\n\nimport (\n\t\"errors\"\n\t\"testing\"\n)\n\nfunc TestB(t *testing.T) {\n\tb(errors.New(\"x\"))\n}\n",
        "package a\n\nimport \"testing\"\nimport \"errors\"\n\nfunc TestA(t *testing.T) {\n}\n\nfunc TestB(t *testing.T) {\n\tb(errors.New(\"x\"))\n}\n"
    )]
    #[case(
        "ATest.java",
        "package a;\n\nimport org.junit.jupiter.api.Test;\n\nclass ATest {\n    @Test\n    void one() {\n    }\n}\n",
        "package a;\n\nimport org.junit.jupiter.api.Test;\nimport static org.junit.jupiter.api.Assertions.*;\n\nclass ATest {\n  @Test\n  void two() {\n    f();\n  }\n}\n",
        "package a;\n\nimport org.junit.jupiter.api.Test;\nimport static org.junit.jupiter.api.Assertions.*;\n\nclass ATest {\n    @Test\n    void one() {\n    }\n\n    @Test\n    void two() {\n      f();\n    }\n}\n"
    )]
    #[case(
        "a_test.rb",
        "require \"test_helper\"\n\nclass ATest < Minitest::Test\n  def test_one\n    one\n  end\nend\n",
        "require \"test_helper\"\n\nclass ATest < Minitest::Test\n  def test_two\n    two\n  end\nend\n",
        "require \"test_helper\"\n\nclass ATest < Minitest::Test\n  def test_one\n    one\n  end\n\n  def test_two\n    two\n  end\nend\n"
    )]
    #[case(
        "a_spec.rb",
        "require \"spec_helper\"\n\nRSpec.describe \"one\" do\nend\n",
        "require \"spec_helper\"\n\nRSpec.describe \"two\" do\nend\n",
        "require \"spec_helper\"\n\nRSpec.describe \"one\" do\nend\n\nRSpec.describe \"two\" do\nend\n"
    )]
    #[case(
        "ATests.cs",
        "using Xunit;\n\nnamespace A.Tests;\n\npublic class ATests\n{\n    [Fact]\n    public void One()\n    {\n    }\n}\n",
        "using System;\nusing Xunit;\n\nnamespace A.Tests;\n\npublic class ATests\n{\n    [Fact]\n    public void Two()\n    {\n    }\n}\n",
        "using Xunit;\nusing System;\n\nnamespace A.Tests;\n\npublic class ATests\n{\n    [Fact]\n    public void One()\n    {\n    }\n\n    [Fact]\n    public void Two()\n    {\n    }\n}\n"
    )]
    #[case(
        "ATest.java",
        "package a;\n\nimport org.junit.jupiter.api.Test;\n\nclass ATest {\n    @Test\n    void one() {\n    }\n}\n",
        "@Test\nvoid two() {\n    f();\n}\n",
        "package a;\n\nimport org.junit.jupiter.api.Test;\n\nclass ATest {\n    @Test\n    void one() {\n    }\n\n    @Test\n    void two() {\n        f();\n    }\n}\n"
    )]
    #[case(
        "ATests.cs",
        "using Xunit;\n\nnamespace A.Tests;\n\npublic class ATests\n{\n    [Fact]\n    public void One()\n    {\n    }\n}\n",
        "using System;\n\n[Fact]\npublic void Two()\n{\n}\n",
        "using Xunit;\nusing System;\n\nnamespace A.Tests;\n\npublic class ATests\n{\n    [Fact]\n    public void One()\n    {\n    }\n\n    [Fact]\n    public void Two()\n    {\n    }\n}\n"
    )]
    #[case(
        "ATest.php",
        "<?php\n\nuse PHPUnit\\Framework\\TestCase;\n\nfinal class ATest extends TestCase\n{\n    public function testOne(): void\n    {\n    }\n}\n",
        "public function testTwo(): void\n{\n    two();\n}\n",
        "<?php\n\nuse PHPUnit\\Framework\\TestCase;\n\nfinal class ATest extends TestCase\n{\n    public function testOne(): void\n    {\n    }\n\n    public function testTwo(): void\n    {\n        two();\n    }\n}\n"
    )]
    #[case(
        "test_a.py",
        "import unittest\n\n\nclass TestA(unittest.TestCase):\n    def test_a(self):\n        pass\n\n\nif __name__ == \"__main__\":\n    unittest.main()\n",
        "    def test_b(self):\n        f()\n",
        "import unittest\n\n\nclass TestA(unittest.TestCase):\n    def test_a(self):\n        pass\n\n    def test_b(self):\n        f()\n\n\nif __name__ == \"__main__\":\n    unittest.main()\n"
    )]
    #[case(
        "test_a.py",
        "class TestA:\n    def test_a(self):\n        pass\n",
        "import sys\n\ndef test_b(self):\n    f()\n\ndef test_c(self):\n    g()\n",
        "import sys\n\nclass TestA:\n    def test_a(self):\n        pass\n\n    def test_b(self):\n        f()\n\n    def test_c(self):\n        g()\n"
    )]
    #[case(
        "a.test.ts",
        "describe(\"add\", () => {\n  it(\"adds\", () => {\n    one();\n  });\n});\n",
        "describe(\"add\", () => {\n  it(\"adds\", () => {\n    one();\n  });\n\n  it(\"adds two\", () => {\n    two();\n  });\n});\n",
        "describe(\"add\", () => {\n  it(\"adds\", () => {\n    one();\n  });\n\n  it(\"adds two\", () => {\n    two();\n  });\n});\n"
    )]
    #[case(
        "a.test.js",
        "describe('add', () => {\n    it('adds', () => {\n        one();\n    });\n});\n",
        "it('adds two', () => {\n  two();\n});\n\nit('adds three', () => {\n  three();\n});\n",
        "describe('add', () => {\n    it('adds', () => {\n        one();\n    });\n\n    it('adds two', () => {\n      two();\n    });\n\n    it('adds three', () => {\n      three();\n    });\n});\n"
    )]
    #[case(
        "a_spec.rb",
        "RSpec.describe Calc do\n  it 'adds' do\n    one\n  end\nend\n",
        "RSpec.describe Calc do\n  it 'adds two' do\n    two\n  end\nend\n",
        "RSpec.describe Calc do\n  it 'adds' do\n    one\n  end\n\n  it 'adds two' do\n    two\n  end\nend\n"
    )]
    fn code_joins_what_is_there(#[case] name: &str, #[case] text: &str, #[case] code: &str, #[case] expected: &str) {
        let language = Language::from_path(name).unwrap();
        assert_eq!(added(text, code, language).unwrap(), expected);
        // What is there already adds nothing, or is refused.
        assert!(
            added(expected, code, language).is_err() || !matches!(language.name(), "python" | "go" | "java" | "csharp")
        );
    }

    #[rstest]
    #[case(
        "a.test.js",
        "describe('a', () => {\n  it('b', () => {\n    one();\n  });\n});\n",
        "describe('a', () => {\n  it('b', () => {\n    two();\n  });\n});\n",
        "`it('b'"
    )]
    #[case("a.py", "def test_a():\n    one()\n", "def test_a():\n    two()\n", "`test_a`")]
    #[case("a_test.go", "package a\n\nfunc TestA() {\n}\n", "package a\n\nfunc TestA() {\n\tx()\n}\n", "`TestA`")]
    #[case(
        "ATest.java",
        "class ATest {\n  void a() {\n  }\n}\n",
        "class ATest {\n  void a() {\n    x();\n  }\n}\n",
        "`a`"
    )]
    fn a_name_that_is_taken_is_refused(#[case] name: &str, #[case] text: &str, #[case] code: &str, #[case] word: &str) {
        let complaint = added(text, code, Language::from_path(name).unwrap()).unwrap_err();
        assert!(complaint.contains(word), "{complaint}");
    }
}
