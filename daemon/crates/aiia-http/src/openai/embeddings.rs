//! `POST /v1/embeddings`: passed on to servers that have them, and counted for the project that `X-Aiia-Project` names.

use aiia_engine::completion::Embeddings;
use aiia_protocol::operation::Scope;
use aiia_protocol::problem::{Problem, ProblemCode};
use axum::extract::{Request, State};
use axum::{Extension, Json};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::envelope::Failure;
use crate::guard::Access;
use crate::router::App;
use crate::routes::{body, open_session};

/// Texts in one request, as `OpenAI` has it.
const MOST: usize = 2048;

/// What is asked for.
#[derive(Debug, PartialEq)]
struct Wanted {
    model: String,
    texts: Vec<String>,
    dimensions: Option<u32>,
    /// The numbers as little-endian 32-bit floats in Base64: what `OpenAI`'s own clients ask for.
    base64: bool,
}

pub(super) async fn embeddings(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    request: Request,
) -> Result<Json<Value>, Failure> {
    let (parts, body) = request.into_parts();
    let session = open_session(&app, &access, &parts.headers);
    session.require(Scope::Write, "/v1/embeddings")?;
    let wanted = read(body::read_json(&parts.headers, body, app.limits).await?)?;
    let project = parts.headers.get("x-aiia-project").and_then(|value| value.to_str().ok()).map(Into::into);
    let (model, embeddings) = session.embed(&wanted.model, wanted.texts, wanted.dimensions, project).await?;
    Ok(Json(answer(&model, &embeddings, wanted.base64)))
}

fn invalid(pointer: &str, detail: &str) -> Problem {
    Problem::new(ProblemCode::InvalidParams, detail).with_error(pointer, detail)
}

fn read(body: Option<Value>) -> Result<Wanted, Problem> {
    let body = body.filter(Value::is_object).ok_or_else(|| invalid("", "The body must be a JSON object."))?;
    let model = body.get("model").and_then(Value::as_str).filter(|model| !model.is_empty());
    let model = model.ok_or_else(|| invalid("/model", "An embedding model must be named."))?.to_owned();
    let texts: Option<Vec<String>> = match body.get("input") {
        Some(Value::String(text)) => Some(vec![text.clone()]),
        Some(Value::Array(list)) => list.iter().map(|text| text.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    let texts = texts.filter(|texts| (1..=MOST).contains(&texts.len()) && texts.iter().all(|text| !text.is_empty()));
    let texts = texts.ok_or_else(|| invalid("/input", "The input must be a text, or a list of 1 to 2048 texts."))?;
    let dimensions = match body.get("dimensions") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let number = value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0);
            Some(number.ok_or_else(|| invalid("/dimensions", "`dimensions` must be a whole number from 1 on."))?)
        }
    };
    let base64 = match body.get("encoding_format").map(|format| format.as_str()) {
        None | Some(Some("float")) => false,
        Some(Some("base64")) => true,
        Some(_) => return Err(invalid("/encoding_format", "The format must be float or base64.")),
    };
    Ok(Wanted { model, texts, dimensions, base64 })
}

fn answer(model: &str, embeddings: &Embeddings, base64: bool) -> Value {
    let data: Vec<Value> = embeddings
        .vectors
        .iter()
        .enumerate()
        .map(|(index, vector)| {
            let vector = if base64 {
                let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
                BASE64_STANDARD.encode(bytes).into()
            } else {
                json!(vector)
            };
            json!({"object": "embedding", "index": index, "embedding": vector})
        })
        .collect();
    let tokens = embeddings.tokens.unwrap_or(0);
    json!({
        "object": "list", "data": data, "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_asked_is_refused_with_its_place() {
        for (body, pointer) in [
            (json!([]), ""),
            (json!({"input": "x"}), "/model"),
            (json!({"model": "o/e"}), "/input"),
            (json!({"model": "o/e", "input": []}), "/input"),
            (json!({"model": "o/e", "input": [1, 2]}), "/input"),
            (json!({"model": "o/e", "input": ""}), "/input"),
            (json!({"model": "o/e", "input": "x", "dimensions": 0}), "/dimensions"),
            (json!({"model": "o/e", "input": "x", "encoding_format": "int8"}), "/encoding_format"),
        ] {
            let problem = read(Some(body.clone())).unwrap_err();
            assert_eq!((problem.status, problem.errors[0].pointer.as_str()), (400, pointer), "{body}");
        }
    }

    #[test]
    fn numbers_come_as_the_client_wants_them() {
        let embeddings = Embeddings { vectors: vec![vec![1.0, -2.0]], tokens: Some(3) };
        assert_eq!(answer("o/e", &embeddings, false)["data"][0]["embedding"], json!([1.0, -2.0]));
        assert_eq!(answer("o/e", &embeddings, true)["data"][0]["embedding"], "AACAPwAAAMA=");
        assert_eq!(answer("o/e", &embeddings, true)["usage"]["total_tokens"], 3);
    }
}
