//! Whole files that come back with little changed.

use rstest::rstest;

use super::*;
use crate::tolerance::Tolerance;

const PYTHON: &str = "import os\nimport sys\nimport json\n\n\ndef unused(x):\n    \"\"\"Nobody calls it.\"\"\"\n    return json.dumps(x)\n\n\ndef used(x):\n    return x + 1\n\n\nclass A:\n    # The size.\n    size = 1\n\n    def grow(self):\n        self.size += used(1)\n        return self.size\n\n    def shrink(self):\n        self.size -= 1\n        return self.size\n\n\ndef main():\n    a = A()\n    a.grow()\n    print(a.size, os.name)\n    print(os.path)\n    print(os.curdir)\n    print(os.pardir)\n    print(os.extsep)\n    print(os.altsep)\n    print(os.pathsep)\n    print(os.devnull)\n    print(os.defpath)\n    print(os.environ)\n    print(os.getcwd())\n    print(os.getpid())\n    print(os.getppid())\n    print(os.getuid())\n    print(os.geteuid())\n    print(os.getgid())\n    print(os.getlogin())\n    print(os.uname())\n    print(a, os.sep)\n    print(os.linesep)\n    sys.exit(0)\n\n\nif __name__ == \"__main__\":\n    main()\n";
const UNUSED: &str = "def unused(x):\n    \"\"\"Nobody calls it.\"\"\"\n    return json.dumps(x)\n\n\n";
const SQL: &str = "class Store {\n  constructor() {\n    this.db.exec(`\n      CREATE INDEX a ON b(c);\n    `)\n\n    this.q1 = this.db.prepare(`\n      SELECT\n        id\n      WHERE\n        id = ?\n    `)\n\n    this.q3 = this.db.prepare(`\n        DELETE FROM t WHERE id IN (\n          SELECT id FROM t\n          LIMIT ?\n        )\n      `)\n  }\n}\n\nfunction eq (l, r) {\n  if (l == null) {\n    return true\n  }\n\n  return l === r\n}\n";
const GO: &str = "package a\n\nvar one = `\n{\n  \"a\": {\n    \"b\": 1\n  }\n}\n`\n\nvar two = `\n  {\n    \"a\": {\n      \"b\": 1\n    }\n  }\n`\n\nfunc F() int {\n\treturn 1\n}\n\nfunc G() int {\n\treturn F()\n}\n";
const ROUTE: &str = "/**\n * Makes one.\n */\n\nfunction Route(path) {\n  this.path = path;\n  this.stack = [];\n  debug(path);\n  this.methods = {};\n}\n\n/**\n * Handles it.\n * @private\n */\n\nRoute.prototype._handles = function (method) {\n  return this.methods[method];\n};\n\nfunction last() {\n  return 1;\n}\n";
const RUST: &str = "use std::collections::HashMap;\nuse std::fmt;\nuse std::rc::Rc;\n\nuse crate::a::A;\n\npub struct B {\n    map: HashMap<u8, Rc<A>>,\n    size: usize,\n}\n\nimpl fmt::Display for B {\n    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {\n        write!(f, \"{}\", self.size)\n    }\n}\n\nimpl B {\n    pub fn len(&self) -> usize {\n        self.size\n    }\n\n    pub fn get(&self, key: u8) -> Option<&Rc<A>> {\n        self.map.get(&key)\n    }\n}\n";

const THREE: &str = "fn a() -> u8 {\n    1\n}\n\n// Helpers.\nfn b() -> u8 {\n    2\n}\n\nfn c() -> u8 {\n    3\n}\n";
const LIMITS: &str = "use std::fmt;\n\nconst MAX: u8 = 1;\n\npub struct Size {\n    x: u8,\n}\n\nimpl Size {\n    fn get(&self) -> u8 {\n        self.x\n    }\n\n    fn fits(x: u8) -> bool {\n        x < MAX\n    }\n}\n\nfn last() -> u8 {\n    9\n}\n";
const TABLES: &str = "[a]\nx = 1\ny = 2\nz = 3\n\n[target.'cfg(not(windows))'.dependencies]\nsocket = \"1\"\nwires = \"2\"\n\n# Unstable.\n[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n\n[b]\nargs = [\"x\"]\n";
const JOBS: &str = "name: CI\nenvironment:\n  channel: stable\n  target: linux\n  kind: gnu\ndeploy: off\nbuild_script:\n  - cargo build\ntest_script:\n  - cargo test\n";
const TESTS: &str = "<?php\n\nclass T extends TestCase {\n  public function testA() {\n    $this->assertEquals(1, a());\n  }\n\n  public function testB() {\n    $this->assertEquals(2, b());\n  }\n\n  public function testC() {\n    $this->assertEquals(3, c());\n  }\n\n  public function testD() {\n    $this->assertEquals(4, d());\n  }\n\n  public function testE() {\n    $this->assertEquals(5, e());\n  }\n\n  public function testF() {\n    $this->assertEquals(6, f());\n  }\n}\n";
const FIVE: &str = "import os\n\n\ndef a(x):\n    return x + 1\n\n\ndef b(x):\n    return x - 1\n\n\ndef c(x):\n    return x * 2\n\n\ndef d(x):\n    return x / 2\n\n\ndef e(x):\n    return os.stat(x)\n";

