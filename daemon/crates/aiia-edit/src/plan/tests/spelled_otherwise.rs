//! Replies that spell less than the file does, and mean it all the same.

use rstest::rstest;

use super::*;

const EXPORTS: &str = "export function a() {\n  return 1;\n}\n\nexport default class B {\n  f() { return 1; }\n}\n\nexport const c = () => 3;\n";
const COMPOSE: &str =
    "services:\n  web:\n    image: nginx\n\n  api:\n    image: api:1\n    ports:\n      - 80\n\nvolumes:\n  data: {}\n";
const GO: &str =
    "package m\n\nimport (\n\t\"fmt\"\n\t\"log\"\n)\n\nfunc f() {\n\tfmt.Println(\"x\")\n\tlog.Println(\"y\")\n}\n";

#[rstest]
#[case::function(("e.ts", EXPORTS), "function a() {\n  return 2;\n}\n", ("return 1;\n", "return 2;\n"))]
#[case::constant(("e.ts", EXPORTS), "const c = () => 4;\n", ("=> 3", "=> 4"))]
#[case::class(("e.ts", EXPORTS), "class B {\n  f() { return 2; }\n}\n", ("return 1; }", "return 2; }"))]
#[case::common_js(("e.js", "exports.b = function b() {\n  return 2;\n};\n"), "function b() {\n  return 20;\n}\n", ("2", "20"))]
#[case::asynchronous(("a.py", "class A:\n    async def f(self):\n        return await h()\n"), "def f(self):\n    return await g()\n", ("h()", "g()"))]
fn words_before_a_function_stay(#[case] file: (&str, &str), #[case] code: &str, #[case] change: (&str, &str)) {
    assert_eq!(new_text(file, &fenced(code)), file.1.replacen(change.0, change.1, 1));
}

#[rstest]
#[case::yaml(("docker-compose.yml", COMPOSE), "  api:\n    image: api:2\n    ports:\n      - 80\n", ("api:1", "api:2"))]
#[case::yaml_with_a_new_one(("docker-compose.yml", COMPOSE), "  api:\n    image: api:1\n    ports:\n      - 80\n\n  redis:\n    image: redis\n", ("      - 80\n", "      - 80\n\n  redis:\n    image: redis\n"))]
fn keys_at_their_indentation(#[case] file: (&str, &str), #[case] code: &str, #[case] change: (&str, &str)) {
    let reply = format!("```yaml\n{code}```\n");
    assert_eq!(new_text(file, &reply), file.1.replacen(change.0, change.1, 1));
}

#[test]
fn a_key_at_another_indentation_is_refused() {
    assert_eq!(
        complaint_kinds(("docker-compose.yml", COMPOSE), "```yaml\napi:\n  image: api:2\n```\n"),
        [ComplaintKind::NotFound]
    );
}

#[rstest]
#[case::ts_for_tsx("a.tsx", "ts")]
#[case::js_for_ts("a.ts", "js")]
#[case::ts_for_js("a.js", "typescript")]
fn the_name_of_a_sister_language(#[case] path: &str, #[case] tag: &str) {
    let file = "function f() {\n  return 1;\n}\n";
    let reply = format!("```{tag}\nfunction f() {{\n  return 2;\n}}\n```\n");
    assert_eq!(new_text((path, file), &reply), file.replace('1', "2"));
}

#[rstest]
#[case::one_for_another("import (\n\t\"fmt\"\n\t\"log/slog\"\n)\n\nfunc f() {\n\tfmt.Println(\"x\")\n\tslog.Info(\"y\")\n}\n", &[("\"log\"", "\"log/slog\""), ("log.Println", "slog.Info")])]
#[case::one_more("import (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc f() {\n\tfmt.Println(os.Args)\n\tlog.Println(\"y\")\n}\n", &[("\"log\"\n", "\"log\"\n\t\"os\"\n"), ("\"x\"", "os.Args")])]
#[case::other_module("import \"example.com/log\"\n\nfunc f() {\n\tlog.Println(\"z\")\n}\n", &[("\"log\"", "\"example.com/log\""), ("\tfmt.Println(\"x\")\n\tlog.Println(\"y\")", "\tlog.Println(\"z\")")])]
fn imports_of_go(#[case] code: &str, #[case] changes: &[(&str, &str)]) {
    let expected = changes.iter().fold(GO.to_owned(), |text, (old, new)| text.replacen(old, new, 1));
    assert_eq!(new_text(("m.go", GO), &fenced(code)), expected);
}

