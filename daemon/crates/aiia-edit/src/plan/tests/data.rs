//! Parts of data files: the path to some keys, without their neighbours.

use super::namesakes::{Case, check_all};
use super::*;

const CARGO: &str = "[package]\nname = \"x\" # the name\n\n[dependencies]\nserde   = \"1\"\ntokio = { version = \"1\", features = [\"full\"] }\n\n[dev-dependencies]\nserde = \"1\"\n\n[[bin]]\nname = \"a\"\n";
const COMPOSE: &str = "services:\n  web:\n    image: nginx # pinned\n    ports:\n      - \"80:80\"\n    environment:\n      DEBUG: \"1\"\n  api:\n    image: api\n    environment:\n      DEBUG: \"1\"\n";
const PACKAGE: &str = "{\n  \"name\": \"x\",\n  \"scripts\": {\n    \"build\": \"tsc\",\n    \"test\": \"jest\"\n  },\n  \"files\": [\"a\", \"b\"],\n  \"engines\": { \"node\": \"18\" }\n}\n";
const INI: &str = "[dev]\nport = 1\npool = 1\n\n[prod]\nport = 2\npool = 10 \nuser = app\ntimeout = 3\n";
const ENV: &str = "# local\nDEBUG=1\nexport URL=\"http://a\"\nKEY=a=b\n";

