//! Whole symbols with less in them than the file has: what stands in the place of code is refused, what is only shorter is not.

use rstest::rstest;

use super::*;

const PYTHON: &str = "class A:\n    def load(self):\n        data = read()\n        for x in data:\n            use(x)\n        return data\n\n    def other(self):\n        return 2\n";
const JAVA: &str = "class A {\n    void take(double x) {\n        y -= x;\n        log(x);\n    }\n\n    int other() {\n        return 2;\n    }\n}\n";
const RUST: &str = "impl A {\n    fn close(&mut self) {\n        self.x.flush();\n        self.y = 1;\n    }\n\n    fn other() {\n        b();\n    }\n}\n";

#[rstest]
#[case::as_before("A.java", JAVA, "void take(double x) {\n    check(x);\n    // proceed as before\n}\n")]
#[case::dots_before_what_is_not_there(
    "A.java",
    JAVA,
    "void take(double x) {\n    // ... take it ...\n    done(x);\n}\n"
)]
#[case::dots_behind("A.java", JAVA, "void take(double x) {\n    // take it as ever...\n}\n")]
#[case::stubs(
    "A.java",
    JAVA,
    "class A {\n    void take(double x) { /* same */ }\n\n    int other() {\n        return 3;\n    }\n}\n"
)]
#[case::at_the_end(
    "a.py",
    PYTHON,
    "def load(self):\n    if not self.ok:\n        return\n    # the remaining code is the same\n"
)]
#[case::at_the_end_of_a_member(
    "a.py",
    PYTHON,
    "class A:\n    def load(self):\n        if not self.ok:\n            return\n        # no changes below\n\n    def other(self):\n        return 3\n"
)]
#[case::pass(
    "a.py",
    PYTHON,
    "class A:\n    def load(self):\n        pass  # its code\n\n    def other(self):\n        return 3\n"
)]
#[case::dots_for_bodies("a.py", PYTHON, "class A:\n    def load(self): ...\n    def other(self): ...\n")]
#[case::a_doc_string_alone("a.py", PYTHON, "def load(self):\n    \"\"\"Loads.\"\"\"\n")]
#[case::a_doc_string_and_a_comment("a.py", PYTHON, "def load(self):\n    \"\"\"Loads.\"\"\"\n    # keep yours\n")]
#[case::two_dots("a.rs", RUST, "fn close(&mut self) {\n    log();\n    ..\n}\n")]
#[case::nothing_in_a_member(
    "a.rs",
    RUST,
    "impl A {\n    fn close(&mut self) {}\n\n    fn other() {\n        c();\n    }\n}\n"
)]
#[case::a_file(
    "a.rs",
    "use a::b;\n\nfn f() {\n    b();\n}\n",
    "use a::c;\nuse a::b;\n\nfn f() {\n    // as it is\n}\n"
)]
#[case::a_comment_for_statements(
    "a.py",
    PYTHON,
    "def load(self, how):\n    # (same as before, but with how)\n    return data\n"
)]
#[case::comments_for_statements("a.py", PYTHON, "def load(self):\n    # read it\n    # then use it\n    return data\n")]
#[case::an_empty_return("a.py", PYTHON, "def load(self):\n    # your implementation here\n    return None\n")]
#[case::in_a_doc_string(
    "a.py",
    PYTHON,
    "def load(self):\n    \"\"\"Loads.\n\n    ... rest unchanged ...\n    \"\"\"\n    return data\n"
)]
#[case::dots_for_a_block(
    "a.py",
    PYTHON,
    "def load(self):\n    data = list(read())\n    for x in data: ...\n    return data\n"
)]
#[case::a_comment_for_a_block(
    "a.py",
    PYTHON,
    "def load(self):\n    data = list(read())\n    for x in data:\n        # as it was\n        pass\n    return data\n"
)]
fn refused(#[case] path: &str, #[case] file: &str, #[case] code: &str) {
    assert_eq!(complaint_kinds((path, file), &fenced(code)), [ComplaintKind::Elision], "{code}");
}

#[rstest]
#[case::shorter("a.py", PYTHON, "def load(self):\n    return read()\n")]
#[case::with_a_comment_in_it(
    "a.py",
    PYTHON,
    "def load(self):\n    # All of it ...\n    data = list(read())\n    check(data)\n    for x in data:\n        use(x)\n    return data\n"
)]
#[case::with_a_comment_at_its_end(
    "a.py",
    PYTHON,
    "def load(self):\n    data = list(read())\n    return data\n    # not reached\n"
)]
#[case::with_a_doc_string("a.py", PYTHON, "def other(self):\n    \"\"\"Two...\"\"\"\n    return 3\n")]
#[case::a_comment_above_what_changes(
    "a.py",
    PYTHON,
    "def load(self):\n    # Nothing is used here.\n    return list(read())\n"
)]
#[case::a_block_that_does_nothing(
    "a.py",
    PYTHON,
    "def load(self):\n    data = read()\n    for x in data:\n        pass\n    return data\n"
)]
#[case::nothing("a.rs", RUST, "fn close(&mut self) {}\n")]
#[case::a_pattern(
    "a.rs",
    RUST,
    "fn close(&mut self) {\n    let A {\n        x,\n        ..\n    } = self;\n    x.flush();\n}\n"
)]
#[case::a_stub_that_was_one(
    "a.rs",
    "impl A {\n    fn a() {\n        // later\n    }\n\n    fn b() {\n        c();\n    }\n}\n",
    "impl A {\n    fn a() {\n        // soon\n    }\n\n    fn b() {\n        d();\n    }\n}\n"
)]
#[case::a_comment_of_the_file(
    "a.rs",
    "fn f() {\n    a();\n    // ... and more\n    b();\n}\n",
    "fn f() {\n    c();\n    // ... and more\n    d();\n}\n"
)]
fn applied(#[case] path: &str, #[case] file: &str, #[case] code: &str) {
    assert_eq!(plan_for(&[(path, file)], &fenced(code)).complaints, [], "{code}");
}

