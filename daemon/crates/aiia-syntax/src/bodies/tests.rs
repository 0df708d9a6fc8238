//! What is left out of texts, and what is not.

use super::*;
use rstest::rstest;

/// A text as a parser is shown it, with `⋯` for each gap.
fn shown(text: &str, bodies: Vec<Body>) -> String {
    let parts = Bodies(bodies).shown(text);
    let mut shown = String::new();
    let mut end = 0;
    for part in parts {
        if part.start_byte > end {
            shown.push('⋯');
        }
        shown.push_str(&text[part.start_byte..part.end_byte]);
        end = part.end_byte;
    }
    if end < text.len() { shown + "⋯" } else { shown }
}

#[rstest]
#[case("fn a() { b() }\nstruct S { x: u8 }", "fn a() {⋯}\nstruct S { x: u8 }")]
#[case("impl A { fn b(&self) -> u8 { { 1 } } fn c() {2} }", "impl A { fn b(&self) -> u8 {⋯} fn c() {⋯} }")]
#[case("fn a() { fn b() { c } d }", "fn a() {⋯}")]
#[case("trait T { fn a(); fn b() { \"}\" } }", "trait T { fn a(); fn b() {⋯} }")]
#[case("fn a() { '}'; '\\''; '\\u{7d}'; 'é'; let x: &'static str; }", "fn a() {⋯}")]
#[case("fn a<'a>(x: &'a str) { x }", "fn a<'a>(x: &'a str) {⋯}")]
#[case("fn a() { r#\"}\"#; br\"}\"; r#fn } fn b() {1}", "fn a() {⋯} fn b() {⋯}")]
#[case("fn r#fn() { 1 }", "fn r#fn() {⋯}")]
#[case("fn a() { /* } /* } */ } */ // }\n }", "fn a() {⋯}")]
#[case("fn a(x: [u8; { 1 + 1 }]) -> B<{ 2 }> { 3 }", "fn a(x: [u8; { 1 + 1 }]) -> B<{ 2 }> {⋯}")]
#[case("fn a<T>() where T: B<C>, { 3 }", "fn a<T>() where T: B<C>, {⋯}")]
#[case("type F = fn(u8) -> u8; const A: fn() = { b };", "type F = fn(u8) -> u8; const A: fn() = { b };")]
#[case("fn a() { b", "fn a() { b")]
#[case("a! { b { \"}\" } }\nstruct S;", "a! {⋯}\nstruct S;")]
#[case("a!(b(')'), [c); d![e[0]];", "a!(⋯); d![⋯];")]
#[case("macro_rules! a { ($b:expr) => { $b }; }", "macro_rules! a {⋯}")]
#[case(
    "const A: bool = !(B); impl !Send for C { } fn d() -> ! { e }",
    "const A: bool = !(B); impl !Send for C { } fn d() -> ! {⋯}"
)]
#[case("a!", "a!")]
#[case("a! b", "a! b")]
#[case("a! { b", "a! { b")]
#[case("fn", "fn")]
#[case("fn a() { \"", "fn a() { \"")]
#[case("fn a() { '", "fn a() { '")]
#[case("fn a() { '\\", "fn a() { '\\")]
fn leaves_out_bodies_and_macros_of_rust(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(shown(text, rust::bodies(text)), expected);
}

#[rstest]
#[case("def a():\n    b()\n\n    c()\nx = 1\n", "def a():\n⋯x = 1\n")]
#[case(
    "class A:\n  def b(self): # c\n    d\n\n  def e(self): return 1\n",
    "class A:\n  def b(self): # c\n⋯\n  def e(self): return 1\n"
)]
#[case("async def a(\n    b=(1, 2),\n):\n    c\n", "async def a(\n    b=(1, 2),\n):\n⋯")]
#[case("def a():\n    def b():\n        c\n    d\ne\n", "def a():\n⋯e\n")]
#[case("def a():\n    '''\nx\n'''\n    return [\n1]\nb\n", "def a():\n⋯b\n")]
#[case("def a():\n    b \\\n+ 1\nc\n", "def a():\n⋯c\n")]
#[case("def a():\n    b\n    # c\n  # d\n# e\nf\n", "def a():\n⋯  # d\n# e\nf\n")]
#[case("def a():\n# b\n    c\nd\n", "def a():\n⋯d\n")]
#[case(
    "def a(self):\n    self.b = 1\n    c\n    self.d: int = (\n2)\n",
    "def a(self):\n    self.b = 1\n⋯    self.d: int = (\n2)\n"
)]
#[case("def a(self):\n    b; self.c = 1\n    self.d()\n", "def a(self):\n    b; self.c = 1\n⋯")]
#[case("def a(self):\n    if b:\n        self.c = 1\n", "def a(self):\n⋯")]
#[case("def a():\r\n    'é'\r\nb", "def a():\r\n⋯b")]
#[case("def a():\n    b = 'c\nd = 1\n", "def a():\n⋯d = 1\n")]
#[case("def a():\n    b(\nc = 1\n", "def a():\n⋯")]
#[case("default:\n    b\ndef:\n    c\n", "default:\n    b\ndef:\n    c\n")]
#[case("def a():", "def a():")]
#[case("def a():\n    '''", "def a():\n⋯")]
#[case("def a():\n    \\", "def a():\n⋯")]
fn leaves_out_bodies_of_python(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(shown(text, python::bodies(text)), expected);
}

#[test]
fn what_is_near_and_what_is_short_is_shown() {
    let long = format!("fn a() {{ {} }}\n", "b(); ".repeat(BESIDE / 5));
    let text = long.repeat(3) + "fn short() {}\n" + &long.repeat(3);
    let language = Language::from_language_id("rust").unwrap();
    assert_eq!(Bodies::of(language, &text, None).0.len(), 6);
    let names: Vec<usize> =
        Bodies::of(language, &text, Some(&(0..long.len()))).0.iter().map(|body| body.name).collect();
    assert!(names.len() < 6 && names.iter().all(|name| *name > long.len() + BESIDE), "{names:?}");
}

#[test]
fn there_are_no_more_gaps_than_a_lexer_bears() {
    let function = format!("fn a() {{ {} }}\n", "b(); ".repeat(LEAST_BYTES));
    let text = function.repeat(MAX_GAPS) + &function.replace("b();", "b(c);").repeat(2);
    let language = Language::from_language_id("rust").unwrap();
    assert_eq!(Bodies::of(language, &text, None).0.len(), 2);
}
