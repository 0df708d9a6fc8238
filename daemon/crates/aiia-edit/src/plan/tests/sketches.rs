//! Replies that show a part and leave out the rest, with marks or without.

use rstest::rstest;

use super::*;

/// The file with each pair's first text replaced by its second.
fn with(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replacen(old, new, 1)
    })
}

const PATCH: &str = "import os\n\n\ndef patch(x):\n    import a.debug\n\n    a.monkey_patch()\n    n = float(os.environ.get('N', 0))\n    if n:\n        a.debug.detect(n, n)\n\n\ndef other(y):\n    total = 0\n    for i in y:\n        total += i\n    return total\n";

#[rstest]
#[case::up_to_a_line("def patch(x):\n    if x is None:\n        return None\n    import a.debug\n", &[("def patch(x):\n", "def patch(x):\n    if x is None:\n        return None\n")])]
#[case::up_to_another("def patch(x):\n    if x is None:\n        return None\n    import a.debug\n\n    a.monkey_patch()\n", &[("def patch(x):\n", "def patch(x):\n    if x is None:\n        return None\n")])]
#[case::with_a_header("def other(y, start=0):\n    check(y)\n    total = 0\n", &[("other(y):\n", "other(y, start=0):\n    check(y)\n")])]
fn the_rest_of_a_function_stays_behind_its_beginning(#[case] code: &str, #[case] changes: &[(&str, &str)]) {
    assert_eq!(new_text(("a.py", PATCH), &fenced(code)), with(PATCH, changes));
}

#[rstest]
#[case::ends_with_a_guard("def patch(x):\n    if x is None:\n        return None\n")]
#[case::without_its_result("def other(y):\n    total = 0\n    for i in y:\n        total += i\n")]
fn a_function_without_its_end_is_refused(#[case] code: &str) {
    assert_eq!(complaint_kinds(("a.py", PATCH), &fenced(code)), [ComplaintKind::Elision], "{code}");
}

#[rstest]
#[case::other_words("def other(y):\n    return sum(y)\n")]
#[case::only_shorter("def patch(x):\n    import a.debug\n\n    a.monkey_patch()\n")]
#[case::no_result("def patch(x):\n    import a.debug\n\n    a.monkey_patch(x)\n    a.debug.start()\n")]
#[case::one_line_less(
    "def patch(x):\n    import a.debug\n\n    a.monkey_patch()\n    n = float(os.environ.get('N', 0))\n    a.debug.detect(n, n)\n"
)]
#[case::a_guard_in_a_loop("def other(y):\n    for i in y:\n        if i:\n            return i\n")]
fn a_function_in_fewer_lines(#[case] code: &str) {
    let plan = plan_for(&[("a.py", PATCH)], &fenced(code));
    assert_eq!(plan.complaints, [], "{code}");
    let text = &plan.files[0].new_text;
    assert!(text.contains(code), "{text}");
}

const CLASS: &str = "import os\nimport sys\n\n\nclass A:\n    def f(self, x):\n        y = x + 1\n        self.message = y\n        if y:\n            return y\n        return 0\n\n    def g(self, z):\n        self.reason = z\n        self.again = True\n        super().g(z)\n";
const JS: &str = "function a(x) {\n  const y = x + 1;\n  if (y > 2) {\n    log(y);\n  }\n  return y;\n}\n\nfunction b(json) {\n  if (Array.isArray(json)) return json.map(n => b(n))\n\n  let r = {}\n  return r;\n}\n";

#[rstest]
#[case::python(
    ("a.py", CLASS),
    "        # ... existing code ...\n        y = x + 1\n        if DEBUG:\n            self.message = y\n        if y:\n            return y\n    # ... existing code ...\n\n    def g(self, z):\n        ctx = copy()\n        self.reason = z\n        self.again = True\n        # ... existing code ...\n",
    &[("        self.message = y\n", "        if DEBUG:\n            self.message = y\n"), ("        self.reason", "        ctx = copy()\n        self.reason")]
)]
#[case::javascript(
    ("a.js", JS),
    "// ... existing code ...\n  const y = x + 1;\n  trace(\"a\", y);\n  if (y > 2) {\n    log(y);\n// ... existing code ...\n}\n\nfunction b(json) {\n  trace(\"b\");\n  if (Array.isArray(json)) return json.map(n => b(n))\n\n  // ... existing code ...\n",
    &[("x + 1;\n", "x + 1;\n  trace(\"a\", y);\n"), ("b(json) {\n", "b(json) {\n  trace(\"b\");\n")]
)]
fn segments_between_marks(#[case] file: (&str, &str), #[case] code: &str, #[case] changes: &[(&str, &str)]) {
    assert_eq!(new_text(file, &fenced(code)), with(file.1, changes));
}

