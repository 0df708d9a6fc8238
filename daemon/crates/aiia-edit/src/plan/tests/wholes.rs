//! Replies that give much of a file: what they may leave out, and what that must not delete.

use rstest::rstest;

use super::*;

const FOUR: &str = "import os\n\n\ndef a():\n    return 1\n\n\ndef b():\n    return 2\n\n\ndef c():\n    return 3\n";
const REACT: &str = "import React, { useState } from \"react\";\nimport { a } from \"./a\";\n\nexport function Box() {\n  const [x] = useState(a);\n  return x;\n}\n";

#[rstest]
#[case::tag(
    "<write_to_file>\n<path>io.py</path>\n<content>\nimport os\n\n\ndef a():\n    return 2\n</content>\n</write_to_file>\n"
)]
#[case::here_document("```bash\ncat > io.py <<'EOF'\nimport os\n\n\ndef a():\n    return 2\nEOF\n```\n")]
#[case::json(
    "{\"name\": \"write_file\", \"arguments\": {\"path\": \"io.py\", \"content\": \"def a():\\n    return 2\\n\"}}"
)]
#[case::empty("{\"name\": \"write_file\", \"arguments\": {\"path\": \"io.py\", \"content\": \"\"}}")]
fn a_file_written_anew_keeps_its_functions(#[case] reply: &str) {
    assert_eq!(complaint_kinds(("io.py", FOUR), reply), [ComplaintKind::Vanished], "{reply}");
}

#[test]
fn a_file_written_anew_may_name_them_otherwise() {
    let new = FOUR.replace("def b", "def bee");
    let reply = format!("<write_to_file>\n<path>io.py</path>\n<content>\n{new}</content>\n</write_to_file>\n");
    assert_eq!(new_text(("io.py", FOUR), &reply), new);
}

#[rstest]
#[case::go(
    ("m.go", "package m\n\nimport \"fmt\"\n\nfunc F() {\n\tfmt.Println(1)\n}\n"),
    "import (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc F() {\n\tfmt.Println(os.Args)\n}\n",
    "package m\n"
)]
#[case::java(
    ("A.java", "package a.b;\n\nimport java.util.List;\n\nclass A {\n    int f() {\n        return 1;\n    }\n}\n"),
    "import java.util.List;\nimport java.util.Map;\n\nclass A {\n    int f() {\n        return 2;\n    }\n}\n",
    "package a.b;\n"
)]
#[case::client(
    ("a.tsx", "\"use client\";\n\nimport a from \"a\";\n\nexport function F() {\n  return a;\n}\n"),
    "import a from \"a\";\nimport b from \"b\";\n\nexport function F() {\n  return b;\n}\n",
    "\"use client\";\n"
)]
fn what_is_left_out_stays(#[case] file: (&str, &str), #[case] code: &str, #[case] kept: &str) {
    let plan = plan_for(&[file], &fenced(code));
    assert!(plan.files.iter().all(|file| file.new_text.contains(kept)), "{:?}", plan.files);
}

#[rstest]
#[case::longer_list(
    ("Box.tsx", REACT),
    "import React, { useState, useEffect } from \"react\";\n\nexport function Box() {\n  useEffect(run);\n  const [x] = useState(a);\n  return x;\n}\n",
    &[("{ useState }", "{ useState, useEffect }"), ("  const", "  useEffect(run);\n  const")]
)]
#[case::other_module(
    ("Box.tsx", REACT),
    "import { a } from \"./core/a\";\n\nexport function Box() {\n  const [x] = useState(a());\n  return x;\n}\n",
    &[("\"./a\"", "\"./core/a\""), ("useState(a)", "useState(a())")]
)]
#[case::rust(
    ("a.rs", "use std::sync::Mutex;\nuse std::fmt;\n\nfn f() {\n    one();\n}\n"),
    "use tokio::sync::Mutex;\n\nfn f() {\n    two();\n}\n",
    &[("std::sync", "tokio::sync"), ("one", "two")]
)]
#[case::python(
    ("a.py", "from json import loads\n\n\ndef f():\n    one()\n"),
    "from orjson import loads\n\n\ndef f():\n    two()\n",
    &[("json", "orjson"), ("one", "two")]
)]
#[case::java(
    ("A.java", "import java.util.Date;\n\nclass A {\n    int f() {\n        return 1;\n    }\n\n    int g() {\n        return 2;\n    }\n}\n"),
    "import java.sql.Date;\n\nclass A {\n    int f() {\n        return 3;\n    }\n}\n",
    &[("util", "sql"), ("return 1", "return 3")]
)]
fn an_import_takes_the_place_of_one_of_the_same_name(
    #[case] file: (&str, &str),
    #[case] code: &str,
    #[case] changes: &[(&str, &str)],
) {
    let expected = changes.iter().fold(file.1.to_owned(), |text, (old, new)| text.replacen(old, new, 1));
    assert_eq!(new_text(file, &fenced(code)), expected);
}

