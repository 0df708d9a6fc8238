//! What stands above a symbol.

use rstest::rstest;

use super::*;

#[rstest]
#[case::new(
    "a.ts",
    "function f() {\n  return 1;\n}\n",
    "/**\n * Gives.\n *\n * @return one\n */\nfunction f() {\n  return 1;\n}\n",
    "/**\n * Gives.\n *\n * @return one\n */\nfunction f() {\n  return 1;\n}\n"
)]
#[case::in_a_class(
    "a.ts",
    "class A {\n  f() {\n    return 1;\n  }\n}\n",
    "/**\n * Gives.\n */\nf() {\n  return 1;\n}\n",
    "class A {\n  /**\n   * Gives.\n   */\n  f() {\n    return 1;\n  }\n}\n"
)]
#[case::where_it_stands(
    "a.ts",
    "class A {\n  f() {\n    return 1;\n  }\n}\n",
    "  /**\n   * Gives.\n   */\n  f() {\n    return 1;\n  }\n",
    "class A {\n  /**\n   * Gives.\n   */\n  f() {\n    return 1;\n  }\n}\n"
)]
#[case::with_tabs(
    "a.ts",
    "class A {\n\tf() {\n\t\treturn 1;\n\t}\n}\n",
    "/**\n * Gives.\n */\nf() {\n    return 1;\n}\n",
    "class A {\n\t/**\n\t * Gives.\n\t */\n\tf() {\n\t\treturn 1;\n\t}\n}\n"
)]
#[case::instead(
    "a.ts",
    "/**\n * Old.\n */\nfunction f() {\n  return 1;\n}\n",
    "/**\n * New.\n */\nfunction f() {\n  return 1;\n}\n",
    "/**\n * New.\n */\nfunction f() {\n  return 1;\n}\n"
)]
#[case::attribute(
    "a.rs",
    "struct A {\n    x: u8,\n}\n",
    "#[derive(\n    Debug,\n    Clone,\n)]\nstruct A {\n    x: u8,\n}\n",
    "#[derive(\n    Debug,\n    Clone,\n)]\nstruct A {\n    x: u8,\n}\n"
)]
#[case::decorator_with_a_string(
    "a.ts",
    "class A {\n  x = 1;\n}\n",
    "@Component({\n  template: `\n\n    <p>\n  `,\n})\nclass A {\n  x = 2;\n}\n",
    "@Component({\n  template: `\n\n    <p>\n  `,\n})\nclass A {\n  x = 2;\n}\n"
)]
#[case::kept_attribute(
    "a.rs",
    "mod m {\n    #[cfg(any(\n        a,\n        b\n    ))]\n    fn f() {}\n}\n",
    "/// Does.\n///     this\nfn f() {}\n",
    "mod m {\n    /// Does.\n    ///     this\n    #[cfg(any(\n        a,\n        b\n    ))]\n    fn f() {}\n}\n"
)]
#[case::kept_comment(
    "A.java",
    "class A {\n    /**\n     * Old.\n     */\n    int f() {\n        return 1;\n    }\n}\n",
    "@Deprecated\nint f() {\n    return 1;\n}\n",
    "class A {\n    /**\n     * Old.\n     */\n    @Deprecated\n    int f() {\n        return 1;\n    }\n}\n"
)]
fn keeps_its_own_indentation(#[case] path: &str, #[case] file: &str, #[case] code: &str, #[case] expected: &str) {
    assert_eq!(new_text((path, file), &fenced(code)), expected);
}