#[test]
fn a_class_in_the_place_of_a_function_is_refused() {
    let file = "def handler(x):\n    return x\n\n\ndef other():\n    return handler(1)\n";
    let code =
        "class handler:\n    def __call__(self, x):\n        return x\n\n\ndef other():\n    return handler(2)\n";
    let plan = plan_for(&[("a.py", file)], &fenced(code));
    assert_eq!((plan.files.len(), &plan.complaints[0].candidates[..]), (0, &[1][..]));
}

const SHELL: &str = "main() {\n\tcat <<EOF\nUsage:\n  a\nEOF\n\tif true; then\n\t\techo a\n\tfi\n}\n";

#[rstest]
#[case::here_document(("m.sh", SHELL), "main() {\n    cat <<EOF\nUsage:\n  a\n    b\nEOF\n    if true; then\n        echo b\n    fi\n}\n", &[("  a\n", "  a\n    b\n"), ("echo a", "echo b")])]
#[case::raw_string(("h.rs", "fn help() -> &'static str {\n    let _ = 1;\n    r#\"\nUsage:\n  a\n\"#\n}\n"), "fn help() -> &'static str {\n  let _ = 2;\n  r#\"\nUsage:\n  a\n\"#\n}\n", &[("= 1", "= 2")])]
#[case::aligned(("a.py", "def f():\n    x = foo(a,\n            b)\n    return x\n"), "def f():\n  x = foo(a,\n          b)\n  return x + 1\n", &[("return x", "return x + 1")])]
#[case::go_raw_string(("q.go", "package q\n\nfunc sql() string {\n\treturn `\n    SELECT *\n      FROM t\n`\n}\n"), "func sql() string {\n    return `\n    SELECT a\n      FROM t\n`\n}\n", &[("SELECT *", "SELECT a")])]
fn indentation_around_strings(#[case] file: (&str, &str), #[case] code: &str, #[case] changes: &[(&str, &str)]) {
    let expected = changes.iter().fold(file.1.to_owned(), |text, (old, new)| text.replacen(old, new, 1));
    assert_eq!(new_text(file, &fenced(code)), expected);
}

#[rstest]
#[case::generate(
    "//go:generate stringer -type=Kind\ntype Kind int\n",
    "// Kind is a kind.\ntype Kind int64\n",
    "//go:generate stringer -type=Kind\n// Kind is a kind.\ntype Kind int64\n"
)]
#[case::below_the_doc(
    "// F does.\n//nolint:unused\nfunc F() {}\n",
    "// F does more.\nfunc F() { g() }\n",
    "// F does more.\n//nolint:unused\nfunc F() { g() }\n"
)]
fn directives_stay(#[case] own: &str, #[case] code: &str, #[case] expected: &str) {
    let head = "package m\n\n";
    assert_eq!(new_text(("m.go", &format!("{head}{own}")), &fenced(code)), format!("{head}{expected}"));
}

const HEADER: &str = "#pragma once\n#ifndef A_H\n#define A_H\n\n#include <stdint.h>\n\nint f(int a);\n\n#endif\n";
const C: &str = "#include <stdio.h>\n\nint f(void) {\n    return 1;\n}\n";

#[rstest]
#[case(("a.h", HEADER), "c", "#include <stdint.h>\n#include <stdbool.h>\n\nint f(int a);\nbool g(int a);\n", &[("<stdint.h>\n", "<stdint.h>\n#include <stdbool.h>\n"), ("int f(int a);\n", "int f(int a);\nbool g(int a);\n")])]
#[case(("a.c", C), "c", "#include <stdlib.h>\n\nint f(void) {\n    return abs(1);\n}\n", &[("<stdio.h>\n", "<stdio.h>\n#include <stdlib.h>\n"), ("return 1", "return abs(1)")])]
fn includes_are_added(
    #[case] file: (&str, &str),
    #[case] tag: &str,
    #[case] code: &str,
    #[case] changes: &[(&str, &str)],
) {
    let expected = changes.iter().fold(file.1.to_owned(), |text, (old, new)| text.replacen(old, new, 1));
    assert_eq!(new_text(file, &format!("```{tag}\n{code}```\n")), expected);
}