#[test]
fn an_import_of_a_name_that_stands_beside_others_is_refused() {
    let file = "use std::sync::{Arc, Mutex};\n\nfn f() {\n    one();\n}\n";
    let reply = fenced("use tokio::sync::Mutex;\n\nfn f() {\n    two();\n}\n");
    let plan = plan_for(&[("a.rs", file)], &reply);
    assert_eq!((plan.files.len(), &plan.complaints[0].candidates[..]), (0, &[1][..]));
}

#[rstest]
#[case(("a.css", ".btn {\n  color: red;\n}\n\n.x {\n  color: blue;\n}\n"), ".btn, .link {\n  color: green;\n}\n", (".btn {\n  color: red", ".btn, .link {\n  color: green"))]
#[case(("a.ts", "export const { host, port } = cfg;\n\nfunction f() {\n  return 1;\n}\n"), "export const { host, port, user } = cfg;\n\nfunction f() {\n  return 2;\n}\n", ("port }", "port, user }"))]
#[case(("a.c", "int a, b;\n\nint f(void) {\n    return 1;\n}\n"), "int a, b, c;\n\nint f(void) {\n    return 2;\n}\n", ("a, b", "a, b, c"))]
fn a_statement_with_several_names_is_written_once(
    #[case] file: (&str, &str),
    #[case] code: &str,
    #[case] change: (&str, &str),
) {
    let expected = file.1.replacen(change.0, change.1, 1).replace("return 1", "return 2");
    assert_eq!(new_text(file, &fenced(code)), expected);
}

#[test]
fn members_keep_what_stands_above_them() {
    let file = "struct P;\n\nimpl P {\n    /// Makes one.\n    #[must_use]\n    pub fn new() -> Self {\n        P\n    }\n\n    pub fn x(&self) -> u8 {\n        1\n    }\n}\n";
    let code = "impl P {\n    pub fn new() -> Self {\n        Self\n    }\n\n    pub fn x(&self) -> u8 {\n        2\n    }\n}\n";
    let expected = file.replace("        P\n", "        Self\n").replace('1', "2");
    assert_eq!(new_text(("a.rs", file), &fenced(code)), expected);
}

#[test]
fn lines_that_stay_keep_their_breaks_and_blanks() {
    let file = "# A\n\nOne\ntwo.\r\n\n# B\n\nThree.\n";
    let code = "# A\n\nOne\ntwo.\n\n# B\n\nFour.\n\n# C\n\nFive.\n";
    let reply = format!("a.md\n````markdown\n{code}````\n");
    let found = new_text(("a.md", file), &reply);
    assert_eq!(found, file.replace("Three.\n", "Four.\n\n# C\n\nFive.\n"));
}

#[test]
fn remarks_about_a_text_are_no_text() {
    let file = "# Tool\n\n## Install\n\n```sh\nmake\n```\n\n## License\n\nMIT\n";
    let reply = "## Install\n\nYou could say which version of make is needed.\n\n## License\n\nFine.\n";
    assert!(plan_for(&[("README.md", file)], reply).files.is_empty());
    let whole = file.replace("make\n", "make all\n");
    assert_eq!(new_text(("README.md", file), &format!("README.md\n````markdown\n{whole}````\n")), whole);
}

const ROUTES: &str = "var builder = Make(args);\nvar app = builder.Build();\n\napp.MapGet(\"/a\", () => \"a\");\napp.MapGet(\"/b\", () => \"b\");\n\napp.Run();\n\nrecord Item(int Id);\n";
const SCRIPT: &str = "#!/bin/bash\nset -euo pipefail\n\nDIR=/var/x\nmkdir -p \"$DIR\"\ncd \"$DIR\"\ncurl -O x.tgz\ntar xf x.tgz\nmake\nmake install\n";
const CONFIG: &str = "export const config = {\n  host: \"a\",\n  port: 80,\n  db: {\n    url: \"x\",\n  },\n};\n\nexport const other = 1;\n";
const SETTINGS: &str =
    "SETTINGS = {\n    \"host\": \"a\",\n    \"db\": {\n        \"url\": \"x\",\n    },\n}\n\nNAMES = [\"a\"]\n";