#[test]
fn what_is_not_closed_swallows_nothing() {
    let file = "export function register(ctx: Ctx): void {\n  const table: Record<string, unknown> = {\n    \"a.chat\": () => chat.focus(),\n    \"a.new\": () => chat.start(),\n  };\n  for (const [k, v] of Object.entries(table)) ctx.add(k, v);\n}\n\n/** What was clicked on. */\nfunction asTarget(value: unknown): string | undefined {\n  return typeof value === \"string\" ? value : undefined;\n}\n";
    let code = "export function register(ctx: Ctx): void {\n  if (DEBUG) return;\n  const table: Record<string, unknown> = {\n    \"a.chat\": () => chat.focus(),\n    // ... rest of the code unchanged ...\n}\n\nfunction asTarget(value: unknown): string | undefined {\n  trace(\"asTarget\");\n  return typeof value === \"string\" ? value : undefined;\n}\n";
    assert_eq!(complaint_kinds(("a.ts", file), &fenced(code)), [ComplaintKind::SyntaxErrors]);
}

const C: &str = "void negative(void) {\n  const int secret = 0;\n  int out = 16;\n\n  // NULL output\n  check(secret, out);\n  check(0, out);\n  done();\n}\n";
const LOAD: &str =
    "def load(path):\n    text = read(path)\n    data = parse(text)\n    check(data)\n    log(data)\n    return data\n";

#[rstest]
#[case::in_an_if(("a.c", C), "void negative(void) {\n  const int secret = 0;\n  if (debug) {\n    int out = 16;\n  }\n\n  // ... (unchanged)\n}\n", &[("  int out = 16;\n", "  if (debug) {\n    int out = 16;\n  }\n")])]
#[case::in_a_try(("a.py", LOAD), "def load(path):\n    try:\n        text = read(path)\n        data = parse(text)\n    except OSError:\n        raise Missing(path)\n    # ... rest of the function unchanged ...\n", &[("    text = read(path)\n    data = parse(text)\n", "    try:\n        text = read(path)\n        data = parse(text)\n    except OSError:\n        raise Missing(path)\n")])]
fn what_is_wrapped_stands_once(#[case] file: (&str, &str), #[case] code: &str, #[case] changes: &[(&str, &str)]) {
    assert_eq!(new_text(file, &fenced(code)), with(file.1, changes));
}

#[test]
fn lines_that_moved_past_others_are_refused() {
    let code = "def load(path):\n    try:\n        check(data)\n    except OSError:\n        raise Missing(path)\n    # ... rest of the function unchanged ...\n";
    assert_eq!(complaint_kinds(("a.py", LOAD), &fenced(code)), [ComplaintKind::Elision]);
}

const TIMER: &str = "class Timer:\n    \"\"\"Times things.\"\"\"\n\n    def __init__(self, n):\n        self.n = n\n        self.last = 0\n\n    def stop(self):\n        self.n = 0\n        return self.last\n\n\ndef check(obj, need=str):\n    if not isinstance(obj, need):\n        raise TypeError(obj)\n    return obj\n\n\ndef main(args):\n    print(args)\n    return 0\n";

#[rstest]
#[case("# ... existing code ...")]
#[case("# rest of code...")]
#[case("# ... keep the rest as is ...")]
#[case("# (other methods unchanged)")]
#[case("# ...")]
fn a_class_with_a_mark_above_a_method(#[case] mark: &str) {
    let code = format!(
        "class Timer:\n    {mark}\n\n    def stop(self):\n        self.n = 1\n        return self.last\n\n    {mark}\n"
    );
    assert_eq!(new_text(("a.py", TIMER), &fenced(&code)), TIMER.replace("self.n = 0", "self.n = 1"));
}

