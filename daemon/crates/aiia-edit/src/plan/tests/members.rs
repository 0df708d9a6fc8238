//! Members of types: those that are new, fields beside methods, and what stands above them.

use rstest::rstest;

use super::*;

/// The file with each pair's first text replaced by its second.
fn with(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.replace("$0", ""), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replacen(old, new, 1)
    })
}

const JAVA: &str = "public class A {\n    public int f() {\n        return 1;\n    }\n}\n";
const TS: &str = "export class A {\n  f(): number {\n    return 1;\n  }\n}\n";
const RUBY: &str = "class A\n  # Starts.\n  def start\n    go\n  end\n\n  private\n\n  def go\n    1\n  end\nend\n";

#[rstest]
#[case::java(("A.java", JAVA), "public int f() {\n    return g();\n}\n\nprivate int g() {\n    return 2;\n}\n", &[("1;\n    }", "g();\n    }\n\n    private int g() {\n        return 2;\n    }")])]
#[case::csharp(("A.cs", "public class A\n{\n    public int F()\n    {\n        return 1;\n    }\n}\n"), "public int F()\n{\n    return G();\n}\n\nprivate static int G() => 2;\n", &[("1;\n    }", "G();\n    }\n\n    private static int G() => 2;")])]
#[case::typescript(("a.ts", TS), "f(): number {\n  return this.g();\n}\n\nprivate g(): number {\n  return 2;\n}\n", &[("1;\n  }", "this.g();\n  }\n\n  private g(): number {\n    return 2;\n  }")])]
#[case::by_the_name_of_the_class(("a.ts", TS), "f(): number {\n  return A.g();\n}\n\nstatic g(): number {\n  return 2;\n}\n", &[("1;\n  }", "A.g();\n  }\n\n  static g(): number {\n    return 2;\n  }")])]
#[case::function_beside_a_class(("a.ts", TS), "f(): number {\n  return g();\n}\n\nfunction g(): number {\n  return 2;\n}\n", &[("return 1;\n  }\n}\n", "return g();\n  }\n}\n\nfunction g(): number {\n  return 2;\n}\n")])]
#[case::php(("A.php", "<?php\n\nclass A\n{\n    public function f()\n    {\n        return 1;\n    }\n}\n"), "public function f()\n{\n    return self::g();\n}\n\nprivate static function g()\n{\n    return 2;\n}\n", &[("1;\n    }", "self::g();\n    }\n\n    private static function g()\n    {\n        return 2;\n    }")])]
#[case::swift(("A.swift", "struct A {\n    func f() -> Int {\n        return 1\n    }\n}\n"), "func f() -> Int {\n    return g()\n}\n\nprivate func g() -> Int {\n    return 2\n}\n", &[("1\n    }", "g()\n    }\n\n    private func g() -> Int {\n        return 2\n    }")])]
#[case::cpp(("a.hpp", "class A {\npublic:\n    int f() {\n        return 1;\n    }\n};\n"), "int f() {\n    return g();\n}\n\nint g() {\n    return n_;\n}\n", &[("1;\n    }", "g();\n    }\n\n    int g() {\n        return n_;\n    }")])]
#[case::ruby(("a.rb", RUBY), "def start\n  go\n  stop\nend\n\ndef stop\n  0\nend\n", &[("    go\n  end", "    go\n    stop\n  end\n\n  def stop\n    0\n  end")])]
#[case::private_helper(("a.rb", RUBY), "def go\n  two\nend\n\ndef two\n  2\nend\n", &[("    1\n  end", "    two\n  end\n\n  def two\n    2\n  end")])]
#[case::between_public_and_private(("a.rb", RUBY), "def start\n  go\n  stop\nend\n\ndef stop\n  0\nend\n\ndef go\n  2\nend\n", &[("    go\n  end", "    go\n    stop\n  end\n\n  def stop\n    0\n  end"), ("    1", "    2")])]
#[case::python_function(("a.py", "class A:\n    def f(self):\n        return 1\n"), "def f(self):\n    return g()\n\ndef g():\n    return 2\n", &[("return 1\n", "return g()\n\n\ndef g():\n    return 2\n")])]
#[case::rust_function(("a.rs", "struct A;\n\nimpl A {\n    fn f(&self) -> u8 {\n        1\n    }\n}\n"), "fn f(&self) -> u8 {\n    g()\n}\n\nfn g() -> u8 {\n    2\n}\n", &[("        1\n    }\n}\n", "        g()\n    }\n}\n\nfn g() -> u8 {\n    2\n}\n")])]
#[case::helper_in_a_module(("a.rs", "mod tests {\n    #[test]\n    fn a() {\n        one();\n    }\n}\n"), "#[test]\nfn a() {\n    two();\n}\n\nfn two() {\n    one();\n}\n", &[("one();\n    }", "two();\n    }\n\n    fn two() {\n        one();\n    }")])]
#[case::constants_of_go(("m.go", "package m\n\nconst (\n\tA = iota\n\tB\n)\n\nfunc F() int {\n\treturn B\n}\n"), "const (\n\tA = iota\n\tB\n\tC\n)\n\nfunc F() int {\n\treturn C\n}\n", &[("\tB\n)", "\tB\n\tC\n)"), ("return B", "return C")])]
fn new_beside_what_is_rewritten(#[case] file: (&str, &str), #[case] code: &str, #[case] changes: &[(&str, &str)]) {
    assert_eq!(new_text(file, &fenced(code)), with(file.1, changes));
}