/// What becomes what else.
type Replaced = &'static [(&'static str, &'static str)];
/// A path, its text, a part of it, and what of the file becomes what else.
pub(super) type Part = (&'static str, &'static str, &'static str, Replaced);

const PARTS: &[Part] = &[
    ("Cargo.toml", CARGO, "[dependencies]\nanyhow = \"1\"\n", &[("[\"full\"] }\n", "[\"full\"] }\nanyhow = \"1\"\n")]),
    (
        "Cargo.toml",
        CARGO,
        "[dependencies]\n# ... existing dependencies ...\nanyhow = \"1\"\n# Logs.\nlog = \"0.4\"\n",
        &[("[\"full\"] }\n", "[\"full\"] }\nanyhow = \"1\"\n# Logs.\nlog = \"0.4\"\n")],
    ),
    (
        "Cargo.toml",
        CARGO,
        "[dependencies]\nserde = { version = \"1\", features = [\"derive\"] }\n",
        &[("serde   = \"1\"", "serde   = { version = \"1\", features = [\"derive\"] }")],
    ),
    (
        "Cargo.toml",
        CARGO,
        "[package]\nname = \"y\"\n\n[dependencies]\nserde = \"1\"\nlog = \"0.4\"\n# ...\n\n[profile.release]\nlto = true\n",
        &[
            ("\"x\"", "\"y\""),
            ("serde   = \"1\"\n", "serde   = \"1\"\nlog = \"0.4\"\n"),
            ("[\"full\"] }\n", "[\"full\"] }\n\n[profile.release]\nlto = true\n"),
        ],
    ),
    (
        "compose.yml",
        COMPOSE,
        "services:\n  api:\n    environment:\n      DEBUG: \"0\"\n",
        &[("image: api\n    environment:\n      DEBUG: \"1\"", "image: api\n    environment:\n      DEBUG: \"0\"")],
    ),
    (
        "compose.yml",
        COMPOSE,
        "services:\n  # ... existing services ...\n  redis:\n    image: redis:7\n",
        &[(
            "image: api\n    environment:\n      DEBUG: \"1\"\n",
            "image: api\n    environment:\n      DEBUG: \"1\"\n  redis:\n    image: redis:7\n",
        )],
    ),
    (
        "compose.yml",
        COMPOSE,
        "services:\n  web:\n    image: nginx:2\n    ports:\n      - \"80:80\"\n      - \"443:443\"\n    restart: always\n  api:\n    environment:\n      LOG: x\n  redis:\n    image: redis\n\nvolumes:\n  data:\n",
        &[
            ("image: nginx #", "image: nginx:2 #"),
            ("      - \"80:80\"\n", "      - \"80:80\"\n      - \"443:443\"\n    restart: always\n"),
            (
                "image: api\n    environment:\n      DEBUG: \"1\"\n",
                "image: api\n    environment:\n      DEBUG: \"1\"\n      LOG: x\n  redis:\n    image: redis\n\nvolumes:\n  data:\n",
            ),
        ],
    ),
    (
        "package.json",
        PACKAGE,
        "{\n  \"scripts\": {\n    \"lint\": \"eslint .\"\n  }\n}\n",
        &[("\"jest\"\n", "\"jest\",\n    \"lint\": \"eslint .\"\n")],
    ),
    (
        "package.json",
        PACKAGE,
        "{\n  // ...\n  \"scripts\": {\n    // ...\n    \"lint\": \"eslint .\",\n    \"fix\": \"eslint --fix .\"\n  }\n  // ...\n}\n",
        &[("\"jest\"\n", "\"jest\",\n    \"lint\": \"eslint .\",\n    \"fix\": \"eslint --fix .\"\n")],
    ),
    (
        "package.json",
        PACKAGE,
        "\"scripts\": {\n  \"build\": \"tsc -b\",\n  \"lint\": \"eslint .\"\n},\n",
        &[("\"tsc\",\n", "\"tsc -b\",\n    \"lint\": \"eslint .\",\n")],
    ),
    (
        "package.json",
        PACKAGE,
        "{\n  \"type\": \"module\",\n  \"scripts\": { \"test\": \"vitest\" },\n  \"files\": [\"a\", \"b\", \"c\"],\n  \"engines\": { \"npm\": \"9\" }\n}\n",
        &[
            ("  \"scripts\"", "  \"type\": \"module\",\n  \"scripts\""),
            ("\"jest\"", "\"vitest\""),
            ("\"b\"]", "\"b\", \"c\"]"),
            ("\"18\" }", "\"18\", \"npm\": \"9\" }"),
        ],
    ),
    ("app.ini", INI, "[prod]\npool = 50\n", &[("pool = 10 ", "pool = 50 ")]),
    (
        "app.ini",
        INI,
        "[prod]\npool = 50\nssl = on\n\n[dev]\n# ...\nssl = off\n",
        &[("pool = 10 \n", "pool = 50 \nssl = on\n"), ("pool = 1\n\n", "pool = 1\nssl = off\n\n")],
    ),
    (".env", ENV, "DEBUG=0\nLOG=x\n", &[("DEBUG=1\n", "DEBUG=0\nLOG=x\n")]),
    (".env", ENV, "URL=\"http://b\"\n", &[("\"http://a\"", "\"http://b\"")]),
];

#[test]
fn a_part_goes_into_the_file_key_by_key() {
    for (path, text, code, replaced) in PARTS {
        let mut expected = (*text).to_owned();
        for (old, new) in *replaced {
            assert_eq!(expected.matches(old).count(), 1, "{old}");
            expected = expected.replacen(old, new, 1);
        }
        for eol in ["\n", "\r\n"] {
            let (text, expected) = (text.replace('\n', eol), expected.replace('\n', eol));
            assert_eq!(new_text((path, &text), &fenced(code)), expected, "{code}");
        }
    }
}

const REFUSED: &[Case] = &[
    // Nothing of it stands in the file, or the path does not begin at its top.
    ("Cargo.toml", CARGO, "[features]\nx = []\n", Err((ComplaintKind::NotFound, &[6]))),
    ("Cargo.toml", CARGO, "tokio = \"2\"\n", Err((ComplaintKind::NotFound, &[6]))),
    ("package.json", PACKAGE, "{\n  \"lint\": \"eslint .\"\n}\n", Err((ComplaintKind::NotFound, &[3, 8, 2, 5, 8]))),
    (".env", ENV, "NEW=1\n", Err((ComplaintKind::NotFound, &[]))),
    ("app.ini", INI, "pool = 3\n", Err((ComplaintKind::NotFound, &[]))),
    // Something would go.
    ("Cargo.toml", CARGO, "[dependencies]\ntokio = \"2\"\n", Err((ComplaintKind::Vanished, &[6]))),
    ("Cargo.toml", CARGO, "[dependencies]\ntokio = { version = \"2\" }\n", Err((ComplaintKind::Vanished, &[6]))),
    (
        "package.json",
        PACKAGE,
        "{\n  \"files\": [\"c\"],\n  \"type\": \"module\"\n}\n",
        Err((ComplaintKind::Vanished, &[7])),
    ),
    (
        "package.json",
        PACKAGE,
        "{\n  \"scripts\": \"x\",\n  \"type\": \"module\"\n}\n",
        Err((ComplaintKind::Vanished, &[3])),
    ),
    // It repeats what stays, so that what it lacks may be meant to go.
    ("Cargo.toml", CARGO, "[dependencies]\nserde = \"1\"\nlog = \"0.4\"\n", Err((ComplaintKind::Vanished, &[6]))),
    ("app.ini", INI, "[prod]\nport = 2\npool = 50\n", Err((ComplaintKind::Vanished, &[8]))),
    // It would be there twice.
    ("Cargo.toml", CARGO, "[dependencies]\nserde.version = \"2\"\n", Err((ComplaintKind::Ambiguous, &[5]))),
    (
        "Cargo.toml",
        CARGO,
        "[package]\nname = \"y\"\n\n[dependencies.tokio]\nversion = \"2\"\n",
        Err((ComplaintKind::Ambiguous, &[6])),
    ),
    ("app.ini", "[a]\nx = 1\nx = 2\ny = 1\n", "[a]\nx = 3\n", Err((ComplaintKind::Ambiguous, &[2, 3]))),
    ("a.yaml", "a:\n  x: 1\n---\na:\n  x: 2\n  y: 1\n", "a:\n  z: 3\n", Err((ComplaintKind::Ambiguous, &[1, 4]))),
];

#[test]
fn a_part_whose_place_is_not_told_is_refused() {
    check_all(REFUSED);
}

#[test]
fn an_example_of_a_data_file_is_no_part_of_it() {
    let reply = "For example:\n\n```json\n{\n  \"scripts\": {\n    \"lint\": \"x\"\n  }\n}\n```\n";
    assert_eq!(complaint_kinds(("package.json", PACKAGE), reply).len(), 1);
}

const OPEN: &str = "{\n  \"name\": \"open\",\n  \"version\": \"10\",\n  \"license\": \"MIT\",\n  \"scripts\": {\n    \"lint\": \"eslint .\",\n    \"test\": \"ava\",\n    \"debug\": \"node\"\n  },\n  \"devDependencies\": {\n    \"ava\": \"^6\",\n    \"xo\": \"^1\"\n  },\n  \"xo\": {\n    \"rules\": {}\n  }\n}\n";
const CI: &str = "name: CI\non:\n  push:\n    branches: [main]\n\njobs:\n  test:\n    name: Test\n    needs: [style]\n    runs-on: ubuntu\n    steps:\n      - uses: checkout@v3\n      - name: Build\n        id: build\n        run: make\n      - name: Report\n        id: report\n        run: report\n";
const CSS: &str = ".foot {\n  color: red;\n}\n\n/* Old. */\narticle {\n  margin: 0;\n  border: none;\n}\n\n.foot {\n  padding: 0;\n}\n\n.content h3,\n.content h4 {\n  margin: 1px;\n  color: blue;\n}\n\npre.a { border: none; }\n";
const MAKE: &str =
    "all: build test\n\nbuild:\n\tcargo build\n\nfix:\n\tcargo fix --all\n\tcargo fmt\n\ntest:\n\tcargo test\n";
const PY: &str = "import os\n\n\ndef load(path):\n\treturn open(path).read()\n\n\ndef save(path):\n\topen(path)\n";

/// A path, its text, and what of it becomes what else in a reply with the whole file.
const WHOLES: &[(&str, &str, Replaced)] = &[
    ("package.json", OPEN, &[("\"ava\": \"^6\"", "\"ava\": \"^7\"")]),
    ("package.json", OPEN, &[("  \"license\": \"MIT\",\n", "")]),
    ("package.json", OPEN, &[("    \"lint\": \"eslint .\",\n", "")]),
    ("package.json", OPEN, &[("  \"license\": \"MIT\",\n", ""), ("\"test\": \"ava\"", "\"test\": \"ava -v\"")]),
    ("ci.yml", CI, &[("checkout@v3", "checkout@v4"), ("        id: build\n", "")]),
    ("a.css", CSS, &[("color: red", "color: green")]),
    ("a.css", CSS, &[("Old.", "New.")]),
    ("a.py", PY, &[("import os\n", "import sys\nimport os\n"), ("(path).read", "(path, 1).read")]),
    ("a.py", PY, &[("import os\n", "import os\n\nfrom x import y\n")]),
];

#[test]
fn a_whole_file_is_told_by_its_lines() {
    for (path, text, replaced) in WHOLES {
        let expected = replaced.iter().fold((*text).to_owned(), |text, (old, new)| text.replacen(old, new, 1));
        assert_eq!(new_text((path, text), &fenced(&expected)), expected);
        // Blanks for tabs are read as tabs.
        assert_eq!(new_text((path, text), &fenced(&expected.replace('\t', "    "))), expected);
    }
}

const PASSAGES: &[Part] = &[
    (
        "ci.yml",
        CI,
        "    name: Test\n    timeout-minutes: 3\n    needs: [style]\n",
        &[("Test\n", "Test\n    timeout-minutes: 3\n")],
    ),
    ("ci.yml", CI, "name: Test\ntimeout-minutes: 3\nneeds: [style]\n", &[("Test\n", "Test\n    timeout-minutes: 3\n")]),
    (
        "Cargo.toml",
        CARGO,
        "name = \"x\" # the name\n\n[dependencies]\nserde = \"2\"\ntokio = { version = \"1\", features = [\"full\"] }\n",
        &[("serde   = \"1\"", "serde = \"2\"")],
    ),
    (
        "a.css",
        CSS,
        ".content h4 {\n  margin: 1px;\n  color: blue;\n}\n\npre.b { border: none; }\n",
        &[("pre.a", "pre.b")],
    ),
    ("a.css", CSS, ".foot {\n  color: red;\n}\n\n/* New. */\n", &[("Old.", "New.")]),
    ("a.css", CSS, "/* New. */\narticle {\n  margin: 0;\n  border: none;\n}\n", &[("Old.", "New.")]),
    (
        "a.css",
        CSS,
        "/* ... */\narticle {\n  margin: 0;\n}\n\n.foot {\n/* ... */\n.content h4 {\n  margin: 2px;\n  color: blue;\n/* ... */\n",
        &[("  border: none;\n", ""), ("1px", "2px")],
    ),
    (
        "package.json",
        OPEN,
        "  // ... existing config ...\n  \"name\": \"open\",\n  \"version\": \"11\",\n  \"license\": \"MIT\",\n  \"scripts\": {\n  // ... existing config ...\n    \"debug\": \"node\"\n  },\n  \"devDependencies\": {\n    \"ava\": \"^7\",\n    \"xo\": \"^1\"\n",
        &[("\"10\"", "\"11\""), ("^6", "^7")],
    ),
    ("Makefile", MAKE, "build:\n\tcargo build --locked\n", &[("cargo build\n", "cargo build --locked\n")]),
    (
        "Makefile",
        MAKE,
        "fix:\n    cargo fix\n    cargo fmt\n    echo\n",
        &[("fix --all\n\tcargo fmt\n", "fix\n\tcargo fmt\n\techo\n")],
    ),
];

#[test]
fn a_passage_is_told_by_its_lines() {
    for (path, text, code, replaced) in PASSAGES {
        let expected = replaced.iter().fold((*text).to_owned(), |text, (old, new)| text.replacen(old, new, 1));
        assert_eq!(new_text((path, text), &fenced(code)), expected, "{code}");
    }
}

const NOT_TOLD: &[Case] = &[
    // The rule of that name has more than the code; the one that has no more stands elsewhere.
    (
        "a.css",
        "b {\n  margin: 0;\n  color: red;\n}\n\n@media x {\n  b {\n    color: red;\n  }\n}\n",
        "@media x {\n  b {\n    color: blue;\n  }\n}\n",
        Ok("b {\n  margin: 0;\n  color: red;\n}\n\n@media x {\n  b {\n    color: blue;\n  }\n}\n"),
    ),
    (
        "a.css",
        "@media x {\n  .nav {\n    display: none;\n  }\n}\n",
        ".nav {\n  display: block;\n}\n",
        Err((ComplaintKind::NotFound, &[2])),
    ),
    ("a.css", CSS, ".content h4 {\n  color: green;\n}\n", Err((ComplaintKind::Ambiguous, &[15]))),
    (
        "ci.yml",
        CI,
        "    name: Test it\n",
        Ok(
            "name: CI\non:\n  push:\n    branches: [main]\n\njobs:\n  test:\n    name: Test it\n    needs: [style]\n    runs-on: ubuntu\n    steps:\n      - uses: checkout@v3\n      - name: Build\n        id: build\n        run: make\n      - name: Report\n        id: report\n        run: report\n",
        ),
    ),
    ("ci.yml", "name: a\nj:\n    name: b\nk:\n    name: c\n", "    name: d\n", Err((ComplaintKind::NotFound, &[1]))),
    (
        "Cargo.toml",
        "[[e]]\nname = \"a\"\nx = true\n\n[[e]]\nname = \"b\"\nx = true\n",
        "x = true\n\n[[e]]\nname = \"b\"\nx = false\n",
        Err((ComplaintKind::NotFound, &[5])),
    ),
    (
        "a.scss",
        "$a: (\n  b: c,\n  d: e,\n) !default;\n\n$f: 1;\n",
        "$a: (\n  b: c,\n  d: f,\n",
        Ok("$a: (\n  b: c,\n  d: f,\n) !default;\n\n$f: 1;\n"),
    ),
    ("ci.yml", CI, "      - name: Build it\n", Err((ComplaintKind::NotFound, &[1]))),
    (
        "Cargo.toml",
        CARGO,
        "tokio = { version = \"2\", features = [\"full\"] }\nlog = \"1\"\n\n[dev-dependencies]\nserde = \"2\"\n",
        Err((ComplaintKind::Ambiguous, &[])),
    ),
    ("Makefile", MAKE, "clean:\n\trm -f x\n", Err((ComplaintKind::NotFound, &[]))),
    ("Makefile", "a:\n\t1\n\t2\n\t3\n\t4\n\t5\n\nb:\n\t6\n", "a:\n\tx\n", Err((ComplaintKind::NotFound, &[]))),
];

#[test]
fn lines_that_tell_no_place_are_no_passage() {
    check_all(NOT_TOLD);
}

/// What is a part of a table, to the letter, and lacks its end may be meant to be without it.
#[test]
fn a_table_that_comes_back_without_its_end_is_refused() {
    let file = "[package]\nname = \"x\"\n\n[profile]\ndebug = true\nlto = true\nunits = 1\n\n[z]\nq = 1\n";
    let name = "**Cargo.toml**\n\n```toml\n[package]\nname = \"y\"\n```\n\n";
    let table = |lines: &str| format!("{name}```toml\n[profile]\n{lines}```\n");
    assert_eq!(complaint_kinds(("Cargo.toml", file), &table("debug = true\nlto = true\n")), [ComplaintKind::Vanished]);
    let renamed = file.replace("\"x\"", "\"y\"");
    let all = table("debug = true\nlto = true\nunits = 1\n");
    assert_eq!(new_text(("Cargo.toml", file), &all), renamed);
    let marked = table("debug = true\nlto = true\n# ...\n");
    assert_eq!(new_text(("Cargo.toml", file), &marked), renamed);
    let without = table("debug = true\nunits = 1\n");
    assert_eq!(new_text(("Cargo.toml", file), &without), renamed.replace("lto = true\n", ""));
}

/// What stands below a placeholder, deeper than what is shown above it, is not in that.
#[test]
fn what_is_left_out_may_be_around_the_rest() {
    let file = "name: CI\n\non:\n  push:\n\njobs:\n  test:\n    strategy:\n      fail-fast: false\n      matrix:\n        os: [\"a\"]\n    steps:\n      - run: make\n  other:\n    strategy:\n      fail-fast: false\n      matrix:\n        os: [\"a\"]\n";
    let code = "# ... rest of the file unchanged ...\nname: CI\nretries: 3\n\non:\n# ... rest of the file unchanged ...\n    strategy:\n      fail-fast: true\n      matrix:\n        os: [\"a\"]\n        # ... rest of the file unchanged ...\n";
    let plan = plan_for(&[("a.yml", file)], &format!("```yaml\n{code}```\n"));
    assert_eq!((plan.files.len(), plan.complaints.len()), (0, 1), "{}", described(&plan));
    // A placeholder at the margin within a key of which a part is shown.
    let code = "on:\n# ... existing code ...\n  schedule:\n    - cron: x\n";
    assert_eq!(
        new_text(("a.yml", file), &format!("```yaml\n{code}```\n")),
        file.replace("  push:\n", "  push:\n  schedule:\n    - cron: x\n")
    );
}
