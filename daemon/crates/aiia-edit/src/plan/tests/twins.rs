//! Things that share a name and are told apart by what is around them or above them.

use super::namesakes::{Case, check_all};
use super::*;

const CASES: &[Case] = &[
    (
        "A.cs",
        "class R\n{\n    int x()\n    {\n        return 1;\n    }\n}\n",
        "class R<T>\n{\n    int x()\n    {\n        return 2;\n    }\n}\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.cpp",
        "int A::f(int x) {\n    return 1;\n}\n\nint B::g() {\n    return 2;\n}\n",
        "int B::f(int x) {\n    return 3;\n}\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.cpp",
        "int A::f(int x) {\n    return 1;\n}\n",
        "int f(int x) {\n    return 3;\n}\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.cpp",
        "namespace n {\n\nint A::f() {\n    return 1;\n}\n\nstruct B {\n    int f();\n};\n\n}\n",
        "int f() {\n    return 3;\n}\n",
        Err((ComplaintKind::NotFound, &[3, 8])),
    ),
    (
        "a.cpp",
        "namespace n {\n\nint A::f() {\n    $0return 1;\n}\n\nint B::f() {\n    return 2;\n}\n\n}\n",
        "int f() {\n    return 3;\n}\n",
        Err((ComplaintKind::NotFound, &[3, 7])),
    ),
    (
        "a.cpp",
        "namespace n {\n\nint A::f() {\n    return 1;\n}\n\nint B::f() {\n    return 2;\n}\n\n}\n",
        "int B::f() {\n    return 3;\n}\n",
        Ok("namespace n {\n\nint A::f() {\n    return 1;\n}\n\nint B::f() {\n    return 3;\n}\n\n}\n"),
    ),
    (
        "a.cpp",
        "template <>\nstruct hash<A> {\n    int x() {\n        return 1;\n    }\n};\n",
        "template <>\nstruct hash<B> {\n    int x() {\n        return 2;\n    }\n};\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.cpp",
        "template <>\nint conv<int>() {\n    return 1;\n}\n",
        "template <>\nint conv<double>() {\n    return 2;\n}\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.cpp",
        "struct A {\n    A() {\n        one();\n    }\n};\n",
        "struct A {\n    ~A() {\n        two();\n    }\n};\n",
        Ok("struct A {\n    A() {\n        one();\n    }\n\n    ~A() {\n        two();\n    }\n};\n"),
    ),
    (
        "a.c",
        "#ifdef W\nint x(int a) {\n    return 1;\n}\n#else\nint x(int a) {\n    return 2;\n}\n#endif\n",
        "int x(int a) {\n    return 3;\n}\n",
        Err((ComplaintKind::Ambiguous, &[2, 6])),
    ),
    (
        "a.js",
        "class A {\n  f() {\n    return 1;\n  }\n}\n",
        "class A {\n  static f() {\n    return 2;\n  }\n}\n",
        Ok("class A {\n  f() {\n    return 1;\n  }\n\n  static f() {\n    return 2;\n  }\n}\n"),
    ),
    (
        "a.js",
        "class A {\n  f() {\n    return 1;\n  }\n}\n",
        "static f() {\n  return 2;\n}\n",
        Err((ComplaintKind::NotFound, &[2])),
    ),
    (
        "a.js",
        "class A {\n  get f() {\n    return 1;\n  }\n}\n",
        "set f(x) {\n  return 2;\n}\n",
        Err((ComplaintKind::NotFound, &[2])),
    ),
    (
        "a.js",
        "A.prototype.f = function () {\n  return 1;\n};\n",
        "B.prototype.f = function () {\n  return 2;\n};\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.py",
        "from typing import overload\n\n\n@overload\ndef f(x: int) -> int: ...\n@overload\ndef f(x: str) -> str: ...\ndef f(x):\n    return x\n",
        "def f(x):\n    return x + x\n",
        Ok(
            "from typing import overload\n\n\n@overload\ndef f(x: int) -> int: ...\n@overload\ndef f(x: str) -> str: ...\ndef f(x):\n    return x + x\n",
        ),
    ),
    (
        "a.py",
        "from typing import overload\n\n\n@overload\ndef f(x: int) -> int: ...\n@overload\ndef f(x: str) -> str: ...\ndef f(x):\n    return x\n",
        "@overload\ndef f(x: bytes) -> bytes: ...\n",
        Err((ComplaintKind::Ambiguous, &[5, 7])),
    ),
    (
        "a.py",
        "def f(x):\n    return x\n",
        "@overload\ndef f(x: bytes) -> bytes: ...\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.py",
        "@f.register\ndef _(x: int):\n    return 1\n",
        "@f.register\ndef _(x: str):\n    return 2\n",
        Err((ComplaintKind::NotFound, &[2])),
    ),
    (
        "a.py",
        "@f.register(int)\ndef _(x):\n    return 1\n",
        "@f.register(str)\ndef _(x):\n    return 2\n",
        Err((ComplaintKind::NotFound, &[2])),
    ),
    (
        "a.py",
        "class A:\n    @property\n    def x(self):\n        return 1\n\n    @x.setter\n    def x(self, v):\n        self.v = v\n",
        "def x(self, v):\n    self.v = v + 1\n",
        Ok(
            "class A:\n    @property\n    def x(self):\n        return 1\n\n    @x.setter\n    def x(self, v):\n        self.v = v + 1\n",
        ),
    ),
    (
        "a.py",
        "class A:\n    x = property()\n    @x.setter\n    def x(self, v):\n        self.v = v\n",
        "@property\ndef x(self):\n    return 2\n",
        Err((ComplaintKind::NotFound, &[2, 4])),
    ),
    (
        "a.py",
        "if X:\n    def f():\n        return 1\nelse:\n    def f():\n        return 2\n",
        "def f():\n    return 3\n",
        Err((ComplaintKind::Ambiguous, &[2, 5])),
    ),
    (
        "a.py",
        "class A:\n    @staticmethod\n    def f(x):\n        return 1\n",
        "def f(x):\n    return 2\n",
        Ok("class A:\n    @staticmethod\n    def f(x):\n        return 2\n"),
    ),
    (
        "a.rs",
        "#[cfg(unix)]\nfn f() -> u8 {\n    1\n}\n",
        "#[cfg(windows)]\nfn f() -> u8 {\n    2\n}\n",
        Err((ComplaintKind::Ambiguous, &[2])),
    ),
    (
        "a.rs",
        "#[cfg(unix)]\nfn f() -> u8 {\n    1\n}\n\n#[cfg(windows)]\nfn f() -> u8 {\n    2\n}\n",
        "#[cfg(windows)]\nfn f() -> u8 {\n    3\n}\n",
        Ok("#[cfg(unix)]\nfn f() -> u8 {\n    1\n}\n\n#[cfg(windows)]\nfn f() -> u8 {\n    3\n}\n"),
    ),
    (
        "a.rs",
        "#[cfg(unix)]\nfn f() -> u8 {\n    1\n}\n\n#[cfg(windows)]\nfn f() -> u8 {\n    2\n}\n",
        "fn f() -> u8 {\n    3\n}\n",
        Err((ComplaintKind::Ambiguous, &[2, 7])),
    ),
    (
        "a.rs",
        "#[cfg(unix)]\nfn f() -> u8 {\n    1\n}\n",
        "fn f() -> u8 {\n    3\n}\n",
        Ok("#[cfg(unix)]\nfn f() -> u8 {\n    3\n}\n"),
    ),
    (
        "a.rs",
        "#[cfg(unix)]\nimpl A {\n    fn f() -> u8 {\n        1\n    }\n}\n",
        "#[cfg(windows)]\nimpl A {\n    fn f() -> u8 {\n        2\n    }\n}\n",
        Err((ComplaintKind::Ambiguous, &[2])),
    ),
    (
        "a.rs",
        "#[cfg(unix)]\nmod a {\n    fn f() -> u8 {\n        1\n    }\n}\n",
        "#[cfg(windows)]\nmod a {\n    fn f() -> u8 {\n        2\n    }\n}\n",
        Err((ComplaintKind::Ambiguous, &[2])),
    ),
    (
        "a.rs",
        "impl A {\n    fn new() -> Self {\n        one()\n    }\n}\n\nimpl B {\n    fn new() -> Self {\n        two()\n    }\n}\n",
        "fn new() -> Self {\n    three()\n}\n",
        Err((ComplaintKind::Ambiguous, &[2, 8])),
    ),
    (
        "a.rs",
        "trait T {\n    fn f(&self) -> u8 {\n        1\n    }\n}\n",
        "impl T for A {\n    fn f(&self) -> u8 {\n        2\n    }\n}\n",
        Err((ComplaintKind::NotFound, &[1, 2])),
    ),
    (
        "a.rs",
        "macro_rules! f {\n    () => { 1 };\n}\n",
        "fn f() -> u8 {\n    2\n}\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.go",
        "package a\n\ntype A struct{}\n\nfunc (a *A) F() int {\n\treturn 1\n}\n\nfunc G() int {\n\treturn 2\n}\n",
        "func (b *B) F() int {\n\treturn 3\n}\n\nfunc G() int {\n\treturn 4\n}\n",
        Ok(
            "package a\n\ntype A struct{}\n\nfunc (a *A) F() int {\n\treturn 1\n}\n\nfunc (b *B) F() int {\n\treturn 3\n}\n\nfunc G() int {\n\treturn 4\n}\n",
        ),
    ),
    (
        "a.go",
        "package a\n\nfunc (a *A[T]) F() int {\n\treturn 1\n}\n",
        "func (a *B[T]) F() int {\n\treturn 3\n}\n",
        Err((ComplaintKind::NotFound, &[3])),
    ),
    (
        "a.php",
        "<?php\nclass A {\n    function f() {\n        return 1;\n    }\n}\nfunction g() {\n    return 2;\n}\n",
        "function f() {\n    return 3;\n}\nfunction g() {\n    return 4;\n}\n",
        Err((ComplaintKind::Ambiguous, &[3])),
    ),
    (
        "a.php",
        "<?php\nclass A {\n    function f() {\n        return 1;\n    }\n}\nfunction g() {\n    return 2;\n}\n",
        "<?php\nfunction f() {\n    return 3;\n}\nfunction g() {\n    return 4;\n}\n",
        Err((ComplaintKind::Ambiguous, &[3])),
    ),
    (
        "a.lua",
        "function A.f()\n  return 1\nend\n",
        "function B.f()\n  return 2\nend\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.lua",
        "function A:f()\n  return 1\nend\n",
        "function B:f()\n  return 2\nend\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.lua",
        "function A.f()\n  return 1\nend\n",
        "local function f()\n  return 2\nend\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.lua",
        "local function f()\n  return 1\nend\n",
        "function A.f()\n  return 2\nend\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.lua",
        "A.f = function()\n  return 1\nend\n",
        "B.f = function()\n  return 2\nend\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.swift",
        "struct A {\n    func f(x: Int) -> Int {\n        return 1\n    }\n\n    func g() -> Int {\n        return 2\n    }\n}\n",
        "static func f(x: Int) -> Int {\n    return 3\n}\n",
        Err((ComplaintKind::NotFound, &[2])),
    ),
    (
        "a.swift",
        "extension A: P {\n    func f() -> Int {\n        return 1\n    }\n}\n",
        "extension A: Q {\n    func f() -> Int {\n        return 2\n    }\n}\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.swift",
        "extension Array where Element == Int {\n    func f() -> Int {\n        return 1\n    }\n}\n",
        "extension Array where Element == String {\n    func f() -> Int {\n        return 2\n    }\n}\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    ("a.toml", "[package]\nversion = \"1\"\n\n[x]\ny = 1\n", "version = \"2\"\n", Err((ComplaintKind::NotFound, &[2]))),
    ("a.toml", "[[bin]]\nname = \"a\"\n", "[[bin]]\nname = \"b\"\n", Err((ComplaintKind::Ambiguous, &[1]))),
    (
        "a.md",
        "# A\n\n## Usage\n\nOne.\n\n# B\n\nTwo.\n",
        "# B\n\n## Usage\n\nThree.\n",
        Ok("# A\n\n## Usage\n\nOne.\n\n# B\n\n## Usage\n\nThree.\n"),
    ),
    (
        "a.css",
        "@media print {\n  .a {\n    color: red;\n  }\n}\n",
        ".a {\n  color: blue;\n}\n",
        Err((ComplaintKind::NotFound, &[2])),
    ),
    (
        "a.css",
        ".a {\n  color: green;\n}\n@media print {\n  .a {\n    color: red;\n  }\n}\n",
        "@media print {\n  .a {\n    color: blue;\n  }\n}\n",
        Ok(".a {\n  color: green;\n}\n@media print {\n  .a {\n    color: blue;\n  }\n}\n"),
    ),
    (
        "a.sh",
        "f() {\n  echo 1\n}\n\nif x; then\n  g() {\n    echo 2\n  }\nelse\n  g() {\n    echo 3\n  }\nfi\n",
        "g() {\n  echo 4\n}\n",
        Err((ComplaintKind::Ambiguous, &[6, 10])),
    ),
    (
        "a.tsx",
        "function A() {\n  const h = () => {\n    return 1;\n  };\n  return <b/>;\n}\n\nfunction B() {\n  return <i/>;\n}\n",
        "const h = () => {\n  return 2;\n};\n\nfunction B() {\n  return <u/>;\n}\n",
        Ok(
            "function A() {\n  const h = () => {\n    return 1;\n  };\n  return <b/>;\n}\n\nconst h = () => {\n  return 2;\n};\n\nfunction B() {\n  return <u/>;\n}\n",
        ),
    ),
    (
        "a.php",
        "<?php\nclass A {\n    public function f() {\n        return 1;\n    }\n}\n",
        "public function f() {\n    return 3;\n}\n",
        Ok("<?php\nclass A {\n    public function f() {\n        return 3;\n    }\n}\n"),
    ),
    (
        "a.php",
        "<?php\n\nfunction f() {\n    return 1;\n}\n",
        "function f() {\n    return 3;\n}\n",
        Ok("<?php\n\nfunction f() {\n    return 3;\n}\n"),
    ),
    (
        "a.rs",
        "impl<T> A<T> {\n    fn f(&self) -> T {\n        one()\n    }\n}\n",
        "impl A<u8> {\n    fn f(&self) -> u8 {\n        two()\n    }\n}\n",
        Err((ComplaintKind::NotFound, &[1])),
    ),
    (
        "a.rs",
        "#[cfg_attr(test, allow(x))]\nfn f() {\n    one()\n}\n",
        "#[cfg_attr(test, allow(y))]\nfn f() {\n    two()\n}\n",
        Ok("#[cfg_attr(test, allow(y))]\nfn f() {\n    two()\n}\n"),
    ),
    (
        "a.tsx",
        "export const A = () => {\n  const h = () => {\n    return 1;\n  };\n  return <b onClick={h}/>;\n};\n",
        "export const A = () => {\n  return <b/>;\n};\n",
        Ok("export const A = () => {\n  return <b/>;\n};\n"),
    ),
];

#[test]
fn what_only_shares_a_name_is_not_overwritten() {
    check_all(CASES);
}
