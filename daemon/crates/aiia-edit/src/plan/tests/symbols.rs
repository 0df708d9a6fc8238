//! Replies of whole symbols.

use expect_test::expect;

use super::*;

const RUST: &str = "\
use std::fmt;

/// A point.
#[derive(Debug)]
struct Point {
    x: i32,
}

impl Point {
    /// Makes one.
    #[inline]
    fn new(x: i32) -> Self {
        Self { x }
    }

    fn length(&self) -> i32 {
        self.x
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, \"{}\", self.x)
    }
}

fn free() -> i32 {
    1
}
";

pub(super) const PYTHON: &str = "\
import os


class Shape:
    \"\"\"A shape.\"\"\"

    sides = 4

    def __init__(self, size):
        self.size = size

    @property
    def area(self):
        \"\"\"The area.\"\"\"
        return self.size * self.size

    def grow(self):
        self.size += 1


def main():
    print(Shape(1).area)


if __name__ == \"__main__\":
    main()
";

#[test]
fn a_free_function() {
    check(
        ("a.rs", RUST),
        &fenced("fn free() -> i32 {\n    2\n}\n"),
        expect![[r#"
        --- a/a.rs
        +++ b/a.rs
        @@ -28 +28 @@
        -    1
        +    2
    "#]],
    );
}

#[test]
fn a_method_is_moved_to_its_place_and_keeps_its_comments() {
    check(
        ("a.rs", RUST),
        &fenced("fn new(x: i32) -> Self {\n    Self { x: x.abs() }\n}\n"),
        expect![[r#"
        --- a/a.rs
        +++ b/a.rs
        @@ -13 +13 @@
        -        Self { x }
        +        Self { x: x.abs() }
        ~ kept doc comments and attributes
    "#]],
    );
    check(
        ("a.py", PYTHON),
        &fenced("def area(self):\n    return self.size ** 2\n"),
        expect![[r#"
        --- a/a.py
        +++ b/a.py
        @@ -15 +15 @@
        -        return self.size * self.size
        +        return self.size ** 2
        ~ kept doc comments and attributes
    "#]],
    );
}

#[test]
fn new_comments_replace_the_old_ones_and_attributes_stay() {
    check(
        ("a.rs", RUST),
        &fenced("/// Makes a point.\n///\n/// Never fails.\nfn new(x: i32) -> Self {\n    Self { x }\n}\n"),
        expect![[r#"
            --- a/a.rs
            +++ b/a.rs
            @@ -10 +10,3 @@
            -    /// Makes one.
            +    /// Makes a point.
            +    ///
            +    /// Never fails.
            ~ kept doc comments and attributes
        "#]],
    );
    check(
        ("a.py", PYTHON),
        &fenced("def grow(self):\n    \"\"\"Grows.\"\"\"\n    self.size += 1\n"),
        expect![[r#"
            --- a/a.py
            +++ b/a.py
            @@ -17,0 +18 @@
            +        """Grows."""
        "#]],
    );
}

#[test]
fn a_first_line_without_its_indentation() {
    check(
        ("a.py", PYTHON),
        &fenced("def grow(self):\n        self.size += 2\n"),
        expect![[r#"
        --- a/a.py
        +++ b/a.py
        @@ -18 +18 @@
        -        self.size += 1
        +        self.size += 2
    "#]],
    );
    check(
        ("a.rs", RUST),
        &fenced("fn length(&self) -> i32 {\n        self.x.abs()\n    }\n"),
        expect![[r#"
        --- a/a.rs
        +++ b/a.rs
        @@ -17 +17 @@
        -        self.x
        +        self.x.abs()
    "#]],
    );
    check(
        ("a.py", PYTHON),
        &fenced("def __init__(self, size):\n        self.size = 0\n\n    def grow(self):\n        self.size += 2\n"),
        expect![[r#"
            --- a/a.py
            +++ b/a.py
            @@ -10 +10 @@
            -        self.size = size
            +        self.size = 0
            @@ -18 +18 @@
            -        self.size += 1
            +        self.size += 2
        "#]],
    );
}

#[test]
fn part_of_a_container_leaves_the_rest() {
    check(
        ("a.rs", RUST),
        &fenced(
            "impl Point {\n    // ... other methods ...\n    fn length(&self) -> i32 {\n        self.x.abs()\n    }\n}\n",
        ),
        expect![[r#"
            --- a/a.rs
            +++ b/a.rs
            @@ -17 +17 @@
            -        self.x
            +        self.x.abs()
        "#]],
    );
    check(
        ("a.py", PYTHON),
        &fenced(
            "class Shape:\n    def grow(self):\n        self.size += 2\n\n    def shrink(self):\n        self.size -= 1\n",
        ),
        expect![[r#"
            --- a/a.py
            +++ b/a.py
            @@ -18 +18,4 @@
            -        self.size += 1
            +        self.size += 2
            +
            +    def shrink(self):
            +        self.size -= 1
            ~ added next to `grow`
        "#]],
    );
    check(
        ("a.py", PYTHON),
        &fenced("class Shape:\n    pass\n"),
        expect![[r#"
        ! vanished: The reply gives `Shape` without `__init__`, `area`, `grow`, which would delete them. Ask the model for the whole of `Shape` or for one of its parts.
    "#]],
    );
}

#[test]
fn a_trait_impl_is_told_from_the_plain_one() {
    check(
        ("a.rs", RUST),
        &fenced(
            "impl fmt::Display for Point {\n    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {\n        write!(f, \"<{}>\", self.x)\n    }\n}\n",
        ),
        expect![[r#"
            --- a/a.rs
            +++ b/a.rs
            @@ -23 +23 @@
            -        write!(f, "{}", self.x)
            +        write!(f, "<{}>", self.x)
        "#]],
    );
}

#[test]
fn helpers_and_imports_come_along() {
    check(
        ("a.rs", RUST),
        &fenced(
            "use std::{fmt, mem};\n\nconst TWO: i32 = 2;\n\nfn free() -> i32 {\n    mem::take(&mut twice())\n}\n\nfn twice() -> i32 {\n    TWO\n}\n",
        ),
        expect![[r#"
            --- a/a.rs
            +++ b/a.rs
            @@ -1,0 +2 @@
            +use std::mem;
            @@ -26,0 +28,2 @@
            +const TWO: i32 = 2;
            +
            @@ -28 +31,5 @@
            -    1
            +    mem::take(&mut twice())
            +}
            +
            +fn twice() -> i32 {
            +    TWO
            ~ added to the imports
            ~ added next to `free`
        "#]],
    );
    check(
        ("a.py", PYTHON),
        &fenced(
            "import os\nimport sys\n\ndef helper(x):\n    return x\n\ndef grow(self):\n    self.size += helper(1)\n",
        ),
        expect![[r#"
            --- a/a.py
            +++ b/a.py
            @@ -1,0 +2 @@
            +import sys
            @@ -3,0 +5,4 @@
            +def helper(x):
            +    return x
            +
            +
            @@ -18 +23 @@
            -        self.size += 1
            +        self.size += helper(1)
            ~ added to the imports
            ~ added next to `Shape`
        "#]],
    );
    check(
        ("a.py", "\"\"\"Module.\"\"\"\n\ndef f():\n    return 1\n"),
        &fenced("import math\n\ndef f():\n    return math.pi\n\nprint(f())\n"),
        expect![[r#"
            --- a/a.py
            +++ b/a.py
            @@ -2,0 +3,2 @@
            +import math
            +
            @@ -4 +6 @@
            -    return 1
            +    return math.pi
            ~ added to the imports
            ~ left out lines outside any symbol: `print(f())`
        "#]],
    );
}

#[test]
fn names_that_stand_in_several_places() {
    let file = "class A:\n    def run(self):\n        return 1\n\n\nclass B:\n    def run(self):\n        return 2\n";
    let reply = fenced("def run(self):\n    return 3\n");
    check(
        ("a.py", file),
        &reply,
        expect![[r#"
        ! ambiguous: a.py has 2 symbols named `run`, at lines 2, 7. Put the cursor into the one that is meant and ask again.
    "#]],
    );
    check(
        ("a.py", &file.replace("return 2", "ret$0urn 2")),
        &reply,
        expect![[r#"
        --- a/a.py
        +++ b/a.py
        @@ -8 +8 @@
        -        return 2
        +        return 3
    "#]],
    );
    let with_free = format!("{file}\n\ndef run():\n    return 0\n");
    check(
        ("a.py", &with_free),
        &fenced("def run():\n    return 3\n"),
        expect![[r#"
        --- a/a.py
        +++ b/a.py
        @@ -12 +12 @@
        -    return 0
        +    return 3
    "#]],
    );
}

#[test]
fn a_name_the_file_does_not_have() {
    check(
        ("a.py", PYTHON),
        &fenced("def aera(self):\n    return 1\n"),
        expect![[r#"
        ! not_found: The reply defines `aera`, and a.py has nothing of that name. The nearest names there are `area`, `Shape`, `grow`, `main`, `__init__`.
    "#]],
    );
    check(
        ("a.py", PYTHON),
        "```python\nprint(1)\n```\n",
        expect![[r#"
        ! not_found: The code of the reply holds no whole function, method or type, so its place in a.py is unknown. The first names there are `Shape`, `__init__`, `area`, `grow`, `main`.
    "#]],
    );
    check(
        ("a.py", PYTHON),
        "```rust\nfn main() {}\n```\n",
        expect![[r#"
        ! not_found: The reply is in rust, but a.py is in python.
    "#]],
    );
}

#[test]
fn a_sketch_of_something_else_is_refused() {
    let file = "def a():\n    one()\n    two()\n    three()\n    return 1\n\n\ndef b():\n    ret$0urn a()\n";
    check(
        ("a.py", file),
        &fenced("def a():\n    return 1\n\ndef b():\n    return a() + 1\n"),
        expect![[r#"
        ! vanished: The reply shortens `a` from 5 lines to 2, which was not asked about and looks like a sketch. Ask the model to leave it out or to give all of it.
    "#]],
    );
}

#[test]
fn the_files_tabs_and_line_breaks_are_kept() {
    let file = "impl A {\r\n\tfn a(&self) {\r\n\t\tone();\r\n\t}\r\n}\r\n";
    let reply = fenced("fn a(&self) {\n    if x {\n        two();\n    }\n}\n");
    assert_eq!(
        new_text(("a.rs", file), &reply),
        "impl A {\r\n\tfn a(&self) {\r\n\t\tif x {\r\n\t\t\ttwo();\r\n\t\t}\r\n\t}\r\n}\r\n"
    );
}

#[test]
fn other_widths_of_indentation_become_those_of_the_symbol() {
    let file = "class A:\n    def f(self):\n        for x in self.xs:\n            use(x)\n";
    assert_eq!(
        new_text(("a.py", file), &fenced("def f(self):\n  for x in self.xs:\n    use(x)\n    again(x)\n")),
        file.replace("use(x)\n", "use(x)\n            again(x)\n")
    );
    let script = "function f() {\n  if (a) {\n    b();\n  }\n}\n";
    assert_eq!(
        new_text(("a.js", script), &fenced("function f() {\n    if (a) {\n        c();\n    }\n}\n")),
        script.replace("b()", "c()")
    );
    // What stands within a string is not indentation.
    let text = fenced("function f() {\n    if (a) {\n        c(`\n    x`);\n    }\n}\n");
    assert!(new_text(("a.js", script), &text).contains("(`\n    x`);"));
}
