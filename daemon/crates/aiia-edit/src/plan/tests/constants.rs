//! New constants, which go beside the others of their kind.

use rstest::rstest;

use super::*;

const CONSTANTS: &str = "import os\n\nDEFAULT = 10\nnames = [\"a\"]\n\n\nclass A:\n    x = 1\n\n\ndef load(path):\n    return open(path).read()\n";
const DEFINES: &str = "#include <stdio.h>\n\n#define MAX 10\n\nstruct point {\n  int x;\n};\n\nstatic int f(int a) {\n  return a + MAX;\n}\n";
const CONSTS: &str = "use std::fs;\n\npub const MAX: u8 = 1;\n\nstruct A;\n\nfn load() -> u8 {\n    MAX\n}\n";

#[rstest]
#[case::python(("a.py", CONSTANTS), "SIZE = 1 << 20\n\n\ndef load(path):\n    return open(path).read(SIZE)\n", &[("DEFAULT = 10\n", "DEFAULT = 10\nSIZE = 1 << 20\n"), ("read()", "read(SIZE)")])]
#[case::of_a_type_below(("a.py", CONSTANTS), "FIRST = A()\n\n\ndef load(path):\n    return open(path).read(FIRST)\n", &[("def load", "FIRST = A()\n\n\ndef load"), ("read()", "read(FIRST)")])]
#[case::c(("a.c", DEFINES), "#define MIN 2\n\nstatic int f(int a) {\n  return a + MAX - MIN;\n}\n", &[("#define MAX 10\n", "#define MAX 10\n#define MIN 2\n"), ("a + MAX", "a + MAX - MIN")])]
#[case::rust(("a.rs", CONSTS), "const MIN: u8 = 0;\n\nfn load() -> u8 {\n    MAX - MIN\n}\n", &[("= 1;\n", "= 1;\nconst MIN: u8 = 0;\n"), ("    MAX\n", "    MAX - MIN\n")])]
fn a_new_constant_goes_beside_the_others(
    #[case] file: (&str, &str),
    #[case] code: &str,
    #[case] changes: &[(&str, &str)],
) {
    let expected = changes.iter().fold(file.1.to_owned(), |text, (old, new)| text.replacen(old, new, 1));
    assert_eq!(new_text(file, &fenced(code)), expected);
}

#[test]
fn a_new_constant_does_not_go_into_a_condition() {
    let file = DEFINES.replace("#define MAX 10\n", "#ifdef A\n#define MAX 10\n#endif\n");
    let code = "#define MIN 2\n\nstatic int f(int a) {\n  return a + MAX - MIN;\n}\n";
    let expected = file.replace("static", "#define MIN 2\n\nstatic").replace("a + MAX", "a + MAX - MIN");
    assert_eq!(new_text(("a.c", &file), &fenced(code)), expected);
}
