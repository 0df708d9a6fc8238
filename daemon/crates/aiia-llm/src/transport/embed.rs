//! Vectors of texts.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::Clients;
use super::manage::{broken, read, send};
use crate::error::{LlmError, LlmErrorKind};
use crate::provider::{Dialect, ProviderConfig, Timeouts};

/// Vectors of texts, in their order.
#[derive(Clone, PartialEq, Debug)]
pub struct Embeddings {
    /// The vectors, each as long as the others.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens that were read, where the server tells.
    pub tokens: Option<u64>,
}

/// Asks a server for the vectors of `texts`: by `/embeddings` where it speaks as `OpenAI` does, by `/api/embed` Ollama.
pub(crate) async fn embed(
    clients: &Clients,
    provider: &ProviderConfig,
    model: &str,
    texts: &[String],
    dimensions: Option<u32>,
    timeouts: &Timeouts,
) -> Result<Embeddings, LlmError> {
    let mut body = json!({"model": model, "input": texts});
    let path = match provider.dialect {
        Dialect::Ollama => "/api/embed",
        Dialect::OpenaiChat | Dialect::OpenaiResponses | Dialect::CompletionsFim => {
            body["encoding_format"] = "float".into();
            "/embeddings"
        }
        Dialect::AnthropicMessages | Dialect::Gemini | Dialect::Embedded => return Err(none_here(&provider.name)),
    };
    if let Some(dimensions) = dimensions {
        body["dimensions"] = dimensions.into();
    }
    let url = provider.endpoint(path)?;
    let asked = async {
        let response = send(clients, provider, Method::POST, &url, Some(&body), timeouts).await?;
        read(response, provider, &url, timeouts).await
    };
    let answer = tokio::time::timeout(timeouts.first_token, asked).await.unwrap_or_else(|_| {
        Err(LlmError::new(
            LlmErrorKind::FirstTokenTimeout,
            format!("{} gave no embeddings within {} s.", provider.shown_url(), timeouts.first_token.as_secs_f32()),
            "Send fewer texts at once, or ask again.",
        ))
    })?;
    let vectors = vectors(&answer).filter(|vectors| {
        let length = vectors.first().map_or(0, Vec::len);
        vectors.len() == texts.len() && length > 0 && vectors.iter().all(|vector| vector.len() == length)
    });
    let counted = answer.pointer("/usage/prompt_tokens").or_else(|| answer.get("prompt_eval_count"));
    Ok(Embeddings {
        vectors: vectors.ok_or_else(|| broken(provider, "its answer is not one vector for each text"))?,
        tokens: counted.and_then(Value::as_u64),
    })
}

/// What is said of a provider that has none.
pub(crate) fn none_here(provider: &str) -> LlmError {
    LlmError::new(
        LlmErrorKind::BadRequest,
        format!("The provider '{provider}' gives no embeddings."),
        "Name an embedding model of an Ollama server or of one that speaks as OpenAI does, such as ollama/nomic-embed-text.",
    )
}

/// The vectors of an answer, in the order of the texts.
fn vectors(answer: &Value) -> Option<Vec<Vec<f32>>> {
    let vector = |value: &Value| {
        value.as_array()?.iter().map(|number| number.as_f64().map(|number| number as f32)).collect::<Option<Vec<_>>>()
    };
    if let Some(list) = answer.get("embeddings") {
        return list.as_array()?.iter().map(vector).collect();
    }
    let list = answer.get("data")?.as_array()?;
    let mut numbered = Vec::with_capacity(list.len());
    for (place, item) in list.iter().enumerate() {
        let index = item.get("index").and_then(Value::as_u64).unwrap_or(place as u64);
        numbered.push((index, vector(item.get("embedding")?)?));
    }
    numbered.sort_by_key(|(index, _)| *index);
    Some(numbered.into_iter().map(|(_, vector)| vector).collect())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::ollama(json!({"embeddings": [[1.0, 2.5], [3, 4]]}), Some(vec![vec![1.0, 2.5], vec![3.0, 4.0]]))]
    #[case::openai_in_any_order(
        json!({"data": [{"index": 1, "embedding": [3]}, {"index": 0, "embedding": [1]}]}), Some(vec![vec![1.0], vec![3.0]]))]
    #[case::without_numbers(json!({"data": [{"embedding": [1]}, {"embedding": [2]}]}), Some(vec![vec![1.0], vec![2.0]]))]
    #[case::text(json!({"data": [{"embedding": "AACAPw=="}]}), None)]
    #[case::nothing(json!({}), None)]
    fn vectors_of_answers(#[case] answer: Value, #[case] expected: Option<Vec<Vec<f32>>>) {
        assert_eq!(vectors(&answer), expected);
    }
}