#[rstest]
#[case::dead_code(("a.py", PYTHON), &[(UNUSED, "")])]
#[case::dead_code_and_its_import(("a.py", PYTHON), &[(UNUSED, ""), ("import json\n", "")])]
#[case::dead_code_beside_a_change(("a.py", PYTHON), &[(UNUSED, ""), ("sys.exit(0)", "sys.exit(1)")])]
#[case::dead_method(("a.py", PYTHON), &[("    def shrink(self):\n        self.size -= 1\n        return self.size\n\n", "")])]
#[case::strings_elsewhere(("a.js", SQL), &[("  return l === r", "  trace(l)\n  return l === r")])]
#[case::raw_strings_elsewhere(("a.go", GO), &[("\treturn 1\n", "\treturn 2\n")])]
#[case::new_function_above_a_comment(("a.js", ROUTE), &[("  this.stack = [];\n  debug(path);\n  this.methods = {};\n}\n", "  step();\n  this.methods = {};\n}\n\nfunction step() {\n  this.stack = [];\n  debug(path);\n}\n")])]
#[case::import_where_it_stands(("a.rs", RUST), &[("use std::fmt;\n", "use std::fmt;\nuse std::num::Wrapping;\n"), ("size: usize,", "size: Wrapping<usize>,")])]
#[case::words_of_a_text(("a.md", "# A\n\nOne.\n\nTwo.\n\n## B\n\nThree.\nFour.\nFive.\nSix.\nSeven.\n\n## C\n\nEight.\nNine.\n"), &[("Four.\n", "Four and a half.\n")])]
#[case::renamed_function(("a.rs", THREE), &[("fn b()", "fn bb()"), ("    3\n", "    4\n")])]
#[case::renamed_with_its_caller(("a.rs", THREE), &[("    1\n", "    a_bit()\n"), ("fn b()", "fn a_bit()")])]
#[case::renamed_constant(("a.rs", LIMITS), &[("const MAX: u8 = 1;", "const LIMIT: u8 = 1;"), ("x < MAX", "x <= LIMIT")])]
#[case::renamed_type(("a.rs", LIMITS), &[("struct Size {", "struct Width {"), ("impl Size", "impl Width"), ("self.x", "self.x + 1")])]
#[case::other_condition(("Cargo.toml", TABLES), &[("not(windows)", "not(wasm)"), ("[\"x\"]", "[\"y\"]")])]
#[case::table_gone(("Cargo.toml", TABLES), &[("# Unstable.\n[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n\n", ""), ("[\"x\"]", "[\"y\"]")])]
#[case::key_gone(("a.yml", JOBS), &[("deploy: off\n", ""), ("stable", "beta"), ("cargo build", "cargo build -v")])]
#[case::test_gone(("T.php", TESTS), &[("\n  public function testB() {\n    $this->assertEquals(2, b());\n  }\n", ""), ("(3, c())", "(4, c())")])]
#[case::function_gone(("a.py", FIVE), &[("def b(x):\n    return x - 1\n\n\n", ""), ("return x / 2", "return x // 2")])]
fn is_taken_to_the_byte(#[case] file: (&str, &str), #[case] changes: &[(&str, &str)]) {
    let mut expected = file.1.to_owned();
    for (old, new) in changes {
        assert!(expected.contains(old), "{old}");
        expected = expected.replacen(old, new, 1);
    }
    assert_eq!(new_text(file, &fenced(&expected)), expected);
}

#[rstest]
#[case::used_function("def used(x):\n    return x + 1\n\n\n", "used")]
#[case::used_method("    def grow(self):\n        self.size += used(1)\n        return self.size\n\n", "grow")]
fn what_is_still_used_stays(#[case] gone: &str, #[case] name: &str) {
    let reply = PYTHON.replacen(gone, "", 1).replace("sys.exit(0)", "sys.exit(1)");
    let plan = plan_for(&[("a.py", PYTHON)], &fenced(&reply));
    assert_eq!(plan.complaints, []);
    assert_eq!(plan.files[0].new_text, PYTHON.replace("sys.exit(0)", "sys.exit(1)"));
    let kept = Tolerance::Kept(name.to_owned());
    assert!(plan.files[0].hunks.iter().any(|hunk| hunk.tolerances.contains(&kept)), "{}", described(&plan));
}

#[rstest]
#[case::doc_string("    \"\"\"Nobody calls it.\"\"\"\n")]
#[case::used_import("import sys\n")]
fn what_is_no_code_stays(#[case] gone: &str) {
    let reply = PYTHON.replacen(gone, "", 1).replace("sys.exit(0)", "sys.exit(1)");
    assert_eq!(new_text(("a.py", PYTHON), &fenced(&reply)), PYTHON.replace("sys.exit(0)", "sys.exit(1)"));
}