#[rstest]
#[case("# ... existing code ...")]
#[case("# ... implementation unchanged ...")]
#[case("# unchanged")]
#[case("# ... (unchanged)")]
fn a_function_that_is_only_a_mark_stays(#[case] mark: &str) {
    let code = TIMER
        .replace(
            "    if not isinstance(obj, need):\n        raise TypeError(obj)\n    return obj\n",
            &format!("    {mark}\n"),
        )
        .replace("        self.n = n\n        self.last = 0\n", &format!("        {mark}\n"))
        .replace("    print(args)", "    if args:\n        check(args)\n    print(args)");
    assert_eq!(
        new_text(("a.py", TIMER), &fenced(&code)),
        TIMER.replace("    print(args)", "    if args:\n        check(args)\n    print(args)")
    );
}

#[test]
fn an_impl_that_is_only_a_mark_stays() {
    let file = "use std::fmt;\n\nimpl Budget {\n    pub fn new(max: usize) -> Self {\n        Budget { spent: 0, max }\n    }\n}\n\nimpl Counts {\n    pub fn new() -> Self {\n        Counts { budget: Budget::new(10) }\n    }\n}\n";
    let code = "use std::fmt;\n\nimpl Budget {\n    // ... existing code ...\n}\n\nimpl Counts {\n    pub fn new() -> Self {\n        Counts { budget: Budget::new(20) }\n    }\n}\n";
    assert_eq!(new_text(("a.rs", file), &fenced(code)), file.replace("(10)", "(20)"));
}

const TASK: &str = "import sa\n\n\nclass Task(Base):\n    \"\"\"Task.\"\"\"\n\n    __tablename__ = 'task'\n\n    name = sa.Column(sa.String(155))\n\n    def to_dict(self):\n        return self.name\n";
const STORE: &str =
    "export class Store {\n  private n = 0;\n  static MAX = 3;\n\n  get(key: string) {\n    return this.n;\n  }\n}\n";

#[rstest]
#[case::python(("a.py", TASK), "class Task(Base):\n    def to_dict(self):\n        return str(self.name)\n", &[("return self.name", "return str(self.name)")])]
#[case::with_its_doc_string(("a.py", TASK), "class Task(Base):\n    \"\"\"Task.\"\"\"\n\n    def to_dict(self):\n        # keep\n        return str(self.name)\n", &[("return self.name", "# keep\n        return str(self.name)")])]
#[case::typescript(("a.ts", STORE), "export class Store {\n  get(key: string) {\n    return this.n + 1;\n  }\n}\n", &[("this.n;", "this.n + 1;")])]
#[case::cpp(("a.hpp", "class Store {\n public:\n  int get(int k) {\n    return t[k];\n  }\n\n private:\n  int n = 0;\n  int t[3];\n};\n"), "class Store {\n public:\n  int get(int k) {\n    n++;\n    return t[k];\n  }\n};\n", &[("    return t", "    n++;\n    return t")])]
#[case::one_field_goes_where_others_are_given(("a.ts", STORE), "export class Store {\n  private n = 0;\n\n  get(key: string) {\n    return this.n + 1;\n  }\n}\n", &[("this.n;", "this.n + 1;"), ("  static MAX = 3;\n", "")])]
fn the_fields_of_a_type_stay_where_only_methods_are_given(
    #[case] file: (&str, &str),
    #[case] code: &str,
    #[case] changes: &[(&str, &str)],
) {
    assert_eq!(new_text(file, &fenced(code)), with(file.1, changes));
}

const PARSE: &str = "@dataclass\nclass Config:\n    name: str\n    port: int = 80\n    tags: list = field(default_factory=list)\n    limit: int = 3\n\n\ndef parse(text):\n    cfg = Config(\"x\")\n    for line in text.splitlines():\n        key, value = line.split(\"=\")\n        if key == \"port\":\n            cfg.port = int(value)\n        elif key == \"tag\":\n            cfg.tags.append(value)\n    return cfg\n";
const HOST: (&str, &str) = (
    "            cfg.port = int(value)\n",
    "            cfg.port = int(value)\n        elif key == \"host\":\n            cfg.host = value\n",
);

#[rstest]
#[case::marks_on_both_ends(
    "def parse(text):\n    # ...\n        if key == \"port\":\n            cfg.port = int(value)\n        elif key == \"host\":\n            cfg.host = value\n    # ...\n"
)]
#[case::in_words(
    "def parse(text):\n    # ... existing code ...\n        if key == \"port\":\n            cfg.port = int(value)\n        elif key == \"host\":\n            cfg.host = value\n    # ... existing code ...\n"
)]
#[case::at_the_end(
    "def parse(text):\n    cfg = Config(\"x\")\n    for line in text.splitlines():\n        key, value = line.split(\"=\")\n        if key == \"port\":\n            cfg.port = int(value)\n        elif key == \"host\":\n            cfg.host = value\n    # ... rest of function unchanged ...\n"
)]
fn marks_at_the_end_of_a_function_of_python(#[case] code: &str) {
    assert_eq!(new_text(("a.py", PARSE), &fenced(code)), with(PARSE, &[HOST]));
}

