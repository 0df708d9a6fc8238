//! What stands before a declaration: attributes and the words that say who may use it.

use rstest::rstest;

use super::namesakes::{Case, check_all};
use super::*;

#[rstest]
#[case::java(
    ("A.java", "public class A {\n    public static synchronized int f() { return 1; }\n}\n"),
    "int f() { return 2; }\n",
    ("return 1", "return 2")
)]
#[case::with_others(
    ("A.java", "class A {\n    public static int f() { return 1; }\n}\n"),
    "static final int f() { return 2; }\n",
    ("public static int f() { return 1", "public static final int f() { return 2")
)]
#[case::as_written(
    ("A.java", "class A {\n    public static int f() { return 1; }\n}\n"),
    "private int f() { return 2; }\n",
    ("public static int f() { return 1", "private int f() { return 2")
)]
#[case::rust(("a.rs", "pub(crate) async fn f() -> u8 {\n    1\n}\n"), "fn f() -> u8 {\n    2\n}\n", ("    1", "    2"))]
#[case::rust_no_visibility(("a.rs", "async fn f() -> u8 {\n    1\n}\n"), "fn f() -> u8 {\n    2\n}\n", ("async fn f() -> u8 {\n    1", "fn f() -> u8 {\n    2"))]
#[case::members(
    ("a.rs", "pub struct A;\n\nimpl A {\n    pub fn f(&self) -> u8 {\n        1\n    }\n}\n"),
    "impl A {\n    fn f(&self) -> u8 {\n        2\n    }\n}\n",
    ("        1", "        2")
)]
#[case::fields(("a.rs", "pub struct A {\n    pub x: u8,\n}\n"), "struct A {\n    x: u16,\n}\n", ("u8", "u16"))]
#[case::typescript(("a.ts", "class A {\n  private async f() {\n    one();\n  }\n}\n"), "f() {\n  two();\n}\n", ("one", "two"))]
#[case::c(("a.c", "static int f(void) {\n    return 1;\n}\n"), "int f(void) {\n    return 2;\n}\n", ("return 1", "return 2"))]
#[case::attribute_in_another_form(
    ("a.rs", "#[test]\nfn f() {\n    one();\n}\n"),
    "#[tokio::test]\nfn f() {\n    two();\n}\n",
    ("#[test]\nfn f() {\n    one", "#[tokio::test]\nfn f() {\n    two")
)]
#[case::decorator_in_another_form(
    ("a.py", "class A:\n    @property\n    @slow\n    def f(self):\n        return 1\n"),
    "@cached_property\ndef f(self):\n    return 2\n",
    ("    @property\n    @slow\n    def f(self):\n        return 1", "    @cached_property\n    def f(self):\n        return 2")
)]
fn a_short_head_keeps_what_the_file_has(#[case] file: (&str, &str), #[case] code: &str, #[case] change: (&str, &str)) {
    assert_eq!(new_text(file, &fenced(code)), file.1.replacen(change.0, change.1, 1));
}

const OTHERS: &[Case] = &[
    (
        "A.java",
        "class A {\n    @Deprecated\n    @SuppressWarnings(\"x\")\n    public void f() { }\n}\n",
        "@Override\npublic void f() {\n    run();\n}\n",
        Err((ComplaintKind::Ambiguous, &[2])),
    ),
    (
        "a.rs",
        "#[inline]\nfn f() {\n    one();\n}\n",
        "#[must_use]\nfn f() {\n    two();\n}\n",
        Err((ComplaintKind::Ambiguous, &[1])),
    ),
    // What the file imports otherwise stays in use.
    (
        "A.java",
        "import java.util.Date;\n\nclass A {\n    Date f() {\n        return null;\n    }\n\n    Date g() {\n        return new Date();\n    }\n}\n",
        "import java.sql.Date;\n\nDate f() {\n    return Date.valueOf(\"x\");\n}\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.tsx",
        "import type { User } from \"./types\";\n\nfunction f(u: User) {\n  return 1;\n}\n\nfunction g(u: User) {\n  return 2;\n}\n",
        "import { User } from \"./types\";\n\nfunction f(u: User) {\n  return User.of(u);\n}\n",
        Ok(
            "import { User } from \"./types\";\n\nfunction f(u: User) {\n  return User.of(u);\n}\n\nfunction g(u: User) {\n  return 2;\n}\n",
        ),
    ),
];

#[test]
fn what_may_be_meant_beside_is_refused() {
    check_all(OTHERS);
}

const COMMENTS: &[Case] = &[
    (
        "a.py",
        "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n# Copyright 2024\ndef main():\n    return 0\n",
        "# Entry point\ndef main():\n    return 1\n",
        Ok(
            "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n# Copyright 2024\n# Entry point\ndef main():\n    return 1\n",
        ),
    ),
    (
        "a.py",
        "class A:\n    # Adds one.\n    def f(self):\n        return 1\n",
        "# Adds two.\ndef f(self):\n    return 2\n\n# Adds three.\ndef g(self):\n    return 3\n",
        Ok(
            "class A:\n    # Adds two.\n    def f(self):\n        return 2\n\n    # Adds three.\n    def g(self):\n        return 3\n",
        ),
    ),
    (
        "a.py",
        "# Adds one.\ndef f():\n    return 1\n",
        "# ... existing code ...\ndef f():\n    return 2\n",
        Ok("# Adds one.\ndef f():\n    return 2\n"),
    ),
];

#[test]
fn a_comment_above_a_python_function_comes_along() {
    check_all(COMMENTS);
}
