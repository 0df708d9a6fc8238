//! Actions on selected lines whose answer is those lines, changed.

use aiia_tests::installation::{Installation, shown, text};
use aiia_tests::model_server::Script;

const SHAPE: &str = "import functools\n\n\n@functools.lru_cache\ndef area(r):\n    \"\"\"Area.\"\"\"\n    return 3.14 * r * r\n\n\nclass Shape:\n    sides = 0\n\n    def __init__(self, name):\n        self.name = name\n\n    def describe(self):\n        return self.name\n\n\ndef total(items):\n    total = 0\n    for item in items:\n        total += item.price\n    return total\n";

#[test]
fn what_is_selected_is_edited() {
    let aiia = Installation::new();
    let renamed = "class Figure:\n    sides = 0\n\n    def __init__(self, name):\n        self.name = name\n\n    def describe(self):\n        return self.name\n";
    let rename = "    def rename(self, name):\n        self.name = name\n";
    let summed = "    total = 0\n    for item in items:\n        total += item.price or 0\n";
    for (lines, code, expected) in [
        ("21-23", summed, SHAPE.replace("item.price", "item.price or 0")),
        ("23", "total += item.price or 0\n", SHAPE.replace("item.price", "item.price or 0")),
        ("7", "    return 3.14159 * r * r\n", SHAPE.replace("3.14", "3.14159")),
        ("14", "self.name = name.strip()\n", SHAPE.replace("= name\n", "= name.strip()\n")),
        ("14-15", rename, SHAPE.replace("    def describe", &format!("{rename}\n    def describe"))),
        ("10", renamed, SHAPE.replace("class Shape", "class Figure")),
    ] {
        let file = aiia.write("m.py", SHAPE);
        aiia.model.next(Script::text(&format!("```python\n{code}```\n")));
        let place = format!("{}:{lines}", shown(&file));
        let output = aiia.run(&["edit", &place, "--write", "-i", "change it"]);
        assert!(output.status.success(), "{lines}: {}", text(&output.stderr));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), expected, "{lines}");
    }
}