#[test]
fn deeper_lines_behind_a_mark_are_of_the_function() {
    let file = "def parse(token):\n    anchor = Link(token)\n    for i in token[\"children\"]:\n        anchor.children.append(parse(i))\n    return anchor\n\n\ndef other():\n    return 1\n";
    let code = "def parse(token):\n    # ... existing code ...\n        anchor.children.append(parse(i))\n    log(anchor)\n    return anchor\n";
    let wanted = file.replace("    return anchor", "    log(anchor)\n    return anchor");
    assert_eq!(new_text(("a.py", file), &fenced(code)), wanted);
}

#[test]
fn a_comment_at_the_end_of_a_function_stands_once() {
    let file = "def f():\n    a()\n    # that is all\n\n\ndef g():\n    b()\n";
    let code = "def f():\n    c()\n    # that is all\n\n\ndef g():\n    d()\n";
    assert_eq!(new_text(("a.py", file), &fenced(code)), code);
}

#[test]
fn the_fields_behind_a_new_one_stay() {
    let code = "@dataclass\nclass Config:\n    name: str\n    port: int = 80\n    host: str = \"localhost\"\n";
    let wanted = with(PARSE, &[("port: int = 80\n", "port: int = 80\n    host: str = \"localhost\"\n")]);
    assert_eq!(new_text(("a.py", PARSE), &fenced(code)), wanted);
    let code = "@dataclass\nclass Config:\n    name: str\n    port: int = 80\n    tags: list = field(default_factory=list)\n    host: str = \"localhost\"\n";
    assert_eq!(complaint_kinds(("a.py", PARSE), &fenced(code)), [ComplaintKind::Vanished]);
}

#[rstest]
#[case("// ... keep the rest as is ...")]
#[case("// ... existing code ...")]
#[case("// ...")]
fn marks_that_stand_for_nothing_are_not_written(#[case] mark: &str) {
    let file = "impl Default for Doc {\n    fn default() -> Self {\n        Self { a: 1 }\n    }\n}\n\nfn other() -> u8 {\n    1\n}\n";
    let code = format!(
        "impl Default for Doc {{\n    {mark}\n\n    fn default() -> Self {{\n        log();\n        Self {{ a: 1 }}\n    }}\n\n    {mark}\n}}\n"
    );
    assert_eq!(new_text(("a.rs", file), &fenced(&code)), file.replace("        Self", "        log();\n        Self"));
}

#[test]
fn a_comment_behind_a_closing_bracket_has_no_place_of_its_own() {
    let file =
        "namespace a {\n\nint one(int x) {\n  return x;\n}\n\nint two(int x) {\n  return 2;\n}\n\n} // namespace a\n";
    let code = "namespace a {\n\nint one(int x) {\n  log(x);\n  return x;\n}\n\n// ... existing code ...\n\n} // namespace a\n";
    assert_eq!(new_text(("a.cpp", file), &fenced(code)), file.replace("  return x;", "  log(x);\n  return x;"));
}

#[test]
fn a_part_of_a_script_is_no_command() {
    let file = "RED=1\nif run; then\n  exit 0\nelse\n  CODE=$?\n  echo failed\nfi\n";
    let reply =
        "In `a.sh`:\n\n```bash\nRED=2\n```\n\nand\n\n```bash\nelse\n  CODE=$?\n  log \"\"\n  echo failed\n```\n";
    assert_eq!(complaint_kinds(("a.sh", file), reply), [ComplaintKind::NotFound]);
}

/// What closes the last segment ends the file too, and yet not all in between is meant to go.
#[test]
fn segments_delete_nothing_below_them() {
    let file = "class Job\n  def call\n    perform\n  end\n\n  private\n\n  def perform\n    puts <<~TEXT\n      def call\n      end\n    TEXT\n  end\nend\n\nclass Job\n  def call!\n    call or raise\n  end\nend\n";
    let code =
        "class Job\n  # ...\n\n  private\n\n  def perform\n    log\n  end\n\n  def log\n    puts id\n  end\nend\n";
    assert_eq!(plan_for(&[("j.rb", file)], &fenced(code)).files, []);
}