#[test]
fn a_new_method_below_private_is_refused_where_nothing_calls_it() {
    let plan = plan_for(&[("a.rb", RUBY)], &fenced("def stop\n  0\nend\n\ndef go\n  2\nend\n"));
    assert_eq!((plan.files.len(), plan.complaints[0].kind), (0, ComplaintKind::Ambiguous));
    assert_eq!(plan.complaints[0].candidates, [7, 9]);
}

const FIELDS_TS: &str = "export class A {\n  private x = 1;\n\n  f() { return this.x; }\n\n  g() { return 0; }\n}\n";
const FIELDS_PY: &str =
    "class A:\n    x = 1\n    y = 2\n\n    def f(self):\n        return self.x\n\n    def g(self):\n        return 0\n";

#[rstest]
#[case::typescript(("a.ts", FIELDS_TS), "export class A {\n  private x = 1;\n  private z = 3;\n\n  f() { return this.x + this.z; }\n\n  // ...\n}\n", &[("x = 1;\n", "x = 1;\n  private z = 3;\n"), ("this.x;", "this.x + this.z;")])]
#[case::changed_and_new(("a.py", FIELDS_PY), "class A:\n    x = 5\n    y = 2\n    z = 3\n\n    def f(self):\n        return self.x + self.z\n", &[("x = 1", "x = 5"), ("y = 2\n", "y = 2\n    z = 3\n"), ("self.x\n", "self.x + self.z\n")])]
#[case::java(("A.java", "class A {\n    private int x = 1;\n\n    int f() { return x; }\n\n    int g() { return 0; }\n}\n"), "class A {\n    private int x = 1;\n    private int z = 3;\n\n    int f() { return x + z; }\n\n    // other methods\n}\n", &[("x = 1;\n", "x = 1;\n    private int z = 3;\n"), ("return x;", "return x + z;")])]
#[case::first_of_all(("A.java", "class A {\n    int f() { return 1; }\n\n    int g() { return 0; }\n}\n"), "class A {\n    private int y = 2;\n    private int z = 3;\n\n    int f() { return y + z; }\n\n    // other methods\n}\n", &[("class A {\n", "class A {\n    private int y = 2;\n    private int z = 3;\n\n"), ("return 1;", "return y + z;")])]
#[case::above_others(("a.py", FIELDS_PY), "class A:\n    w = 0\n    x = 1\n\n    def f(self):\n        return self.w\n", &[("    x = 1", "    w = 0\n    x = 1"), ("self.x\n", "self.w\n")])]
#[case::without_methods(("a.py", FIELDS_PY), "class A:\n    x = 5\n    # ... the rest stays\n", &[("x = 1", "x = 5")])]
#[case::longer_header(("a.py", FIELDS_PY), "class A(Base):\n    def f(self):\n        return 5\n", &[("class A:", "class A(Base):"), ("self.x", "5")])]
fn fields_of_a_type_that_is_shown_in_part(
    #[case] file: (&str, &str),
    #[case] code: &str,
    #[case] changes: &[(&str, &str)],
) {
    assert_eq!(new_text(file, &fenced(code)), with(file.1, changes));
}

