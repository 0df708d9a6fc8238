//! The `OpenAPI` 3.1 document, made from the operation table.

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::operation::{Mode, OPERATIONS, Row};
use crate::problem::Problem;

/// Where the operations are below the daemon's address.
pub const API_PREFIX: &str = "/api/v1";

/// A generator whose definitions land where `OpenAPI` looks for them.
pub fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator()
}

/// The schema itself where `schema` is only a reference to a definition of `generator`.
pub fn resolve(schema: Schema, generator: &mut SchemaGenerator) -> Value {
    let value = schema.to_value();
    let Some(name) = value.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) else {
        return value;
    };
    generator.definitions().get(name).cloned().unwrap_or(value)
}

/// The document.
pub fn document(version: &str) -> Value {
    let mut generator = generator();
    let problem = generator.subschema_for::<Problem>();
    let mut paths = Map::new();
    for row in OPERATIONS {
        let path = format!("{API_PREFIX}{}", row.path);
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[row.verb.as_str().to_lowercase()] = operation(row, &mut generator);
    }
    files(&mut paths, &mut generator);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "aiia",
            "version": version,
            "description": "The same operations as over LSP (`aiia/noun/verb`), for the browser, scripts and other programs.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {"Problem": {
                "description": "A problem (RFC 9457) with a stable code and a hint.",
                "content": {"application/problem+json": {"schema": problem}},
            }},
            "schemas": generator.take_definitions(true),
        },
    })
}

fn operation(row: &Row, generator: &mut SchemaGenerator) -> Value {
    let params_ref = (row.params_schema)(generator);
    let params = resolve(params_ref, generator);
    let properties = params["properties"].as_object().cloned().unwrap_or_default();
    let required: Vec<&str> = params["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let in_path: Vec<&str> = row.path_params().collect();

    let mut parameters = Vec::new();
    let mut body = Map::new();
    for (name, schema) in &properties {
        if in_path.contains(&name.as_str()) {
            parameters.push(json!({"name": name, "in": "path", "required": true, "schema": schema}));
        } else if row.verb.has_body() {
            body.insert(name.clone(), schema.clone());
        } else {
            let needed = required.contains(&name.as_str());
            parameters.push(json!({"name": name, "in": "query", "required": needed, "schema": schema}));
        }
    }

    let result = (row.result_schema)(generator);
    let content = match row.mode {
        Mode::Unary => json!({"application/json": {"schema": result}}),
        Mode::Streaming => json!({"text/event-stream": {"schema": {"type": "string"}, "x-item": result}}),
    };
    let mut success = json!({"description": "Done.", "content": content});
    let mut headers = Map::new();
    if row.success_status() != 200 {
        headers.insert("Location".into(), header("Where the thing is that was made or started."));
    }
    // A thing with a version can be read and changed conditionally.
    if resolve((row.result_schema)(generator), generator)["properties"]["version"]["type"] == "integer" {
        headers.insert("ETag".into(), header("The version of the thing."));
    }
    if !headers.is_empty() {
        success["headers"] = headers.into();
    }
    let mut request_header = |name: &str, meaning: &str| {
        let schema = json!({"type": "string"});
        parameters.push(json!({"name": name, "in": "header", "description": meaning, "schema": schema}));
    };
    if properties.contains_key("if_version") {
        request_header("If-Match", "The `ETag` that the change is for; the same as `if_version`.");
    }
    if row.takes_idempotency_key() {
        request_header(
            "Idempotency-Key",
            "1 to 255 visible ASCII characters. A request that is sent again with its key within a day is done once, and \
             gets the answer of the first time.",
        );
    }
    if row.name == "run.events" {
        request_header("Last-Event-ID", "The id of the last event that was received; wins over `after`.");
    }
    let mut responses = Map::new();
    responses.insert(row.success_status().to_string(), success);
    responses.insert("default".into(), json!({"$ref": "#/components/responses/Problem"}));
    let mut operation = json!({
        "operationId": row.name,
        "summary": row.summary,
        "tags": [row.name.split('.').next()],
        "x-scope": row.scope.as_str(),
        "parameters": parameters,
        "responses": responses,
    });
    if row.verb.has_body() {
        let needed: Vec<&str> = required.into_iter().filter(|name| body.contains_key(*name)).collect();
        operation["requestBody"] = json!({
            "required": !needed.is_empty(),
            "content": {"application/json": {"schema": {
                "type": "object",
                "properties": body,
                "required": needed,
                "additionalProperties": false,
            }}},
        });
    }
    operation
}

/// The paths that carry files, which are too large for JSON.
fn files(paths: &mut Map<String, Value>, generator: &mut SchemaGenerator) {
    let bytes = json!({"type": "string", "format": "binary"});
    let problem = json!({"$ref": "#/components/responses/Problem"});
    let id = |name: &str| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}});
    let given = |meaning: &str| {
        json!({
            "description": meaning,
            "headers": {"Content-Disposition": header("The name of the file.")},
            "content": {"*/*": {"schema": bytes}},
        })
    };
    paths.insert(
        format!("{API_PREFIX}/transfers/{{transfer_id}}/file"),
        json!({"get": {
            "operationId": "transfer.file",
            "summary": "Gives the file of an export that has ended, for a day.",
            "tags": ["transfer"],
            "x-scope": "read",
            "parameters": [id("transfer_id")],
            "responses": {"200": given("The file."), "default": problem},
        }}),
    );
    paths.insert(
        format!("{API_PREFIX}/attachments/{{attachment_id}}/file"),
        json!({"get": {
            "operationId": "attachment.file",
            "summary": "Gives the content of an attachment as it is.",
            "tags": ["attachment"],
            "x-scope": "read",
            "parameters": [id("attachment_id")],
            "responses": {"200": given("The content."), "default": problem},
        }}),
    );
    let transfer = generator.subschema_for::<crate::transfer::Transfer>();
    paths.insert(
        format!("{API_PREFIX}/imports/file"),
        json!({"post": {
            "operationId": "import.file",
            "summary": "Takes a file in, at most 2 GiB, and starts to import it.",
            "tags": ["import"],
            "x-scope": "write",
            "parameters": [{
                "name": "project_id", "in": "query", "required": false, "schema": {"type": "string"},
                "description": "The project that new chats go to; that of the export where absent.",
            }],
            "requestBody": {"required": true, "content": {"application/octet-stream": {"schema": bytes}}},
            "responses": {
                "202": {
                    "description": "It has begun.",
                    "headers": {"Location": header("Where the transfer is.")},
                    "content": {"application/json": {"schema": transfer}},
                },
                "default": problem,
            },
        }}),
    );
}

fn header(description: &str) -> Value {
    json!({"description": description, "schema": {"type": "string"}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_document_is_up_to_date() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        let fresh = serde_json::to_string_pretty(&document(env!("CARGO_PKG_VERSION"))).unwrap() + "\n";
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        if committed != fresh {
            std::fs::write(&path, &fresh).unwrap();
            panic!("openapi.json was out of date and has been written again; look at the change and commit it");
        }
    }

    #[test]
    fn every_reference_has_a_definition() {
        fn walk(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(map) => {
                    if let Some(Value::String(path)) = map.get("$ref") {
                        found.push(path.clone());
                    }
                    map.values().for_each(|child| walk(child, found));
                }
                Value::Array(items) => items.iter().for_each(|child| walk(child, found)),
                _ => {}
            }
        }
        let document = document("0");
        let mut references = Vec::new();
        walk(&document, &mut references);
        assert!(references.len() > 20);
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }
}