const READS: &str = "def parse(text):\n    \"\"\"Reads it.\"\"\"\n    cfg = Config()\n    for line in text:\n        if line.key == \"port\":\n            cfg.port = int(line)\n        elif line.key == \"tag\":\n            cfg.tags.append(line)\n    return cfg\n\n\ndef total(y):\n    sum = 0\n    for i in y:\n        sum += i\n    return sum\n";
const HPKE: &str = "package hpke\n\nimport (\n\t\"crypto\"\n\t\"errors\"\n\t\"fmt\"\n\n\t\"golang.org/x/chacha\"\n)\n\nfunc One(a int) error {\n\tif a > 0 {\n\t\treturn fmt.Errorf(\"a\")\n\t}\n\treturn errors.New(crypto.X)\n}\n\nfunc Two(b int) error {\n\tx, err := chacha.Do(b)\n\tif err != nil {\n\t\treturn err\n\t}\n\tuse(x)\n\treturn nil\n}\n";

#[rstest]
#[case::rest_in_plain_words(("a.py", READS), "def parse(text):\n    \"\"\"Reads it.\"\"\"\n    cfg = Config()\n    for line in text:\n        if line.key == \"port\":\n            cfg.port = int(line)\n        elif line.key == \"host\":\n            cfg.host = line\n    # rest unchanged\n", &[("        elif", "        elif line.key == \"host\":\n            cfg.host = line\n        elif")])]
#[case::stub(("a.py", READS), "def parse(text):\n    pass  # unchanged\n\n\ndef total(y):\n    sum = 1\n    for i in y:\n        sum += i\n    return sum\n", &[("sum = 0", "sum = 1")])]
#[case::mark_for_the_doc_string(("a.py", READS), "def parse(text):\n    # ... existing code ...\n    for line in text:\n        log(line)\n        if line.key == \"port\":\n    # ... existing code ...\n", &[("        if", "        log(line)\n        if")])]
#[case::beginning(("a.py", READS), "def total(y, start=0):\n    sum = start\n", &[("total(y)", "total(y, start=0)"), ("sum = 0", "sum = start")])]
#[case::end_of_an_import_list(("a.go", HPKE), "\t// ... (unchanged)\n\t\"errors\"\n\t\"fmt\"\n\t\"time\"\n\n\t\"golang.org/x/chacha\"\n)\n// ... (unchanged)\nfunc Two(b int) error {\n\tstarted := time.Now()\n\tx, err := chacha.Do(b)\n\tif err != nil {\n\t\treturn err\n\t\t// ... (unchanged)\n", &[("\t\"fmt\"\n", "\t\"fmt\"\n\t\"time\"\n"), ("\tx, err", "\tstarted := time.Now()\n\tx, err")])]
fn what_is_left_out_is_plain(#[case] file: (&str, &str), #[case] code: &str, #[case] changes: &[(&str, &str)]) {
    let expected = changes.iter().fold(file.1.to_owned(), |text, (old, new)| text.replacen(old, new, 1));
    assert_eq!(new_text(file, &fenced(code)), expected);
}

#[test]
fn a_part_of_an_import_list_keeps_the_others() {
    let reply = "```go\n\t\"fmt\"\n\t\"time\"\n\n```\n\n```go\nfunc Two(b int) error {\n\tstarted := time.Now()\n\tx, err := chacha.Do(b)\n```\n";
    let expected = HPKE.replacen("\t\"fmt\"\n", "\t\"fmt\"\n\t\"time\"\n", 1).replacen(
        "\tx, err",
        "\tstarted := time.Now()\n\tx, err",
        1,
    );
    assert_eq!(new_text(("a.go", HPKE), reply), expected);
}

#[test]
fn what_went_up_does_not_come_back() {
    let file = "def make(name):\n    log = get(name)\n    app = App(name)\n    app.add(log)\n    return app\n\n\ndef other():\n    return 1\n";
    let code = "def make(name):\n    log = get(name)\n    step()\n    return app\n\n\ndef step():\n    app = App(name)\n    app.add(log)\n\n\n# ... existing code ...\n";
    let plan = plan_for(&[("a.py", file)], &fenced(code));
    assert!(plan.files.iter().all(|file| file.new_text.matches("return app").count() == 1), "{}", described(&plan));
}
