//! Functions that a type declares without a body: a reply with one that has a body may be for it, or for that of another type.

use super::namesakes::{Case, check_all};
use super::*;

const CASES: &[Case] = &[
    (
        "a.rs",
        "trait S {\n    fn f(&self) -> u8;\n}\n\nimpl S for A {\n    fn f(&self) -> u8 {\n        1\n    }\n}\n",
        "fn f(&self) -> u8 {\n    2\n}\n",
        Err((ComplaintKind::Ambiguous, &[2, 6])),
    ),
    (
        "a.rs",
        "trait S {\n    fn f(&self)$0 -> u8;\n}\n\nimpl S for A {\n    fn f(&self) -> u8 {\n        1\n    }\n}\n",
        "fn f(&self) -> u8 {\n    2\n}\n",
        Ok(
            "trait S {\n    fn f(&self) -> u8 {\n        2\n    }\n}\n\nimpl S for A {\n    fn f(&self) -> u8 {\n        1\n    }\n}\n",
        ),
    ),
    (
        "a.rs",
        "trait S {\n    fn f(&self) -> u8;\n}\n\nimpl S for A {\n    fn f(&self) -> u8 {\n        $01\n    }\n}\n",
        "fn f(&self) -> u8 {\n    2\n}\n",
        Ok("trait S {\n    fn f(&self) -> u8;\n}\n\nimpl S for A {\n    fn f(&self) -> u8 {\n        2\n    }\n}\n"),
    ),
    (
        "a.rs",
        "trait S {\n    fn f() -> u8;\n}\n\nimpl A {\n    fn f(&self) -> u8 {\n        1\n    }\n}\n",
        "fn f(&self) -> u8 {\n    2\n}\n",
        Ok("trait S {\n    fn f() -> u8;\n}\n\nimpl A {\n    fn f(&self) -> u8 {\n        2\n    }\n}\n"),
    ),
    (
        "a.ts",
        "abstract class S {\n  abstract f(): number;\n}\n\nclass A extends S {\n  f(): number {\n    return 1;\n  }\n}\n",
        "f(): number {\n  return 2;\n}\n",
        Err((ComplaintKind::Ambiguous, &[2, 6])),
    ),
    (
        "a.ts",
        "abstract class S {\n  abstract f(): number;\n}\n\nclass A extends S {\n  f(): number {\n    return 1;\n  }\n}\n",
        "override f(): number {\n  return 2;\n}\n",
        Ok(
            "abstract class S {\n  abstract f(): number;\n}\n\nclass A extends S {\n  override f(): number {\n    return 2;\n  }\n}\n",
        ),
    ),
    (
        "a.ts",
        "interface S {\n  f(): number;\n}\n\nclass A implements S {\n  f(): number {\n    return 1;\n  }\n}\n",
        "f(): number {\n  return 2;\n}\n",
        Ok("interface S {\n  f(): number;\n}\n\nclass A implements S {\n  f(): number {\n    return 2;\n  }\n}\n"),
    ),
    (
        "A.java",
        "abstract class S {\n    abstract int f();\n}\n\nclass A extends S {\n    int f() {\n        return 1;\n    }\n}\n",
        "int f() {\n    return 2;\n}\n",
        Err((ComplaintKind::Ambiguous, &[2, 6])),
    ),
    (
        "A.java",
        "abstract class S {\n    abstract int f(int x);\n}\n\nclass A extends S {\n    int f() {\n        return 1;\n    }\n}\n",
        "int f() {\n    return 2;\n}\n",
        Ok(
            "abstract class S {\n    abstract int f(int x);\n}\n\nclass A extends S {\n    int f() {\n        return 2;\n    }\n}\n",
        ),
    ),
    (
        "A.java",
        "interface S {\n    int f();\n}\n\nclass A implements S {\n    public int f() {\n        return 1;\n    }\n}\n",
        "public int f() {\n    return 2;\n}\n",
        Ok(
            "interface S {\n    int f();\n}\n\nclass A implements S {\n    public int f() {\n        return 2;\n    }\n}\n",
        ),
    ),
    (
        "A.java",
        "interface S {\n    int f();\n}\n\nclass A implements S {\n    public int f() {\n        return 1;\n    }\n}\n",
        "default int f() {\n    return 2;\n}\n",
        Err((ComplaintKind::Ambiguous, &[2])),
    ),
    (
        "A.cs",
        "abstract class S\n{\n    public abstract int F();\n}\n\nclass A : S\n{\n    public override int F()\n    {\n        return 1;\n    }\n}\n",
        "public virtual int F()\n{\n    return 2;\n}\n",
        Err((ComplaintKind::Ambiguous, &[3, 8])),
    ),
    (
        "a.cpp",
        "struct S {\n    virtual int f() const = 0;\n};\n\nstruct A : S {\n    int f() const override { return 1; }\n};\n",
        "virtual int f() const { return 2; }\n",
        Err((ComplaintKind::Ambiguous, &[2, 6])),
    ),
    (
        "a.cpp",
        "struct S {\n    virtual int f() const = 0;\n};\n\nstruct A : S {\n    int f() const override { return 1; }\n};\n",
        "int f() const override { return 2; }\n",
        Ok(
            "struct S {\n    virtual int f() const = 0;\n};\n\nstruct A : S {\n    int f() const override { return 2; }\n};\n",
        ),
    ),
    (
        "a.cpp",
        "struct A {\n    int f() const;\n};\n\nint A::f() const {\n    return 1;\n}\n\nstruct B {\n    int f() const { return 2; }\n};\n",
        "int f() const {\n    return 3;\n}\n",
        Err((ComplaintKind::Ambiguous, &[2, 5, 10])),
    ),
    (
        "a.php",
        "<?php\nabstract class S {\n    abstract public function f();\n}\n\nclass A extends S {\n    public function f() {\n        return 1;\n    }\n}\n",
        "public function f() {\n    return 2;\n}\n",
        Err((ComplaintKind::Ambiguous, &[3, 7])),
    ),
    (
        "a.swift",
        "protocol S {\n    func f() -> Int\n}\n\nstruct A: S {\n    func f() -> Int {\n        return 1\n    }\n}\n",
        "func f() -> Int {\n    return 2\n}\n",
        Err((ComplaintKind::Ambiguous, &[2, 6])),
    ),
    (
        "a.c",
        "int f(int$0 x);\n\nint f(int x) {\n    return 1;\n}\n",
        "int f(int x) {\n    return 2;\n}\n",
        Ok("int f(int x);\n\nint f(int x) {\n    return 2;\n}\n"),
    ),
];

#[test]
fn what_another_type_declares_may_be_meant() {
    check_all(CASES);
}