/// Placeholders in other languages stand for code as those in English do.
#[rstest]
#[case::chinese("    // 其余代码不变")]
#[case::chinese_with_dots("    // ... 其余代码保持不变 ...")]
#[case::german("    // restlicher Code wie gehabt")]
#[case::spanish("    // resto del código igual")]
#[case::french("    // reste du code inchangé")]
#[case::portuguese("    // resto do código sem alterações")]
#[case::italian("    // il resto del codice rimane invariato")]
#[case::russian("    // остальной код без изменений")]
#[case::japanese("    // 残りのコードは変更なし")]
#[case::korean("    // 기존 코드")]
#[case::in_brackets("    // [unchanged]")]
#[case::in_a_frame("    // === existing code ===")]
#[case::in_a_tag("    // <unchanged>")]
fn placeholders_of_other_languages_are_expanded(#[case] mark: &str) {
    let code = format!("void take(double x) {{\n    check(x);\n{mark}\n}}\n");
    assert_eq!(
        new_text(("A.java", JAVA), &fenced(&code)),
        JAVA.replace("        y -=", "        check(x);\n        y -=")
    );
}

#[test]
fn a_placeholder_for_all_of_a_body_changes_nothing() {
    let code = "def load(self):\n    # restlicher Code wie gehabt\n    return data\n";
    assert_eq!(complaint_kinds(("a.py", PYTHON), &fenced(code)), [ComplaintKind::ChangesNothing]);
}

const READ: &str = "class Store:\n    def read(self, name):\n        if name in self.cache:\n            return self.cache[name]\n        with open(self.path(name)) as f:\n            text = f.read()\n        self.cache[name] = text\n        return text\n";

#[rstest]
#[case::placeholder_between_new_lines_and_the_last(
    "    if not name:\n        raise ValueError(\"name\")\n    # resto del código igual\n    return text\n",
    "    def read(self, name):\n",
    "    def read(self, name):\n        if not name:\n            raise ValueError(\"name\")\n"
)]
fn placeholders_above_the_last_line(#[case] body: &str, #[case] old: &str, #[case] new: &str) {
    assert_eq!(new_text(("a.py", READ), &fenced(&format!("def read(self, name):\n{body}"))), READ.replace(old, new));
}

#[rstest]
#[case::tags(
    "    # <unchanged>\n    with open(self.path(name), encoding=\"utf-8\") as f:\n        text = f.read()\n    # </unchanged>\n    return text\n"
)]
#[case::what_sets_a_name_is_gone(
    "    if not name:\n        raise ValueError(\"name\")\n    # lee como siempre\n    return text\n"
)]
fn placeholders_that_are_not_sure_are_refused(#[case] body: &str) {
    let code = format!("def read(self, name):\n{body}");
    assert_eq!(complaint_kinds(("a.py", READ), &fenced(&code)), [ComplaintKind::Elision], "{body}");
}

/// A block quotes what it deletes.
#[rstest]
#[case("        return 2\n", "        pass\n")]
#[case("            use(x)\n        return data\n", "            pass\n        # later ...\n")]
fn quotes_delete_what_they_say(#[case] old: &str, #[case] new: &str) {
    assert_eq!(new_text(("a.py", PYTHON), &block(old, new)), PYTHON.replace(old, new));
}

#[test]
fn dots_are_expanded_whatever_they_say() {
    let code = "void take(double x) {\n    // ... wie bisher ...\n    log(x);\n    done();\n}\n";
    assert_eq!(
        new_text(("A.java", JAVA), &fenced(code)),
        JAVA.replace("        log(x);\n", "        log(x);\n        done();\n")
    );
}

#[test]
fn a_whole_file_is_no_sketch_either() {
    let text = "function f() {\n  a();\n  b();\n}\n\nfunction g() {\n  return 1;\n}\n";
    let reply = "<write_to_file>\n<path>a.js</path>\n<content>\nfunction f() {\n  // same\n}\n\nfunction g() {\n  return 2;\n}\n</content>\n</write_to_file>\n";
    assert_eq!(complaint_kinds(("a.js", text), reply), [ComplaintKind::Elision]);
}
