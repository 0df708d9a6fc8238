//! What stands in a module beside its symbols: imports in lists and in `try`, loggers, the block that runs it.

use super::data::Part;
use super::namesakes::{Case, check_all};
use super::*;

const PY: &str = "import os\n\n\ndef run(x):\n    return x\n\n\nrun = deco(run)\n__all__ = [\"run\"]\n\n\ndef main():\n    run(1)\n\n\nif __name__ == \"__main__\":\n    main()\n";
const GO: &str = "package a\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n\nfunc Run(x int) {\n\tfmt.Println(strings.Repeat(\"a\", x))\n}\n";

const CASES: &[Part] = &[
    (
        "a.py",
        PY,
        "def run(x):\n    return x + 1\n\n\nif __name__ == \"__main__\":\n    import sys\n    main()\n    sys.exit(0)\n",
        &[("return x", "return x + 1"), ("\":\n    main()\n", "\":\n    import sys\n    main()\n    sys.exit(0)\n")],
    ),
    (
        "a.py",
        PY,
        "try:\n    import simplejson as json\nexcept ImportError:\n    import json\n\n\ndef run(x):\n    return json.dumps(x)\n",
        &[
            ("import os\n", "import os\n\ntry:\n    import simplejson as json\nexcept ImportError:\n    import json\n"),
            ("return x", "return json.dumps(x)"),
        ],
    ),
    (
        "a.py",
        PY,
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from x import Y\n\n\ndef run(x: \"Y\"):\n    return x\n",
        &[
            ("import os\n", "import os\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from x import Y\n"),
            ("run(x):", "run(x: \"Y\"):"),
        ],
    ),
    (
        "a.py",
        PY,
        "import os\nimport logging\n\nlogger = logging.getLogger(__name__)\n\n\ndef run(x):\n    logger.info(x)\n    return x\n\n# ... rest unchanged ...\n",
        &[
            ("import os\n", "import os\nimport logging\n\nlogger = logging.getLogger(__name__)\n"),
            ("    return x", "    logger.info(x)\n    return x"),
        ],
    ),
    (
        "a.py",
        "def run(x):\n    return x\n",
        "import logging\n\nlogger = logging.getLogger(__name__)\n\n\ndef run(x):\n    logger.info(x)\n    return x\n",
        &[(
            "def run(x):\n",
            "import logging\n\nlogger = logging.getLogger(__name__)\n\n\ndef run(x):\n    logger.info(x)\n",
        )],
    ),
    ("a.py", PY, "run = deco2(run)\n", &[("deco", "deco2")]),
    ("a.py", PY, "__all__ = [\"run\", \"main\"]\n", &[("[\"run\"]", "[\"run\", \"main\"]")]),
    (
        "a.py",
        PY,
        "if __name__ == \"__main__\":\n    run(2)\n    main()\n",
        &[("    main()\n", "    run(2)\n    main()\n")],
    ),
    (
        "a.go",
        GO,
        "\t\"time\"\n\nfunc Run(x int) {\n\tfmt.Println(time.Now())\n}\n",
        &[("\"strings\"\n", "\"strings\"\n\t\"time\"\n"), ("strings.Repeat(\"a\", x)", "time.Now()")],
    ),
];

#[test]
fn what_stands_beside_the_symbols_has_its_place() {
    for (path, text, code, replaced) in CASES {
        let expected = replaced.iter().fold((*text).to_owned(), |text, (old, new)| text.replacen(old, new, 1));
        assert_eq!(new_text((path, text), &fenced(code)), expected, "{code}");
    }
}

/// An import in a block of its own belongs to the rest of the change.
#[test]
fn an_import_in_a_block_of_its_own() {
    let go = |import: &str| {
        format!(
            "Add the import:\n\n```go\n{import}```\n\nand change `Run`:\n\n```go\nfunc Run(x int) {{\n\tfmt.Println(time.Now(), strings.ToUpper(\"a\"))\n}}\n```\n"
        )
    };
    let expected = GO
        .replace("\"strings\"\n", "\"strings\"\n\t\"time\"\n")
        .replace("strings.Repeat(\"a\", x)", "time.Now(), strings.ToUpper(\"a\")");
    for import in ["\t\"time\"\n", "import \"time\"\n", "import (\n\t\"fmt\"\n\t\"strings\"\n\t\"time\"\n)\n"] {
        assert_eq!(new_text(("a.go", GO), &go(import)), expected, "{import}");
    }
    let php = "<?php\n\nuse c\\D;\n\nclass Store\n{\n    public function f()\n    {\n        return 1;\n    }\n}\n";
    let reply = "Add the import:\n\n```php\nuse DateTime;\n```\n\nand change `f`:\n\n```php\npublic function f()\n{\n    return new DateTime();\n}\n```\n";
    assert_eq!(
        new_text(("a.php", php), reply),
        php.replace("use c\\D;\n", "use c\\D;\nuse DateTime;\n").replace("1;", "new DateTime();")
    );
}

const REFUSED: &[Case] = &[
    // Nothing uses it.
    ("a.py", PY, "other = 1\n", Err((ComplaintKind::NotFound, &[4, 12]))),
    ("a.py", "x = 1\nx = 2\n", "x = 3\n", Err((ComplaintKind::Ambiguous, &[1, 2]))),
];

#[test]
fn a_statement_whose_place_is_not_told_is_refused() {
    check_all(REFUSED);
}
