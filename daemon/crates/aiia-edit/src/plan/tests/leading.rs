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

const SAFETY: &str = "/// Makes room.\n///\n/// # Safety\n///\n/// The caller must take care.\n///\n/// Panics if full.\n#[inline]\npub fn advance(n: usize) -> usize {\n    n + 1\n}\n\n/// Other.\npub fn other() -> usize {\n    1\n}\n";
const RUBY: &str = "# Finds it.\n#\n# @param a [String] what\n# @return [String] where\ndef find(a)\n  a + 1\nend\n";

#[rstest]
#[case::below_a_mark(
    ("a.rs", SAFETY),
    "// ... existing code ...\n/// Panics if full.\n#[inline]\npub fn advance(n: usize) -> usize {\n    n + 2\n}\n// ... existing code ...\n",
    ("n + 1", "n + 2")
)]
#[case::its_end(
    ("a.rs", SAFETY),
    "/// Panics if full.\n#[inline]\npub fn advance(n: usize) -> usize {\n    n + 2\n}\n",
    ("n + 1", "n + 2")
)]
#[case::its_beginning(
    ("a.rs", SAFETY),
    "/// Makes room.\n#[inline]\npub fn advance(n: usize) -> usize {\n    n + 2\n}\n",
    ("n + 1", "n + 2")
)]
#[case::other_attributes(
    ("a.rs", SAFETY),
    "///\n/// Panics if full.\n#[inline(always)]\npub fn advance(n: usize) -> usize {\n    n + 1\n}\n\n/// Other.\npub fn other() -> usize {\n    1\n}\n",
    ("#[inline]", "#[inline(always)]")
)]
#[case::beside_another(
    ("a.rs", SAFETY),
    "/// Panics if full.\n#[inline]\npub fn advance(n: usize) -> usize {\n    n + 1\n}\n\n/// Other.\npub fn other() -> usize {\n    2\n}\n",
    ("    1\n", "    2\n")
)]
#[case::ruby(("a.rb", RUBY), "# @return [String] where\ndef find(a)\n  a + 2\nend\n", ("a + 1", "a + 2"))]
#[case::member(
    ("a.rs", "struct A;\n\nimpl A {\n    /// Gives.\n    ///\n    /// # Errors\n    /// None.\n    fn f(&self) -> u8 {\n        1\n    }\n}\n"),
    "impl A {\n    /// # Errors\n    /// None.\n    fn f(&self) -> u8 {\n        2\n    }\n}\n",
    ("        1\n", "        2\n")
)]
#[case::meant(
    ("a.rs", SAFETY),
    "/// Makes room.\n#[inline]\npub fn advance(n: usize) -> usize {\n    n + 1\n}\n",
    ("///\n/// # Safety\n///\n/// The caller must take care.\n///\n/// Panics if full.\n", "")
)]
fn a_part_of_a_comment_is_a_quote(#[case] file: (&str, &str), #[case] code: &str, #[case] change: (&str, &str)) {
    assert_eq!(new_text(file, &fenced(code)), file.1.replacen(change.0, change.1, 1));
}

#[rstest]
#[case::as_it_is(
    "/** A colour. */\n/*package*/ class Node {\n    int get() {\n        return 2;\n    }\n}\n",
    "/** A colour. */\n/*package*/ class Node"
)]
#[case::left_out(
    "/** Another. */\nclass Node {\n    int get() {\n        return 2;\n    }\n}\n",
    "/** Another. */\n/*package*/ class Node"
)]
fn a_comment_beside_a_symbol_stays_there(#[case] code: &str, #[case] expected: &str) {
    let file =
        "package a;\n\n/** A colour. */\n/*package*/ class Node {\n    int get() {\n        return 1;\n    }\n}\n";
    let expected = file.replace("/** A colour. */\n/*package*/ class Node", expected).replace("return 1", "return 2");
    assert_eq!(new_text(("Node.java", file), &fenced(code)), expected);
}

#[rstest]
#[case("const RY = 2 // letters\n")]
#[case("const RY = 2 // letters\n\n// ... existing code ...\n")]
#[case("// The letters.\nconst RY = 2 // letters\n\n// ... existing code ...\n")]
fn a_constant_stays_one(#[case] constant: &str) {
    let file = "function one(x) {\n  return x + 1\n}\n\nconst RY = 2 // letters\n\n/**\n * @param x\n */\nfunction three(x) {\n  return x\n}\n";
    let code = format!("function one(x) {{\n  trace(x)\n  return x + 1\n}}\n\n{constant}");
    let plan = plan_for(&[("a.js", file)], &fenced(&code));
    assert_eq!(plan.complaints, []);
    let new = plan.files[0].new_text.replace("// The letters.\n", "");
    assert_eq!(new, file.replace("  return x + 1", "  trace(x)\n  return x + 1"));
}