#[rstest]
#[case::another_header("class A(Other):\n    def f(self):\n        return 5\n", FIELDS_PY.replace("A:", "A(Base):"), ComplaintKind::Ambiguous)]
#[case::code_without_a_name("class A:\n    register(f)\n\n    def f(self):\n        return 5\n", FIELDS_PY.to_owned(), ComplaintKind::NotFound)]
fn what_has_no_place_in_a_type_is_refused(#[case] code: &str, #[case] file: String, #[case] kind: ComplaintKind) {
    assert_eq!(complaint_kinds(("a.py", &file), &fenced(code)), [kind]);
}

const TS_DOCS: &str = "/** A. */\nexport class A {\n  /** F. */\n  f() {\n    return 1;\n  }\n\n  /** G. */\n  @memo\n  g() {\n    return 2;\n  }\n}\n";
const PY_DOCS: &str = "class A:\n    \"\"\"A.\"\"\"\n\n    def f(self):\n        \"\"\"F.\n\n        More.\n        \"\"\"\n        return 1\n\n    @staticmethod\n    def g():\n        \"\"\"G.\"\"\"\n        return 2\n";
const RUST_DOCS: &str = "impl P {\n    /// Makes one.\n    #[must_use]\n    pub fn new(x: i32) -> Self {\n        P\n    }\n\n    /// Gives two.\n    fn two(&self) {}\n}\n";

#[rstest]
#[case::typescript(("a.ts", TS_DOCS), "export class A {\n  f() {\n    return 10;\n  }\n\n  g() {\n    return 20;\n  }\n}\n", &[("return 1;", "return 10;"), ("return 2;", "return 20;")])]
#[case::python(("a.py", PY_DOCS), "class A:\n    def f(self):\n        return 10\n\n    @staticmethod\n    def g():\n        return 20\n", &[("return 1\n", "return 10\n"), ("return 2\n", "return 20\n")])]
#[case::python_in_two_blanks(("a.py", PY_DOCS), "class A:\n  def f(self):\n    return 10\n\n  @staticmethod\n  def g():\n    return 20\n", &[("return 1\n", "return 10\n"), ("return 2\n", "return 20\n")])]
#[case::java(("A.java", "/** A. */\npublic class A {\n    /**\n     * F.\n     */\n    @Override\n    public int f() {\n        return 1;\n    }\n}\n"), "public class A {\n    public int f() {\n        return 10;\n    }\n}\n", &[("return 1;", "return 10;")])]
#[case::rust_with_a_new_one(("a.rs", RUST_DOCS), "impl P {\n    fn zero() {}\n\n    pub fn new(x: i32) -> Self {\n        Self\n    }\n\n    fn two(&self) {}\n}\n", &[("impl P {\n", "impl P {\n    fn zero() {}\n\n"), ("        P\n", "        Self\n")])]
#[case::fields(("a.rs", "pub struct P {\n    /// Where.\n    #[serde(default)]\n    x: u8,\n}\n"), "pub struct P {\n    x: u16,\n    y: u8,\n}\n", &[("x: u8,", "x: u16,\n    y: u8,")])]
fn what_stands_above_members_stays(#[case] file: (&str, &str), #[case] code: &str, #[case] changes: &[(&str, &str)]) {
    assert_eq!(new_text(file, &fenced(code)), with(file.1, changes));
}

