//! Tests that a model writes: they go to the project's own place for them, and what cannot be added is asked for again.

use aiia_tests::installation::{Installation, shown, text};
use aiia_tests::model_server::Script;

#[test]
fn a_test_file_is_made_where_the_others_are() {
    let aiia = Installation::new();
    aiia.write("package.json", "{\"devDependencies\": {\"vitest\": \"3\"}}");
    aiia.write("test/other.spec.ts", "import { it } from \"vitest\";\n");
    let source = aiia.write("src/sum.ts", "export function sum(a: number, b: number) {\n    return a + b;\n}\n");
    let code = "import { expect, it } from \"vitest\";\nimport { sum } from \"../src/sum\";\n\nit(\"adds\", () => expect(sum(1, 2)).toBe(3));\n";
    aiia.model.always(Script::text(&format!("```ts\n{code}```\n")));
    let output = aiia.run(&["test", &format!("{}:1", shown(&source)), "--write"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_to_string(aiia.workspace().join("test/sum.spec.ts")).unwrap(), code);
    let asked = aiia.model.chats()[0].body["messages"].to_string();
    for words in ["Use Vitest", "../src/sum", "the new file `test/sum.spec.ts`", "like those of `test/other.spec.ts`"] {
        assert!(asked.contains(words), "{words}: {asked}");
    }
}

#[test]
fn a_name_that_is_taken_is_asked_for_again() {
    let aiia = Installation::new();
    let source = aiia.write("sum.go", "package sums\n\nfunc Sum(a, b int) int {\n\treturn a + b\n}\n");
    let before = "package sums\n\nimport \"testing\"\n\nfunc TestSum(t *testing.T) {\n}\n";
    let tests = aiia.write("sum_test.go", before);
    let reply = |name: &str| {
        format!("```go\npackage sums\n\nimport \"testing\"\n\nfunc {name}(t *testing.T) {{\n\tSum(1, 2)\n}}\n```\n")
    };
    aiia.model.next(Script::text(&reply("TestSum")));
    aiia.model.next(Script::text(&reply("TestSumOfTwo")));
    let output = aiia.run(&["test", &format!("{}:3", shown(&source)), "--write"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let expected = format!("{before}\nfunc TestSumOfTwo(t *testing.T) {{\n\tSum(1, 2)\n}}\n");
    assert_eq!(std::fs::read_to_string(&tests).unwrap(), expected);
    assert!(aiia.model.chats()[1].body["messages"].to_string().contains("`TestSum`, which the file has already"));
}
