//! Types, sections and modules of which a reply gives a part: the rest stays, or the reply is refused.

use super::namesakes::{Case, check_all};
use super::*;

const CASES: &[Case] = &[
    (
        "A.java",
        "class A {\n    class In {\n        void x() {\n            one();\n        }\n\n        void y() {\n            two();\n        }\n    }\n}\n",
        "class A {\n    class In {\n        void x() {\n            three();\n        }\n    }\n}\n",
        Ok(
            "class A {\n    class In {\n        void x() {\n            three();\n        }\n\n        void y() {\n            two();\n        }\n    }\n}\n",
        ),
    ),
    (
        "A.java",
        "class A {\n    int z() {\n        return 1;\n    }\n    class In {\n        void x() {\n            one();\n        }\n\n        void y() {\n            two();\n        }\n    }\n}\n",
        "class A {\n    class In {\n        void x() {\n            three();\n        }\n    }\n}\n",
        Ok(
            "class A {\n    int z() {\n        return 1;\n    }\n    class In {\n        void x() {\n            three();\n        }\n\n        void y() {\n            two();\n        }\n    }\n}\n",
        ),
    ),
    (
        "E.java",
        "enum E {\n    A, B;\n\n    int x() {\n        return 1;\n    }\n\n    int y() {\n        return 2;\n    }\n}\n",
        "enum E {\n    A, B;\n\n    int x() {\n        return 3;\n    }\n}\n",
        Ok(
            "enum E {\n    A, B;\n\n    int x() {\n        return 3;\n    }\n\n    int y() {\n        return 2;\n    }\n}\n",
        ),
    ),
    (
        "E.java",
        "interface E {\n    int x();\n\n    int y();\n}\n",
        "interface E {\n    int x();\n\n    int z();\n}\n",
        Ok("interface E {\n    int x();\n\n    int z();\n\n    int y();\n}\n"),
    ),
    (
        "E.java",
        "record E(int a) {\n    int x() {\n        return 1;\n    }\n\n    int y() {\n        return 2;\n    }\n}\n",
        "record E(int a) {\n    int x() {\n        return 3;\n    }\n}\n",
        Ok(
            "record E(int a) {\n    int x() {\n        return 3;\n    }\n\n    int y() {\n        return 2;\n    }\n}\n",
        ),
    ),
    (
        "A.cs",
        "namespace N\n{\n    class A\n    {\n        public int F(int x)\n        {\n            return x + 1;\n        }\n\n        public int G()\n        {\n            return 0;\n        }\n    }\n}\n",
        "namespace N\n{\n    class A\n    {\n        public int G()\n        {\n            return 5;\n        }\n    }\n}\n",
        Ok(
            "namespace N\n{\n    class A\n    {\n        public int F(int x)\n        {\n            return x + 1;\n        }\n\n        public int G()\n        {\n            return 5;\n        }\n    }\n}\n",
        ),
    ),
    (
        "A.cs",
        "class R : I, J\n{\n    int I.X()\n    {\n        return 1;\n    }\n}\n",
        "class R : I, J\n{\n    int J.X()\n    {\n        return 2;\n    }\n}\n",
        Ok(
            "class R : I, J\n{\n    int I.X()\n    {\n        return 1;\n    }\n\n    int J.X()\n    {\n        return 2;\n    }\n}\n",
        ),
    ),
    (
        "A.cs",
        "class R\n{\n    public static implicit operator int(R a)\n    {\n        return one;\n    }\n}\n",
        "class R\n{\n    public static implicit operator string(R a)\n    {\n        return two;\n    }\n}\n",
        Ok(
            "class R\n{\n    public static implicit operator int(R a)\n    {\n        return one;\n    }\n\n    public static implicit operator string(R a)\n    {\n        return two;\n    }\n}\n",
        ),
    ),
    (
        "A.cs",
        "struct R\n{\n    int X()\n    {\n        return one;\n    }\n\n    int Y()\n    {\n        return two;\n    }\n}\n",
        "struct R\n{\n    int X()\n    {\n        return three;\n    }\n}\n",
        Ok(
            "struct R\n{\n    int X()\n    {\n        return three;\n    }\n\n    int Y()\n    {\n        return two;\n    }\n}\n",
        ),
    ),
    (
        "A.cs",
        "interface R\n{\n    int X();\n\n    int Y();\n}\n",
        "interface R\n{\n    int X();\n\n    int Z();\n}\n",
        Ok("interface R\n{\n    int X();\n\n    int Z();\n\n    int Y();\n}\n"),
    ),
    (
        "A.cs",
        "partial class R\n{\n    int X()\n    {\n        return one;\n    }\n}\n\npartial class R\n{\n    int Y()\n    {\n        return two;\n    }\n}\n",
        "partial class R\n{\n    int Y()\n    {\n        return three;\n    }\n}\n",
        Ok(
            "partial class R\n{\n    int X()\n    {\n        return one;\n    }\n}\n\npartial class R\n{\n    int Y()\n    {\n        return three;\n    }\n}\n",
        ),
    ),
    (
        "a.cpp",
        "struct A {\n    int x() {\n        return 1;\n    }\n\n    int y() {\n        return 2;\n    }\n};\n",
        "struct A {\n    int x() {\n        return 3;\n    }\n};\n",
        Ok("struct A {\n    int x() {\n        return 3;\n    }\n\n    int y() {\n        return 2;\n    }\n};\n"),
    ),
    (
        "a.cpp",
        "namespace n {\n\nint x() {\n    return 1;\n}\n\nint y() {\n    return 2;\n}\n\n}\n",
        "namespace n {\n\nint x() {\n    return 3;\n}\n\n}\n",
        Ok("namespace n {\n\nint x() {\n    return 3;\n}\n\nint y() {\n    return 2;\n}\n\n}\n"),
    ),
    (
        "a.cpp",
        "namespace n {\n\nint x() {\n    return 1;\n}\n\n}\nint z() {\n    return 4;\n}\n",
        "namespace m {\nint x() {\n    return 3;\n}\n}\nint z() {\n    return 5;\n}\n",
        Ok(
            "namespace n {\n\nint x() {\n    return 1;\n}\n\n}\nnamespace m {\nint x() {\n    return 3;\n}\n}\n\nint z() {\n    return 5;\n}\n",
        ),
    ),
    (
        "a.ts",
        "interface A {\n  x(): number;\n  y(): number;\n}\n",
        "interface A {\n  x(): string;\n}\n",
        Ok("interface A {\n  x(): string;\n  y(): number;\n}\n"),
    ),
    (
        "a.ts",
        "namespace A {\n  export function x() {\n    return 1;\n  }\n  export function y() {\n    return 2;\n  }\n}\n",
        "namespace A {\n  export function x() {\n    return 3;\n  }\n}\n",
        Ok(
            "namespace A {\n  export function x() {\n    return 3;\n  }\n  export function y() {\n    return 2;\n  }\n}\n",
        ),
    ),
    (
        "a.js",
        "const A = {\n  get f() {\n    return 1;\n  },\n};\n",
        "const A = {\n  set f(x) {\n    this.x = 2;\n  },\n};\n",
        Err((ComplaintKind::Vanished, &[])),
    ),
    (
        "a.js",
        "const A = {\n  f() {\n    return 1;\n  },\n};\nconst B = {};\n",
        "const B = {\n  f() {\n    return 2;\n  },\n};\n",
        Ok("const A = {\n  f() {\n    return 1;\n  },\n};\nconst B = {\n  f() {\n    return 2;\n  },\n};\n"),
    ),
    (
        "a.py",
        "class A:\n    @property\n    def x(self):\n        return 1\n\n    @x.setter\n    def x(self, v):\n        self.v = v\n",
        "class A:\n    @property\n    def x(self):\n        return 2\n",
        Ok(
            "class A:\n    @property\n    def x(self):\n        return 2\n\n    @x.setter\n    def x(self, v):\n        self.v = v\n",
        ),
    ),
    (
        "a.py",
        "class A:\n    class Meta:\n        x = 1\n\n        def f(self):\n            return 1\n\n        def g(self):\n            return 2\n",
        "class A:\n    class Meta:\n        x = 1\n\n        def f(self):\n            return 3\n",
        Ok(
            "class A:\n    class Meta:\n        x = 1\n\n        def f(self):\n            return 3\n\n        def g(self):\n            return 2\n",
        ),
    ),
    (
        "a.rs",
        "mod a {\n    fn f() -> u8 {\n        1\n    }\n}\n\nmod b {\n    fn g() {}\n}\n",
        "mod b {\n    fn f() -> u8 {\n        2\n    }\n}\n",
        Ok(
            "mod a {\n    fn f() -> u8 {\n        1\n    }\n}\n\nmod b {\n    fn g() {}\n\n    fn f() -> u8 {\n        2\n    }\n}\n",
        ),
    ),
    (
        "a.rs",
        "mod a {\n    struct S;\n    impl S {\n        fn f() -> u8 {\n            1\n        }\n        fn g() -> u8 {\n            2\n        }\n    }\n}\n",
        "mod a {\n    impl S {\n        fn f() -> u8 {\n            3\n        }\n    }\n}\n",
        Ok(
            "mod a {\n    struct S;\n    impl S {\n        fn f() -> u8 {\n            3\n        }\n        fn g() -> u8 {\n            2\n        }\n    }\n}\n",
        ),
    ),
    (
        "a.rs",
        "mod a {\n    impl S {\n        fn f() -> u8 {\n            1\n        }\n        fn g() -> u8 {\n            2\n        }\n    }\n}\n",
        "mod a {\n    impl S {\n        fn f() -> u8 {\n            3\n        }\n    }\n}\n",
        Ok(
            "mod a {\n    impl S {\n        fn f() -> u8 {\n            3\n        }\n        fn g() -> u8 {\n            2\n        }\n    }\n}\n",
        ),
    ),
    (
        "a.rs",
        "impl A {\n    fn new() -> Self {\n        one()\n    }\n}\n\nimpl B {\n    fn x() {}\n}\n",
        "impl B {\n    fn new() -> Self {\n        three()\n    }\n}\n",
        Ok(
            "impl A {\n    fn new() -> Self {\n        one()\n    }\n}\n\nimpl B {\n    fn x() {}\n\n    fn new() -> Self {\n        three()\n    }\n}\n",
        ),
    ),
    (
        "a.rs",
        "fn a() {\n    fn h() -> u8 {\n        1\n    }\n}\n\nfn b() {\n    2\n}\n",
        "fn b() {\n    fn h() -> u8 {\n        3\n    }\n    h()\n}\n",
        Ok(
            "fn a() {\n    fn h() -> u8 {\n        1\n    }\n}\n\nfn b() {\n    fn h() -> u8 {\n        3\n    }\n    h()\n}\n",
        ),
    ),
    (
        "a.go",
        "package a\n\ntype I interface {\n\tF() int\n\tG() int\n}\n",
        "type I interface {\n\tF() string\n}\n",
        Ok("package a\n\ntype I interface {\n\tF() string\n\tG() int\n}\n"),
    ),
    (
        "a.rb",
        "class A\n  def f\n    1\n  end\nend\n\nclass A\n  def g\n    2\n  end\nend\n",
        "class A\n  def g\n    3\n  end\nend\n",
        Ok("class A\n  def f\n    1\n  end\nend\n\nclass A\n  def g\n    3\n  end\nend\n"),
    ),
    (
        "a.rb",
        "class A\n  def f\n    1\n  end\nend\n\nclass A\n  def g\n    2\n  end\nend\n",
        "class A\n  def h\n    3\n  end\nend\n",
        Err((ComplaintKind::Ambiguous, &[1, 7])),
    ),
    (
        "a.rb",
        "class A\n  def f\n    1\n  end\nend\n",
        "class A\n  def self.f\n    2\n  end\nend\n",
        Ok("class A\n  def f\n    1\n  end\n\n  def self.f\n    2\n  end\nend\n"),
    ),
    ("a.rb", "class A\n  def f\n    1\n  end\nend\n", "def self.f\n  2\nend\n", Err((ComplaintKind::NotFound, &[2]))),
    (
        "a.rb",
        "module M\n  class A\n    def f\n      1\n    end\n    def g\n      2\n    end\n  end\nend\n",
        "module M\n  class A\n    def f\n      3\n    end\n  end\nend\n",
        Ok("module M\n  class A\n    def f\n      3\n    end\n    def g\n      2\n    end\n  end\nend\n"),
    ),
    (
        "a.rb",
        "class A\n  class << self\n    def f\n      1\n    end\n  end\n  def g\n  end\nend\n",
        "class A\n  def f\n    2\n  end\nend\n",
        Ok(
            "class A\n  class << self\n    def f\n      1\n    end\n  end\n  def g\n  end\n\n  def f\n    2\n  end\nend\n",
        ),
    ),
    (
        "a.php",
        "<?php\ntrait A {\n    function f() {\n        return 1;\n    }\n    function g() {\n        return 2;\n    }\n}\n",
        "<?php\ntrait A {\n    function f() {\n        return 3;\n    }\n}\n",
        Ok(
            "<?php\ntrait A {\n    function f() {\n        return 3;\n    }\n    function g() {\n        return 2;\n    }\n}\n",
        ),
    ),
    (
        "a.php",
        "<?php\nnamespace A {\n    function f() {\n        return 1;\n    }\n}\nnamespace B {\n    function g() {\n        return 2;\n    }\n}\n",
        "<?php\nnamespace B {\n    function f() {\n        return 3;\n    }\n}\n",
        Ok(
            "<?php\nnamespace A {\n    function f() {\n        return 1;\n    }\n}\nnamespace B {\n    function g() {\n        return 2;\n    }\n\n    function f() {\n        return 3;\n    }\n}\n",
        ),
    ),
    (
        "a.swift",
        "struct A {\n    func f(x: Int) -> Int {\n        return 1\n    }\n\n    func g() -> Int {\n        return 2\n    }\n}\n",
        "struct A {\n    func g() -> Int {\n        return 3\n    }\n}\n",
        Ok(
            "struct A {\n    func f(x: Int) -> Int {\n        return 1\n    }\n\n    func g() -> Int {\n        return 3\n    }\n}\n",
        ),
    ),
    (
        "a.swift",
        "enum A {\n    case x\n    func f() -> Int {\n        return 1\n    }\n    func g() -> Int {\n        return 2\n    }\n}\n",
        "enum A {\n    case x\n    func f() -> Int {\n        return 3\n    }\n}\n",
        Ok(
            "enum A {\n    case x\n    func f() -> Int {\n        return 3\n    }\n    func g() -> Int {\n        return 2\n    }\n}\n",
        ),
    ),
    (
        "a.json",
        "{\n  \"name\": \"x\",\n  \"dep\": {\n    \"version\": \"1\"\n  }\n}\n",
        "{\n  \"version\": \"2\"\n}\n",
        Err((ComplaintKind::NotFound, &[4])),
    ),
    (
        "a.json",
        "{\n  \"dep\": {\n    \"a\": \"1\",\n    \"b\": \"2\",\n    \"c\": \"3\"\n  }\n}\n",
        "{\n  \"dep\": {\n    \"a\": \"1\",\n    \"b\": \"5\"\n  }\n}\n",
        Err((ComplaintKind::Vanished, &[5])),
    ),
    (
        "a.yaml",
        "jobs:\n  build:\n    name: one\n  test:\n    steps: two\n",
        "name: three\n",
        Err((ComplaintKind::NotFound, &[3])),
    ),
    (
        "a.yaml",
        "jobs:\n  build:\n    name: one\n  test:\n    steps: two\n",
        "jobs:\n  build:\n    name: three\n",
        Ok("jobs:\n  build:\n    name: three\n  test:\n    steps: two\n"),
    ),
    (
        "a.toml",
        "[dependencies]\na = \"1\"\nb = \"2\"\nc = \"3\"\n",
        "[dependencies]\na = \"1\"\nd = \"2\"\n",
        Err((ComplaintKind::Vanished, &[3])),
    ),
    (
        "a.toml",
        "[package]\nversion = \"1\"\n\n[x]\ny = 1\n",
        "[x]\nversion = \"2\"\n",
        Ok("[package]\nversion = \"1\"\n\n[x]\ny = 1\nversion = \"2\"\n"),
    ),
    (
        "a.md",
        "# A\n\n## Usage\n\nOne.\n\n# B\n\nTwo.\n",
        "## Usage\n\nThree.\n",
        Ok("# A\n\n## Usage\n\nThree.\n\n# B\n\nTwo.\n"),
    ),
    (
        "a.md",
        "# A\n\nHi.\n\n## Usage\n\nOne.\n\n## More\n\nTwo.\n",
        "# A\n\nHo.\n\n## Usage\n\nOne.\n",
        Err((ComplaintKind::Vanished, &[])),
    ),
    (
        "A.java",
        "package a;\n\nclass A {\n    int f(int x) {\n        return x + 1;\n    }\n\n    int f(String s) {\n        return 7;\n    }\n}\n",
        "package a;\n\nimport b.C;\n\nclass A {\n    int f(int x) {\n        return x + 1;\n    }\n\n    int f(String s) {\n        return 9;\n    }\n}\n",
        Ok(
            "package a;\n\nimport b.C;\n\nclass A {\n    int f(int x) {\n        return x + 1;\n    }\n\n    int f(String s) {\n        return 9;\n    }\n}\n",
        ),
    ),
    (
        "A.java",
        "package a;\n\nclass A {\n    class In {\n        void x() {\n        }\n\n        void y() {\n            two();\n        }\n    }\n}\n",
        "package a;\n\nimport b.C;\n\nclass A {\n    class In {\n        void x() {\n        }\n    }\n}\n",
        Ok(
            "package a;\n\nimport b.C;\n\nclass A {\n    class In {\n        void x() {\n        }\n\n        void y() {\n            two();\n        }\n    }\n}\n",
        ),
    ),
    (
        "a.php",
        "<?php\n$a = 1;\n\nfunction f() {\n    return 1;\n}\n",
        "$a = 2;\n\nfunction f() {\n    return 3;\n}\n",
        Ok("<?php\n$a = 2;\n\nfunction f() {\n    return 3;\n}\n"),
    ),
    (
        "a.rs",
        "#[cfg(test)]\nmod tests {\n    #[test]\n    fn a() {\n        one()\n    }\n}\n",
        "mod tests {\n    #[test]\n    fn b() {\n        two()\n    }\n}\n",
        Ok(
            "#[cfg(test)]\nmod tests {\n    #[test]\n    fn a() {\n        one()\n    }\n\n    #[test]\n    fn b() {\n        two()\n    }\n}\n",
        ),
    ),
    (
        "a.rs",
        "#[cfg(test)]\nmod tests {\n    #[test]\n    fn a() {\n        one()\n    }\n}\n",
        "#[cfg(test)]\nmod tests {\n    #[test]\n    fn b() {\n        two()\n    }\n}\n",
        Ok(
            "#[cfg(test)]\nmod tests {\n    #[test]\n    fn a() {\n        one()\n    }\n\n    #[test]\n    fn b() {\n        two()\n    }\n}\n",
        ),
    ),
    (
        "a.rs",
        "fn f() {\n    on$0e()\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn a() {\n        one()\n    }\n}\n",
        "fn f() {\n    two()\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn b() {\n        two()\n    }\n}\n",
        Ok(
            "fn f() {\n    two()\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn a() {\n        one()\n    }\n\n    #[test]\n    fn b() {\n        two()\n    }\n}\n",
        ),
    ),
    (
        "a.py",
        "class A:\n    X = 1\n\n    def f(self):\n        return 1\n",
        "class A:\n    X = 1\n\n    def f(self):\n        return 2\n",
        Ok("class A:\n    X = 1\n\n    def f(self):\n        return 2\n"),
    ),
    (
        "a.yaml",
        "steps:\n  - name: a\n    run: one\n  - name: b\n    run: two\n",
        "steps:\n  - name: a\n    run: three\n",
        Err((ComplaintKind::Vanished, &[1])),
    ),
    (
        "a.yaml",
        "steps:\n  - name: a\n    run: one\n  - name: b\n    run: two\n",
        "steps:\n  - name: a\n    run: three\n  - name: b\n    run: two\n",
        Ok("steps:\n  - name: a\n    run: three\n  - name: b\n    run: two\n"),
    ),
    (
        "Cargo.toml",
        "[package]\nname = \"p\"\n\n[[bin]]\nname = \"a\"\npath = \"x\"\n\n[[bin]]\nname = \"b\"\npath = \"y\"\n",
        "[package]\nname = \"p\"\n\n[[bin]]\nname = \"a\"\npath = \"z\"\n\n[[bin]]\nname = \"b\"\npath = \"y\"\n",
        Ok("[package]\nname = \"p\"\n\n[[bin]]\nname = \"a\"\npath = \"z\"\n\n[[bin]]\nname = \"b\"\npath = \"y\"\n"),
    ),
    (
        "a.json",
        "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": 2\n  }\n}\n",
        "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": 3\n  }\n}\n",
        Ok("{\n  \"a\": 1,\n  \"b\": {\n    \"c\": 3\n  }\n}\n"),
    ),
    (
        "a.go",
        "// Package a.\npackage a\n\nfunc f() {\n\tone()\n}\n",
        "import \"fmt\"\n\nfunc f() {\n\ttwo()\n}\n",
        Ok("// Package a.\npackage a\n\nimport \"fmt\"\n\nfunc f() {\n\ttwo()\n}\n"),
    ),
    (
        "a.php",
        "<?php\n\nnamespace A;\n\nfunction f() {\n    return 1;\n}\n",
        "use B\\C;\n\nfunction f() {\n    return 2;\n}\n",
        Ok("<?php\n\nnamespace A;\n\nuse B\\C;\n\nfunction f() {\n    return 2;\n}\n"),
    ),
    (
        "a.js",
        "'use client';\n\nfunction f() {\n  return 1;\n}\n",
        "import a from 'b';\n\nfunction f() {\n  return 2;\n}\n",
        Ok("'use client';\n\nimport a from 'b';\n\nfunction f() {\n  return 2;\n}\n"),
    ),
];

#[test]
fn what_a_reply_leaves_out_stays() {
    check_all(CASES);
}
