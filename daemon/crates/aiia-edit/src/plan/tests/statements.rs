//! Calls that stand for themselves: routes and tests.

use super::namesakes::{Case, check_all};
use super::*;

const ROUTES: &str = "const app = express();\n\napp.get(\"/\", (req, res) => {\n  res.json(1);\n});\n\napp.get(\"/a\", (req, res) => {\n  res.json(2);\n});\n";
const TESTS: &str = "describe(\"sum\", () => {\n  it(\"adds\", () => {\n    expect(1);\n  });\n\n  it(\"adds more\", () => {\n    expect(2);\n  });\n});\n";
const TWICE: &str = "describe(\"a\", () => {\n  it(\"adds\", () => {\n    expect(1);\n  });\n});\n\ndescribe(\"b\", () => {\n  it(\"adds\", () => {\n    expect(2);$0\n  });\n});\n";

const CASES: &[Case] = &[
    (
        "a.js",
        ROUTES,
        "app.get(\"/a\", (req, res) => {\n  check(req);\n  res.json(2);\n});\n",
        Ok(
            "const app = express();\n\napp.get(\"/\", (req, res) => {\n  res.json(1);\n});\n\napp.get(\"/a\", (req, res) => {\n  check(req);\n  res.json(2);\n});\n",
        ),
    ),
    (
        "a.js",
        ROUTES,
        "// ... existing code ...\n\napp.get(\"/a\", (req, res) => {\n  check(req);\n  res.json(2);\n});\n\n// ... existing code ...\n",
        Ok(
            "const app = express();\n\napp.get(\"/\", (req, res) => {\n  res.json(1);\n});\n\napp.get(\"/a\", (req, res) => {\n  check(req);\n  res.json(2);\n});\n",
        ),
    ),
    ("a.js", ROUTES, "app.post(\"/a\", (req, res) => {\n  res.json(3);\n});\n", Err((ComplaintKind::NotFound, &[1]))),
    (
        "a.test.ts",
        TESTS,
        "it(\"adds more\", () => {\n  expect(3);\n});\n",
        Ok(
            "describe(\"sum\", () => {\n  it(\"adds\", () => {\n    expect(1);\n  });\n\n  it(\"adds more\", () => {\n    expect(3);\n  });\n});\n",
        ),
    ),
    (
        "a.test.ts",
        TESTS,
        "describe(\"sum\", () => {\n  it(\"adds less\", () => {\n    expect(3);\n  });\n});\n",
        Err((ComplaintKind::Vanished, &[])),
    ),
    ("a.test.ts", TESTS, "it(\"adds more\", () => {\n  // same\n});\n", Err((ComplaintKind::Elision, &[6]))),
    (
        "a.test.js",
        TWICE,
        "it(\"adds\", () => {\n  expect(3);\n});\n",
        Ok(
            "describe(\"a\", () => {\n  it(\"adds\", () => {\n    expect(1);\n  });\n});\n\ndescribe(\"b\", () => {\n  it(\"adds\", () => {\n    expect(3);\n  });\n});\n",
        ),
    ),
    (
        "a_spec.rb",
        "describe A do\n  it 'adds' do\n    one\n  end\n\n  it 'takes' do\n    two\n  end\nend\n",
        "it 'takes' do\n  three\nend\n",
        Ok("describe A do\n  it 'adds' do\n    one\n  end\n\n  it 'takes' do\n    three\n  end\nend\n"),
    ),
    (
        "routes.rb",
        "App.routes.draw do\n  resources :users\n  resources :posts do\n    get :publish\n  end\n  get \"/health\", to: \"health#show\"\nend\n",
        "App.routes.draw do\n  resources :users do\n    resources :posts\n  end\nend\n",
        Err((ComplaintKind::Vanished, &[])),
    ),
    (
        "routes.rb",
        "App.routes.draw do\n  resources :users\n  get \"/health\", to: \"health#show\"\nend\n",
        "App.routes.draw do\n  resources :users\n  get \"/up\", to: \"health#show\"\nend\n",
        Ok("App.routes.draw do\n  resources :users\n  get \"/up\", to: \"health#show\"\nend\n"),
    ),
];

#[test]
fn a_call_is_known_by_its_first_line() {
    check_all(CASES);
}

#[test]
fn calls_that_begin_alike_are_several() {
    let reply = fenced("it(\"adds\", () => {\n  expect(3);\n});\n");
    let plan = plan_for(&[("a.test.js", &TWICE.replace("$0", ""))], &reply);
    assert_eq!(plan.complaints[0].candidates, [2, 8]);
}

#[rstest::rstest]
#[case("g() {\n  return `\n  y\n`;\n}\n", ("  x\n", "  y\n"))]
#[case("render(user) {\n  return `Dear ${user.x},\n\nThanks.\n  - A\n`;\n}\n", ("user.name", "user.x"))]
fn a_method_by_itself_holds_a_long_text(#[case] code: &str, #[case] change: (&str, &str)) {
    let file = "class A {\n  g() {\n    return `\n  x\n`;\n  }\n\n  render(user) {\n    return `Dear ${user.name},\n\nThanks.\n  - A\n`;\n  }\n}\n";
    assert_eq!(new_text(("a.js", file), &fenced(code)), file.replacen(change.0, change.1, 1));
}

#[test]
fn several_calls_have_their_places() {
    let code =
        "app.get(\"/\", (req, res) => {\n  res.json(3);\n});\n\napp.get(\"/a\", (req, res) => {\n  res.json(4);\n});\n";
    let expected = ROUTES.replace("json(1)", "json(3)").replace("json(2)", "json(4)");
    assert_eq!(new_text(("a.js", ROUTES), &fenced(code)), expected);
    let other = code.replace("\"/a\"", "\"/b\"");
    assert_eq!(complaint_kinds(("a.js", ROUTES), &fenced(&other)), [ComplaintKind::NotFound]);
}