#[rstest]
#[case::rust(("a.rs", "struct A;\n\nimpl A {\n    fn f(&self) -> u8 { $01 }\n    fn g(&self) -> u8 { 2 }\n}\n"), "impl A {\n    fn g(&self) -> u8 { self.f() + 1 }\n}\n", &[("{ 2 }", "{ self.f() + 1 }")])]
#[case::python(("a.py", "class A:\n    def f(self):\n        return $01\n\n    def g(self):\n        return 2\n"), "class A:\n    def g(self):\n        return 3\n", &[("return 2", "return 3")])]
#[case::beside_an_import(("a.py", "def f():\n    return $01\n\n\ndef g():\n    return 2\n"), "import math\n\n\ndef g():\n    return math.floor(f())\n", &[("def f", "import math\n\ndef f"), ("return 2", "return math.floor(f())")])]
#[case::new_test(("a.rs", "#[cfg(test)]\nmod tests {\n    #[test]\n    fn one() {\n        a($0);\n    }\n}\n"), "#[cfg(test)]\nmod tests {\n    #[test]\n    fn two() {\n        b();\n    }\n}\n", &[("        a();\n    }\n", "        a();\n    }\n\n    #[test]\n    fn two() {\n        b();\n    }\n")])]
#[case::new_tests(("test_a.py", "def test_a():\n    assert $0a()\n\n\ndef test_b():\n    assert b()\n"), "import pytest\n\n\ndef test_b():\n    assert b()\n\n\ndef test_c():\n    assert c()\n", &[("def test_a", "import pytest\n\ndef test_a"), ("assert b()\n", "assert b()\n\n\ndef test_c():\n    assert c()\n")])]
fn what_the_cursor_is_in_stays_when_something_else_changes(
    #[case] file: (&str, &str),
    #[case] code: &str,
    #[case] changes: &[(&str, &str)],
) {
    assert_eq!(new_text(file, &fenced(code)), with(file.1, changes));
}

#[test]
fn what_the_cursor_is_in_may_go_alone() {
    let file = "class A:\n    def f(self):\n        return $01\n\n    def g(self):\n        return 2\n";
    let code = "class A:\n    def g(self):\n        return 2\n";
    assert_eq!(new_text(("a.py", file), &fenced(code)), code);
}

const POOL: &str = "class Pool extends Base {\n  constructor (origin, {\n    connections,\n    ...options\n  } = {}) {\n    super()\n    this.o = 1\n  }\n\n  [kClose] () {\n    return 1\n  }\n\n  close () {\n    return 1\n  }\n}\n";
const ACTIONS: &str = "import { a } from \"./a\";\n\nexport class Actions {\n  #n = 0;\n\n  async #started(\n    command: string,\n  ): Promise<void> {\n    await this.run(1);\n  }\n\n  #moment(): number {\n    return this.#n;\n  }\n}\n";
const NODE: &str = "package a;\n\nclass Node extends Base {\n\n  private final Manager m;\n\n  public Node(\n      Map config,\n      Manager manager) {\n    m = 1;\n  }\n\n  public int get() {\n    return 1;\n  }\n}\n";

/// Members that no parser takes by themselves are read as members.
#[rstest]
#[case(
    "a.js",
    POOL,
    "  constructor (origin, {\n    connections,\n    ...options\n  } = {}) {\n    super()\n    this.o = 2\n  }\n",
    "this.o = 1"
)]
#[case(
    "a.js",
    POOL,
    "constructor (origin, {\n  connections,\n  ...options\n} = {}) {\n  super()\n  this.o = 2\n}\n",
    "this.o = 1"
)]
#[case("a.js", POOL, "[kClose] () {\n  return 2\n}\n", "return 1")]
#[case(
    "a.ts",
    ACTIONS,
    "async #started(\n  command: string,\n): Promise<void> {\n  await this.run(2);\n}\n",
    "this.run(1)"
)]
#[case("Node.java", NODE, "  public Node(\n      Map config,\n      Manager manager) {\n    m = 2;\n  }\n", "m = 1")]
fn members_alone(#[case] path: &str, #[case] text: &str, #[case] code: &str, #[case] line: &str) {
    let reply = format!("```\n{code}```\n");
    assert_eq!(new_text((path, text), &reply), text.replacen(line, &line.replace('1', "2"), 1), "{reply}");
}