#[test]
fn what_is_much_of_a_file_stays() {
    let file = "import os\n\n\ndef a():\n    return 1\n\n\ndef b():\n    return 2\n\n\ndef c():\n    x = os.getcwd()\n    print(x)\n    print(x)\n    return 3\n";
    let plan = plan_for(
        &[("a.py", file)],
        &fenced(&file.replace("def b():\n    return 2\n\n\n", "").replace("getcwd", "getcwdb")),
    );
    assert_eq!(plan.complaints, []);
    assert_eq!(plan.files[0].new_text, file.replace("getcwd", "getcwdb"));
    assert!(described(&plan).contains("~ kept `b`, which the reply leaves out\n"), "{}", described(&plan));
}

/// Where new tests come, the old ones may be left out only.
#[test]
fn tests_stay_beside_new_ones() {
    let gone = "\n  public function testB() {\n    $this->assertEquals(2, b());\n  }\n";
    let new = "\n  public function testG() {\n    $this->assertEquals(7, g());\n  }\n}\n";
    let reply = format!(
        "{}{new}",
        TESTS.replace(gone, "").trim_end().trim_end_matches('}').trim_end_matches('\n').to_owned() + "\n"
    );
    let plan = plan_for(&[("T.php", TESTS)], &fenced(&reply));
    assert_eq!(plan.complaints, []);
    let text = &plan.files[0].new_text;
    assert!(text.contains(gone) && text.contains("testG"), "{text}");
    assert!(described(&plan).contains("~ kept `testB`"), "{}", described(&plan));
}

/// What has another name and other lines may be something else.
#[test]
fn what_is_not_alike_is_not_renamed() {
    let reply = THREE
        .replace("fn b() -> u8 {\n    2\n}", "fn bb(x: &str) -> String {\n    x.to_owned()\n}")
        .replace("    3\n", "    4\n");
    let plan = plan_for(&[("a.rs", THREE)], &fenced(&reply));
    assert!(plan.files.iter().all(|file| file.new_text.contains("fn b()")), "{}", described(&plan));
}

#[test]
fn what_goes_is_said() {
    let reply = PYTHON.replacen(UNUSED, "", 1);
    let plan = plan_for(&[("a.py", PYTHON)], &fenced(&reply));
    assert!(described(&plan).ends_with("~ deletes `unused`, which the reply leaves out\n"), "{}", described(&plan));
}

const JAVA: &str = "class A {\n  /**\n   * Gives the one.\n   *\n   * @return it\n   */\n  int one() {\n    return 1;\n  }\n\n  /**\n   * Gives the two.\n   *\n   * @return it\n   */\n  int two() {\n    return 2;\n  }\n\n  int three() {\n    return 3;\n  }\n}\n";

#[rstest]
#[case("  /**\n   * Gives the one.\n   *\n   * @return it\n   */\n  int one() {\n    return 1;\n  }\n\n")]
#[case("  /**\n   * Gives the two.\n   *\n   * @return it\n   */\n  int two() {\n    return 2;\n  }\n\n")]
#[case("\n  int three() {\n    return 3;\n  }\n")]
fn a_method_goes_with_its_comment(#[case] gone: &str) {
    let expected = JAVA.replacen(gone, "", 1);
    assert_eq!(new_text(("A.java", JAVA), &fenced(&expected)), expected);
}

#[test]
fn what_is_used_and_all_that_goes_is_refused() {
    let gone = "def used(x):\n    return x + 1\n\n\n";
    assert_eq!(complaint_kinds(("a.py", PYTHON), &fenced(&PYTHON.replacen(gone, "", 1))), [ComplaintKind::Vanished]);
}

#[test]
fn the_statement_at_the_end_stays() {
    let file = "const fs = require(\"fs\");\n\nfunction run(x) {\n  return fs.readFileSync(x);\n}\n\nmodule.exports = { run };\n";
    let code = "const fs = require(\"fs\");\nconst debug = require(\"debug\")(\"app\");\n\nfunction run(x) {\n  debug(\"run\", x);\n  return fs.readFileSync(x);\n}\n";
    let new = new_text(("a.js", file), &fenced(code));
    assert_eq!(new, format!("{code}\nmodule.exports = {{ run }};\n"));
}

/// The calls of a function that goes are not calls that vanish.
#[test]
fn what_is_used_stays_with_its_calls() {
    let file = "class A {\n  start() {\n    return this.#make();\n  }\n\n  #make() {\n    this.on(\"a\", one);\n    client.on(\"b\", two);\n    client.on(\"c\", three);\n    return 1;\n  }\n\n  stop() {\n    one();\n    two();\n    three();\n    four();\n    five();\n    six();\n    seven();\n    eight();\n    nine();\n  }\n}\n";
    let at = file.find("  #make").unwrap();
    let reply = format!("{}{}", &file[..at], &file[file.find("  stop").unwrap()..]).replace("nine", "ten");
    let plan = plan_for(&[("a.ts", file)], &fenced(&reply));
    assert_eq!(plan.complaints, []);
    assert_eq!(plan.files[0].new_text, file.replace("nine", "ten"));
    assert!(described(&plan).contains("~ kept `#make`"), "{}", described(&plan));
}