const PAGE: &str = "<html>\n<body>\n  <script>\n    function buy() {\n      alert(1);\n    }\n    function sell() {\n      alert(2);\n    }\n  </script>\n</body>\n</html>\n";

#[rstest]
#[case::a_route(("Program.cs", ROUTES), ROUTES.replace("app.MapGet(\"/b\", () => \"b\");\n", "").replace("\"a\")", "\"A\")"))]
#[case::an_entry(("c.ts", CONFIG), "export const config = {\n  host: \"b\",\n  port: 80,\n};\n".to_owned())]
#[case::a_key(("c.py", SETTINGS), "SETTINGS = {\n    \"host\": \"b\",\n}\n".to_owned())]
#[case::a_function_of_a_page(("i.html", PAGE), "<script>\n  function buy() {\n    alert(3);\n  }\n</script>\n".to_owned())]
fn what_is_named_does_not_vanish(#[case] file: (&str, &str), #[case] code: String) {
    assert_eq!(complaint_kinds(file, &fenced(&code)), [ComplaintKind::Vanished], "{code}");
}

#[rstest]
#[case::renamed(("c.ts", CONFIG), CONFIG.replace("db:", "database:"))]
#[case::another_route(("Program.cs", ROUTES), ROUTES.replace("/b", "/c"))]
#[case::all_of_a_page(("i.html", PAGE), PAGE.replace("alert(1)", "alert(3)"))]
fn what_is_named_otherwise_is_there(#[case] file: (&str, &str), #[case] code: String) {
    assert_eq!(new_text(file, &fenced(&code)), code);
}

#[test]
fn an_entry_that_is_selected_may_go() {
    let file = CONFIG.replace("  db: {", "  $0db: {$0");
    let code = "export const config = {\n  host: \"a\",\n  port: 80,\n};\n";
    assert_eq!(new_text(("c.ts", &file), &fenced(code)), format!("{code}\nexport const other = 1;\n"));
}

#[rstest]
#[case::its_middle(
    ("i.sh", SCRIPT),
    "DIR=/opt/x\nmkdir -p \"$DIR\"\ncd \"$DIR\"\ncurl -O x.tgz\ntar xf x.tgz\n",
    ("/var/x", "/opt/x")
)]
#[case::without_its_end(
    ("a.py", "import os\n\nX = 1\n\n\ndef f():\n    return 1\n\n\nif os.x:\n    f()\n"),
    "import os\n\nX = 1\n\n\ndef f():\n    return 2\n",
    ("return 1", "return 2")
)]
fn a_part_is_not_the_whole(#[case] file: (&str, &str), #[case] code: &str, #[case] change: (&str, &str)) {
    assert_eq!(new_text(file, &fenced(code)), file.1.replacen(change.0, change.1, 1));
}

#[rstest]
#[case(("a.tsx", "ts"), "function f() {\n  return 1;\n}\n")]
#[case(("a.tsx", "javascript"), "function f() {\n  return 1;\n}\n")]
#[case(("a.js", "ts"), "function f() {\n  return 1;\n}\n")]
#[case(("a.h", "c"), "int f(void) {\n  return 1;\n}\n")]
fn a_fence_may_name_a_language_of_the_family(#[case] (path, tag): (&str, &str), #[case] file: &str) {
    let new = file.replace('1', "2");
    assert_eq!(new_text((path, file), &format!("```{tag}\n{new}```\n")), new);
}

#[test]
fn a_file_written_with_blanks_keeps_its_tabs() {
    let file = "package m\n\nfunc f() int {\n\tif a > 0 {\n\t\treturn a\n\t}\n\treturn 0\n}\n";
    let new = file.replace("return 0", "return 1");
    let reply = format!(
        "<write_to_file>\n<path>m.go</path>\n<content>\n{}</content>\n</write_to_file>\n",
        new.replace('\t', "    ")
    );
    assert_eq!(new_text(("m.go", file), &reply), new);
}

#[test]
fn hard_breaks_of_markdown_stay() {
    let file = "# Title  \nline one  \nline two\n\n* a\n";
    let reply = format!("a.md\n````markdown\n{}````\n", file.replace("  \n", "\n").replace("two", "2"));
    assert_eq!(new_text(("a.md", file), &reply), file.replace("two", "2"));
}
