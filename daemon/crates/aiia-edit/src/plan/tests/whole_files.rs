//! Replies of a whole file, and code without a fence.

use expect_test::expect;

use super::symbols::PYTHON;
use super::*;

#[test]
fn two_versions_contradict_unless_one_is_the_old() {
    let file = "def a():\n    return 1\n";
    let both = "Before:\n```python\ndef a():\n    return 1\n```\nAfter:\n```python\ndef a():\n    return 2\n```\n";
    assert_eq!(new_text(("a.py", file), both), "def a():\n    return 2\n");
    let other = both.replace("return 1", "return 3");
    assert_eq!(complaint_kinds(("a.py", file), &other), [ComplaintKind::NotFound]);
    let unnamed = other.replace("Before", "Here").replace("After", "And");
    assert_eq!(complaint_kinds(("a.py", file), &unnamed), [ComplaintKind::Overlap]);
}

#[test]
fn a_whole_file() {
    let whole = PYTHON.replace("sides = 4", "sides = 5").replace("    main()\n", "    main()\n    print(\"done\")\n");
    check(
        ("a.py", PYTHON),
        &fenced(&whole),
        expect![[r#"
        --- a/a.py
        +++ b/a.py
        @@ -7 +7 @@
        -    sides = 4
        +    sides = 5
        @@ -26,0 +27 @@
        +    print("done")
    "#]],
    );
    // Shortened: what is missing stays.
    let part = "import os\n\n\nclass Shape:\n    def grow(self):\n        self.size += 2\n\n\nif __name__ == \"__main__\":\n    main()\n";
    check(
        ("a.py", PYTHON),
        &fenced(part),
        expect![[r#"
        --- a/a.py
        +++ b/a.py
        @@ -18 +18 @@
        -        self.size += 1
        +        self.size += 2
    "#]],
    );
    // What was asked about may go.
    let file = "import os\n\n\ndef a():\n    pass$0\n\n\ndef b():\n    pass\n";
    check(
        ("a.py", file),
        &fenced("import os\n\n\ndef b():\n    pass\n"),
        expect![[r#"
        --- a/a.py
        +++ b/a.py
        @@ -4,4 +3,0 @@
        -def a():
        -    pass
        -
        -
    "#]],
    );
    check(
        ("a.ini", "[a]\nx = 1\ny = 2\n"),
        &fenced("[a]\nx = 1\ny = 3\n"),
        expect![[r#"
        --- a/a.ini
        +++ b/a.ini
        @@ -3 +3 @@
        -y = 2
        +y = 3
    "#]],
    );
    check(
        ("a.ini", "[a]\nx = 1\ny = 2\n"),
        &fenced("z = 4\n"),
        expect![[r#"
        ! not_found: The code of the reply (`z = 4`) is not the whole of a.ini and says not where it belongs. Ask the model for search/replace blocks.
    "#]],
    );
}

#[test]
fn code_without_a_fence() {
    let file = "def a():\n    return 1\n\n\ndef b():\n    return 2\n";
    check(
        ("a.py", file),
        "def a():\n    return 3\n",
        expect![[r#"
        --- a/a.py
        +++ b/a.py
        @@ -2 +2 @@
        -    return 1
        +    return 3
        ~ code fence missing or not closed
    "#]],
    );
    check(
        ("a.py", file),
        "```python\ndef a():\n    return 3\n",
        expect![[r#"
        --- a/a.py
        +++ b/a.py
        @@ -2 +2 @@
        -    return 1
        +    return 3
        ~ code fence missing or not closed
    "#]],
    );
}

#[test]
fn a_file_with_only_one_function() {
    check(
        ("a.py", "def f():\n    return 1"),
        &fenced("def f():\n    return 2\n\nprint(f())\n"),
        expect![[r#"
        --- a/a.py
        +++ b/a.py
        @@ -2 +2 @@
        -    return 1
        \ No newline at end of file
        +    return 2
        \ No newline at end of file
        ~ left out lines outside any symbol: `print(f())`
    "#]],
    );
    check(
        ("a.py", "\u{feff}def f():\n    return 1\n"),
        &fenced("def f():\n    return 2\n"),
        expect![[r#"
        --- a/a.py
        +++ b/a.py
        @@ -2 +2 @@
        -    return 1
        +    return 2
    "#]],
    );
}
