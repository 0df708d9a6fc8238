//! Functions that share a name and differ in what they take: a reply with the one is not one with the other.

use super::namesakes::{Case, check_all};
use super::*;

const CASES: &[Case] = &[
    (
        "A.java",
        "class A {\n    int f(int x) {\n        return x + 1;\n    }\n\n    int g() {\n        return 0;\n    }\n}\n",
        "int f(String s) {\n    return s.length();\n}\n",
        Err((ComplaintKind::Ambiguous, &[2])),
    ),
    (
        "A.java",
        "class A {\n    int f(int x) {\n        return x + 1;\n    }\n\n    int g() {\n        return 0;\n    }\n}\n",
        "int f(final int y) {\n    return y + 2;\n}\n",
        Ok(
            "class A {\n    int f(final int y) {\n        return y + 2;\n    }\n\n    int g() {\n        return 0;\n    }\n}\n",
        ),
    ),
    (
        "A.java",
        "class A {\n    int f(int x) {\n        return x + 1;\n    }\n\n    int g() {\n        return 0;\n    }\n}\n",
        "class A {\n    int f(String s) {\n        return s.length();\n    }\n}\n",
        Err((ComplaintKind::Ambiguous, &[2])),
    ),
    (
        "A.java",
        "class A {\n    int f(int x) {\n        return x + 1;\n    }\n\n    int g() {\n        return 0;\n    }\n}\n",
        "class A {\n    int f(String s) {\n        return s.length();\n    }\n\n    int g() {\n        return 0;\n    }\n}\n",
        Err((ComplaintKind::Ambiguous, &[2])),
    ),
    (
        "A.java",
        "class A {\n    int f(int x) {\n        return x + 1;\n    }\n\n    int g() {\n        return 0;\n    }\n}\n",
        "int f(String s) {\n    return s.length();\n}\n\nint g() {\n    return 2;\n}\n",
        Err((ComplaintKind::Ambiguous, &[2])),
    ),
    (
        "A.java",
        "class A {\n    int f(int x) {\n        return x + 1;\n    }\n\n    int g() {\n        return 0;\n    }\n}\n",
        "int f(int x) {\n    return x + 3;\n}\n\nint f(String s) {\n    return s.length();\n}\n",
        Ok(
            "class A {\n    int f(int x) {\n        return x + 3;\n    }\n\n    int f(String s) {\n        return s.length();\n    }\n\n    int g() {\n        return 0;\n    }\n}\n",
        ),
    ),
    (
        "A.java",
        "class A {\n    int f(int x) {\n        return x + 1;\n    }\n\n    int f(String s) {\n        return 7;\n    }\n}\n",
        "int f(String t) {\n    return 8;\n}\n",
        Ok(
            "class A {\n    int f(int x) {\n        return x + 1;\n    }\n\n    int f(String t) {\n        return 8;\n    }\n}\n",
        ),
    ),
    (
        "A.java",
        "class A {\n    int f(int x) {\n        return x + 1;\n    }\n\n    int f(String s) {\n        return 7;\n    }\n}\n",
        "int f(long t) {\n    return 8;\n}\n",
        Err((ComplaintKind::Ambiguous, &[2, 6])),
    ),
    (
        "A.java",
        "class A {\n    int f(int x) {\n        return x $0+ 1;\n    }\n\n    int f(String s) {\n        return 7;\n    }\n}\n",
        "int f(String t) {\n    return 8;\n}\n",
        Ok(
            "class A {\n    int f(int x) {\n        return x + 1;\n    }\n\n    int f(String t) {\n        return 8;\n    }\n}\n",
        ),
    ),
    (
        "A.java",
        "class A {\n    int f(Map<String, List<Integer>> x, int... y) {\n        return 1;\n    }\n}\n",
        "int f(@Nonnull java.util.Map<String,List<Integer>> z, int... w) {\n    return 2;\n}\n",
        Ok(
            "class A {\n    int f(@Nonnull java.util.Map<String,List<Integer>> z, int... w) {\n        return 2;\n    }\n}\n",
        ),
    ),
    (
        "A.cs",
        "namespace N\n{\n    class A\n    {\n        public int F(int x)\n        {\n            return x + 1;\n        }\n\n        public int G()\n        {\n            return 0;\n        }\n    }\n}\n",
        "public int F(string s)\n{\n    return s.Length;\n}\n",
        Err((ComplaintKind::Ambiguous, &[5])),
    ),
    (
        "A.cs",
        "namespace N\n{\n    class A\n    {\n        public int F(int x)\n        {\n            return x + 1;\n        }\n\n        public int G()\n        {\n            return 0;\n        }\n    }\n}\n",
        "public int F(ref int x)\n{\n    return 5;\n}\n",
        Err((ComplaintKind::Ambiguous, &[5])),
    ),
    (
        "A.cs",
        "class R\n{\n    int x(int a)\n    {\n        return 1;\n    }\n}\n",
        "int x<T>(int a)\n{\n    return 2;\n}\n",
        Err((ComplaintKind::Ambiguous, &[3])),
    ),
    (
        "A.cs",
        "class R\n{\n    public int this[int a]\n    {\n        get { return one; }\n    }\n}\n",
        "class R\n{\n    public int this[string a]\n    {\n        get { return two; }\n    }\n}\n",
        Err((ComplaintKind::Ambiguous, &[3])),
    ),
    (
        "A.cs",
        "class R\n{\n    public R()\n    {\n        one();\n    }\n}\n",
        "~R()\n{\n    two();\n}\n",
        Err((ComplaintKind::NotFound, &[1, 3])),
    ),
    (
        "a.cpp",
        "int f(int x) {\n    return x + 1;\n}\n\nint g() {\n    return 0;\n}\n",
        "int f(const std::string& s) {\n    return 5;\n}\n",
        Err((ComplaintKind::Ambiguous, &[1])),
    ),
    (
        "a.cpp",
        "int f(int x) {\n    return x + 1;\n}\n\nint g() {\n    return 0;\n}\n",
        "int f(const std::string& s) {\n    return 5;\n}\n\nint g() {\n    return 3;\n}\n",
        Err((ComplaintKind::Ambiguous, &[1])),
    ),
    (
        "a.cpp",
        "int f(int x) {\n    return x + 1;\n}\n\nint g() {\n    return 0;\n}\n",
        "int f(int y) {\n    return 5;\n}\n",
        Ok("int f(int y) {\n    return 5;\n}\n\nint g() {\n    return 0;\n}\n"),
    ),
    (
        "a.cpp",
        "struct A {\n    int& at(int i) {\n        return one;\n    }\n};\n",
        "const int& at(int i) const {\n    return two;\n}\n",
        Err((ComplaintKind::Ambiguous, &[2])),
    ),
    (
        "a.cpp",
        "A operator+(A a, A b) {\n    return one;\n}\n",
        "A operator+(A a, B b) {\n    return two;\n}\n",
        Err((ComplaintKind::Ambiguous, &[1])),
    ),
    (
        "a.cpp",
        "struct A {\n    int x(int a);\n};\n\nint A::x(int a) {\n    return 1;\n}\n",
        "int A::x(int a) {\n    return 2;\n}\n",
        Ok("struct A {\n    int x(int a);\n};\n\nint A::x(int a) {\n    return 2;\n}\n"),
    ),
    (
        "a.cpp",
        "int x(int a);\n\nint x(int a) {\n    return 1;\n}\n",
        "int x(int a) {\n    return 2;\n}\n",
        Ok("int x(int a);\n\nint x(int a) {\n    return 2;\n}\n"),
    ),
    (
        "a.c",
        "int x(int a);\n\nint x(int a) {\n    return 1;\n}\n",
        "int x(int a) {\n    return 2;\n}\n",
        Ok("int x(int a);\n\nint x(int a) {\n    return 2;\n}\n"),
    ),
    (
        "a.ts",
        "export function f(x: string): string;\nexport function f(x: number): number;\nexport function f(x: any): any {\n  return x + 1;\n}\n",
        "export function f(x: any): any {\n  return x + 2;\n}\n",
        Ok(
            "export function f(x: string): string;\nexport function f(x: number): number;\nexport function f(x: any): any {\n  return x + 2;\n}\n",
        ),
    ),
    (
        "a.ts",
        "export function f(x: string): string;\nexport function f(x: number): number;\nexport function f(x: any): any {\n  return x + 1;\n}\n",
        "export function f(x: boolean): boolean;\n",
        Err((ComplaintKind::Ambiguous, &[1, 2])),
    ),
    (
        "a.ts",
        "export function f(x: any): any {\n  return x + 1;\n}\n",
        "export function f(x: boolean): boolean;\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.ts",
        "export function f(x: string): string;\nexport function f(x: number): number;\nexport function f(x: any): any {\n  return x + 1;\n}\n",
        "export function f(x: string): string;\nexport function f(x: number): number;\nexport function f(x: any): any {\n  return x + 2;\n}\n",
        Ok(
            "export function f(x: string): string;\nexport function f(x: number): number;\nexport function f(x: any): any {\n  return x + 2;\n}\n",
        ),
    ),
    (
        "a.ts",
        "class A {\n  f(x: string): string;\n  f(x: number): number;\n  f(x: any): any {\n    return x + 1;\n  }\n}\n",
        "class A {\n  f(x: any): any {\n    return x + 2;\n  }\n}\n",
        Ok(
            "class A {\n  f(x: string): string;\n  f(x: number): number;\n  f(x: any): any {\n    return x + 2;\n  }\n}\n",
        ),
    ),
    (
        "a.ts",
        "abstract class A {\n  abstract f(): void;\n}\nclass B extends A {\n  f() {\n    return 1;\n  }\n}\n",
        "class B extends A {\n  f() {\n    return 2;\n  }\n}\n",
        Ok("abstract class A {\n  abstract f(): void;\n}\nclass B extends A {\n  f() {\n    return 2;\n  }\n}\n"),
    ),
    (
        "a.swift",
        "struct A {\n    func f(x: Int) -> Int {\n        return 1\n    }\n\n    func g() -> Int {\n        return 2\n    }\n}\n",
        "func f(x: String) -> Int {\n    return 3\n}\n",
        Err((ComplaintKind::Ambiguous, &[2])),
    ),
    (
        "a.swift",
        "struct A {\n    func f(x: Int) -> Int {\n        return 1\n    }\n\n    func g() -> Int {\n        return 2\n    }\n}\n",
        "func f(y: Int) -> Int {\n    return 3\n}\n",
        Err((ComplaintKind::Ambiguous, &[2])),
    ),
    (
        "a.swift",
        "struct A {\n    func f(x: Int) -> Int {\n        return 1\n    }\n\n    func g() -> Int {\n        return 2\n    }\n}\n",
        "func f(x z: Int) -> Int {\n    return 3\n}\n",
        Ok(
            "struct A {\n    func f(x z: Int) -> Int {\n        return 3\n    }\n\n    func g() -> Int {\n        return 2\n    }\n}\n",
        ),
    ),
    (
        "a.swift",
        "struct A {\n    init(x: Int) {\n        one()\n    }\n}\n",
        "init(y: Int) {\n    two()\n}\n",
        Err((ComplaintKind::Ambiguous, &[2])),
    ),
    (
        "a.swift",
        "protocol A {\n    func f() -> Int\n    func g() -> Int\n}\n",
        "protocol A {\n    func f() -> String\n}\n",
        Ok("protocol A {\n    func f() -> String\n    func g() -> Int\n}\n"),
    ),
    (
        "a.swift",
        "struct A {\n    subscript(i: Int) -> Int {\n        return 1\n    }\n}\n",
        "struct A {\n    subscript(i: String) -> Int {\n        return 2\n    }\n}\n",
        Err((ComplaintKind::Ambiguous, &[2])),
    ),
    (
        "A.java",
        "class A {\n    int f(int x) {\n        return x $0+ 1;\n    }\n\n    int g() {\n        return 0;\n    }\n}\n",
        "int f(String s) {\n    return s.length();\n}\n",
        Ok(
            "class A {\n    int f(String s) {\n        return s.length();\n    }\n\n    int g() {\n        return 0;\n    }\n}\n",
        ),
    ),
    (
        "A.java",
        "class$0 A {\n    int f(int x) {\n        return x + 1;\n    }\n\n    int g() {\n        return 0;\n    }\n}\n",
        "class A {\n    int f(String s) {\n        return s.length();\n    }\n\n    int g() {\n        return 0;\n    }\n}\n",
        Ok(
            "class A {\n    int f(String s) {\n        return s.length();\n    }\n\n    int g() {\n        return 0;\n    }\n}\n",
        ),
    ),
    (
        "A.java",
        "class A {\n    int f(int x) {\n        return x + 1;\n    }\n\n    int g() {\n        return $00;\n    }\n}\n",
        "int f(String s) {\n    return s.length();\n}\n\nint g() {\n    return 2;\n}\n",
        Err((ComplaintKind::Ambiguous, &[2])),
    ),
    (
        "a.cpp",
        "template <typename T>\nT f(T x) {\n    return x;\n}\n",
        "template <typename U>\nU f(U y) {\n    return y + y;\n}\n",
        Err((ComplaintKind::Ambiguous, &[1])),
    ),
    (
        "a.cpp",
        "struct A {\n    int f(int x) {\n        return 1;\n    }\n};\n",
        "int A::f(int x) {\n    return 2;\n}\n",
        Err((ComplaintKind::SyntaxErrors, &[2])),
    ),
    (
        "a.cpp",
        "struct A {\n    int& at(int i) {\n        return one;\n    }\n\n    const int& at(int i) const {\n        return two;\n    }\n};\n",
        "const int& at(int i) const {\n    return three;\n}\n",
        Ok(
            "struct A {\n    int& at(int i) {\n        return one;\n    }\n\n    const int& at(int i) const {\n        return three;\n    }\n};\n",
        ),
    ),
    (
        "a.ts",
        "const A = {\n  f: () => {\n    return 1;\n  },\n  g: () => {\n    return 2;\n  },\n};\n",
        "const A = {\n  f: () => {\n    return 3;\n  },\n};\n",
        Err((ComplaintKind::Vanished, &[])),
    ),
];

#[test]
fn of_several_forms_the_one_that_takes_the_same_is_meant() {
    check_all(CASES);
}
