//! Functions that stand alone, and what the heads of impls say that theirs take.

use super::*;
use rstest::rstest;

const ONE: &str = "impl From<u8> for X {\n    fn from(x: u8) -> Self {\n        X(x.into())\n    }\n}\n";
const LIFETIME: &str =
    "impl<'a> From<&'a str> for X {\n    fn from(x: &'a str) -> Self {\n        X(x.len())\n    }\n}\n";
const PATH: &str =
    "impl From<std::io::Error> for X {\n    fn from(x: std::io::Error) -> Self {\n        X(1)\n    }\n}\n";
const GENERIC: &str = "impl<T: A> From<T> for X {\n    fn from(x: T) -> Self {\n        X(x.a())\n    }\n}\n";
const VISITOR: &str =
    "impl Add<X> for X {\n    type Output = X;\n\n    fn add(self, other: X) -> X {\n        other\n    }\n}\n";

/// Whether the function alone takes the place of that of the impl; else nothing does, and the reply is refused.
#[rstest]
#[case(ONE, "fn from(x: u64) -> Self {\n    X(x)\n}\n", false)]
#[case(ONE, "fn from(x: u8) -> Self {\n    X(x as u64)\n}\n", true)]
#[case(ONE, "fn from(value: u8) -> X {\n    X(u64::from(value))\n}\n", true)]
#[case(LIFETIME, "fn from(x: &str) -> Self {\n    X(2)\n}\n", true)]
#[case(LIFETIME, "fn from(x: String) -> Self {\n    X(2)\n}\n", false)]
#[case(PATH, "fn from(x: io::Error) -> Self {\n    X(2)\n}\n", true)]
#[case(PATH, "fn from(x: fmt::Error) -> Self {\n    X(2)\n}\n", true)]
#[case(PATH, "fn from(x: ParseError) -> Self {\n    X(2)\n}\n", false)]
#[case(GENERIC, "fn from(y: T) -> Self {\n    X(y.b())\n}\n", true)]
#[case(VISITOR, "fn add(self, other: X) -> X {\n    self\n}\n", true)]
#[case(VISITOR, "fn add(self, other: u8) -> X {\n    self\n}\n", false)]
fn a_function_alone_takes_what_its_impl_says(#[case] own: &str, #[case] given: &str, #[case] replaces: bool) {
    for others in ["", "impl From<u16> for X {\n    fn from(x: u16) -> Self {\n        X(x.into())\n    }\n}\n\n"] {
        for focus in ["", "$0"] {
            let asked = own.replacen("        ", &format!("        {focus}"), 1);
            let file = format!("struct X(u64);\n\n{others}{asked}");
            let is_clear = others.is_empty() || !own.contains("From<") || focus == "$0";
            let plan = plan_for(&[("a.rs", &file)], &fenced(given));
            let text = file.replace("$0", "");
            if replaces && is_clear {
                assert_eq!(plan.complaints, [], "{file}\n{given}");
                assert_ne!(plan.files[0].new_text, text);
            } else if !replaces {
                assert_eq!(plan.complaints.len(), 1, "{file}\n{given}");
                assert!(!plan.complaints[0].candidates.is_empty(), "{:?}", plan.complaints);
                assert_eq!(plan.complaints[0].kind, ComplaintKind::Ambiguous);
            }
        }
    }
}
