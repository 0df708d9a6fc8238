//! The method reference of `PROTOCOL.md`, made from the operation table.

use std::fmt::Write;

use serde_json::Value;

use crate::openapi::{self, API_PREFIX};
use crate::operation::{Mode, OPERATIONS, Row};

/// The reference as Markdown.
pub fn markdown() -> String {
    let mut text = String::new();
    for row in OPERATIONS {
        section(&mut text, row);
    }
    text
}

fn section(text: &mut String, row: &Row) {
    let mut generator = openapi::generator();
    let params_schema = (row.params_schema)(&mut generator);
    let params = openapi::resolve(params_schema, &mut generator);
    let result = (row.result_schema)(&mut generator).to_value();
    let gives = match row.mode {
        Mode::Unary => format!("Gives {}.", type_name(&result)),
        Mode::Streaming => format!("Streams {}.", type_name(&result)),
    };
    let _ = writeln!(
        text,
        "### `{}`\n\n{} {gives}\n\nLSP `{}` · HTTP `{} {API_PREFIX}{}` · scope `{}`\n",
        row.name,
        row.summary.trim(),
        row.lsp_method(),
        row.verb.as_str(),
        row.path,
        row.scope.as_str(),
    );
    let Some(properties) = params["properties"].as_object().filter(|map| !map.is_empty()) else {
        return;
    };
    let required: Vec<&str> = params["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    text.push_str("| parameter | type | meaning |\n|---|---|---|\n");
    for (name, schema) in properties {
        let needed = if required.contains(&name.as_str()) { " (required)" } else { "" };
        let meaning = schema["description"].as_str().unwrap_or_default().replace('\n', " ");
        let _ = writeln!(text, "| `{name}` | {}{needed} | {meaning} |", type_name(schema));
    }
    text.push('\n');
}

fn type_name(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return format!("`{}`", reference.rsplit('/').next().unwrap_or(reference));
    }
    if let Some(options) = schema["anyOf"].as_array() {
        let named: Vec<String> = options.iter().filter(|option| option["type"] != "null").map(type_name).collect();
        return named.join(" or ");
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => format!("list of {}", type_name(&schema["items"])),
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => {
            let named: Vec<&str> = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect();
            if named == ["array"] { format!("list of {}", type_name(&schema["items"])) } else { named.join(" or ") }
        }
        _ => "any".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sha2::{Digest, Sha256};

    const BEGIN: &str = "<!-- reference: begin -->\n";
    const END: &str = "<!-- reference: end -->";

    /// The hash makes a change of the vocabulary a reason to read the prose again.
    fn source_hash(root: &Path) -> String {
        let mut files: Vec<_> =
            std::fs::read_dir(root.join("src")).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let mut hash = Sha256::new();
        for file in files {
            hash.update(std::fs::read(file).unwrap());
        }
        let mut digits = format!("{:x}", hash.finalize());
        digits.truncate(16);
        digits
    }

    #[test]
    fn protocol_md_is_up_to_date() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = root.join("PROTOCOL.md");
        let committed = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = committed.split_once(BEGIN).expect("the begin marker");
        let (_, after) = rest.split_once(END).expect("the end marker");
        let (prose, _) = after.split_once("<!-- source: ").expect("the source marker");
        let fresh = format!("{before}{BEGIN}{}{END}{prose}<!-- source: {} -->\n", super::markdown(), source_hash(root));
        if committed != fresh {
            std::fs::write(&path, &fresh).unwrap();
            panic!(
                "PROTOCOL.md was out of date and has been written again; read its prose against the change and commit it"
            );
        }
    }
}
