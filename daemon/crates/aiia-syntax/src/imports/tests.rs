//! Imports found, by language.

use crate::{Language, SyntaxTree};
use rstest::rstest;

#[rstest]
#[case("rust", "use a::{\n    b,\n};\nextern crate c;\nfn f() { use d; }\n", &["use a::{\n    b,\n};\n", "extern crate c;\n"])]
#[case("rust", "#[cfg(test)]\nuse a;\r\nmod tests {\r\n    use super::*;\r\n}", &["#[cfg(test)]\nuse a;\r\n", "    use super::*;\r\n"])]
#[case("rust", "use a; use b;\nuse c", &["use a; use b;\n", "use c"])]
#[case("python", "from __future__ import annotations\nimport os, sys\n\nif TYPE_CHECKING:\n    from a import (\n        b,\n    )\n\ndef f():\n    import late\n", &["from __future__ import annotations\n", "import os, sys\n", "    from a import (\n        b,\n    )\n"])]
#[case("python", "import a; import b\nimport", &["import a; import b\n"])]
#[case("python", "", &[])]
fn finds_imports(#[case] language: &str, #[case] text: &str, #[case] expected: &[&str]) {
    let tree = SyntaxTree::parse(Language::from_language_id(language).unwrap(), text).unwrap();
    let found: Vec<&str> = tree.imports(text).into_iter().map(|range| &text[range]).collect();
    assert_eq!(found, expected);
}
