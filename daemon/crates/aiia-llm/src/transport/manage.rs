//! What a model server can be asked beside answers: about one model, to get one, to delete one.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::client::{Clients, authorised, connection_error, presentable, redacted};
use super::lines::{LineSplitter, MAX_LINE};
use super::listing::believable;
use crate::dialect::failure;
use crate::error::{LlmError, LlmErrorKind};
use crate::provider::{Dialect, ProviderConfig, Timeouts, shown};
use crate::weights::{OnProgress, PullProgress};

/// The longest answer about a model that is read, in bytes.
const MAX_ANSWER: usize = 16 << 20;
/// How long a server may check what it has got, in silence: tens of gigabytes take minutes from a slow disk.
const VERIFYING: Duration = Duration::from_mins(30);
/// A pull tells of its progress in many small lines.
const MAX_PULL: usize = 256 << 20;

/// The largest window that is asked of an Ollama server without the user's word: it sets memory aside for all of it.
const OLLAMA_WINDOW: u64 = 16_384;

/// What a server tells about one model.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Shown {
    /// Its context window in tokens.
    pub(crate) context_window: Option<u32>,
    /// How many parameters it has, as the server says it.
    pub(crate) parameters: Option<String>,
    /// How they are stored, as the server says it.
    pub(crate) quantization: Option<String>,
    /// Whether it takes images.
    pub(crate) sees: Option<bool>,
}

/// Asks about a model: Ollama by `/api/show`, a server on this machine that may be llama.cpp's by `/props`. Nothing is known of
/// others.
pub(crate) async fn show(
    clients: &Clients,
    provider: &ProviderConfig,
    model: &str,
    timeouts: &Timeouts,
) -> Result<Shown, LlmError> {
    let asked = async {
        match provider.dialect {
            Dialect::Ollama => {
                let url = provider.endpoint("/api/show")?;
                let body = json!({"model": model});
                let response = send(clients, provider, Method::POST, &url, Some(&body), timeouts).await?;
                Ok(shown_by_ollama(&read(response, provider, &url, timeouts).await?))
            }
            Dialect::OpenaiChat | Dialect::CompletionsFim if provider.is_local() => {
                let mut url = provider.endpoint("")?;
                let path = url.path().trim_end_matches('/').trim_end_matches("/v1").to_owned();
                url.set_path(&format!("{path}/props"));
                let response = send(clients, provider, Method::GET, &url, None, timeouts).await?;
                Ok(shown_by_llama_cpp(&read(response, provider, &url, timeouts).await?))
            }
            _ => Ok(Shown::default()),
        }
    };
    tokio::time::timeout(timeouts.list, asked).await.unwrap_or_else(|_| {
        Err(LlmError::new(
            LlmErrorKind::FirstTokenTimeout,
            format!("{} told nothing about {model} within {} s.", provider.shown_url(), timeouts.list.as_secs_f32()),
            "The server may be busy; ask again.",
        ))
    })
}

fn shown_by_ollama(answer: &Value) -> Shown {
    let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let family = text("/model_info/general.architecture").unwrap_or_default();
    let trained = answer.pointer("/model_info").and_then(|info| info.get(format!("{family}.context_length")));
    let trained = trained.and_then(Value::as_u64).map(|tokens| tokens.min(OLLAMA_WINDOW));
    let capabilities = answer.get("capabilities").and_then(Value::as_array);
    // What the model's own file sets is the user's word.
    let parameters = text("/parameters").unwrap_or_default();
    let set = parameters.lines().find_map(|line| line.trim().strip_prefix("num_ctx")?.trim().parse().ok());
    Shown {
        context_window: believable(set.or(trained).and_then(|tokens: u64| u32::try_from(tokens).ok())),
        parameters: text("/details/parameter_size"),
        quantization: text("/details/quantization_level"),
        sees: capabilities.map(|list| list.iter().any(|one| one == "vision")),
    }
}

fn shown_by_llama_cpp(answer: &Value) -> Shown {
    let window = answer.pointer("/default_generation_settings/n_ctx").and_then(Value::as_u64);
    let window = window.and_then(|tokens| u32::try_from(tokens).ok());
    let sees = answer.pointer("/modalities/vision").and_then(Value::as_bool);
    Shown { context_window: believable(window), sees, ..Shown::default() }
}

/// Has an Ollama server get a model. Cancelling closes the connection, upon which Ollama stops and keeps what it has.
pub(crate) async fn pull(
    clients: &Clients,
    provider: &ProviderConfig,
    model: &str,
    timeouts: &Timeouts,
    progress: OnProgress<'_>,
    cancel: &CancellationToken,
) -> Result<(), LlmError> {
    let pulled = async {
        let url = provider.endpoint("/api/pull")?;
        let body = json!({"model": model, "stream": true});
        let mut response =
            checked(send(clients, provider, Method::POST, &url, Some(&body), timeouts).await?, &url, provider).await?;
        let mut lines = LineSplitter::new(MAX_LINE, MAX_PULL);
        // A server that is silent for longer has died.
        let mut silence = timeouts.first_token;
        loop {
            let chunk = tokio::time::timeout(silence, response.chunk())
                .await
                .map_err(|_| silent(provider))?
                .map_err(|error| broken(provider, &error.without_url().to_string()))?;
            let Some(chunk) = chunk else {
                let last = lines.finish().ok().flatten().unwrap_or_default();
                if step(&last, provider, progress)? {
                    return Ok(());
                }
                return Err(broken(provider, "it ended before it was done"));
            };
            let (complete, fault) = lines.push(&chunk);
            for line in complete {
                if step(&line, provider, progress)? {
                    return Ok(());
                }
                // It reads all that it has got and says nothing meanwhile.
                let verifies = line.contains("verifying");
                silence = if verifies { VERIFYING.max(timeouts.first_token) } else { timeouts.first_token };
            }
            if fault.is_some() {
                return Err(broken(provider, "it does not speak as Ollama does"));
            }
        }
    };
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(LlmError::cancelled()),
        result = pulled => result,
    }
}

/// The error for a pull of which nothing is heard any more.
fn silent(provider: &ProviderConfig) -> LlmError {
    LlmError::new(
        LlmErrorKind::IdleTimeout,
        redacted(provider, &format!("'{}' fell silent while it gets the model.", provider.name)),
        "It may go on there: the same command follows it. If it does not, look into the model server's log.",
    )
}

/// What to do about a pull that has failed with these words.
fn hint_of_pull(words: &str) -> &'static str {
    let words = words.to_lowercase();
    if words.contains("no space left") {
        "Make room on the disk of the server."
    } else if words.contains("digest mismatch") {
        "What came is not what it should be: get it once more, by the same command."
    } else if words.contains("newer version of ollama") || words.contains("requires a newer") {
        "Bring the Ollama server up to date."
    } else {
        "Check the model's name and the server's network."
    }
}

/// Reads a line of a pull; true when it was the last.
fn step(line: &str, provider: &ProviderConfig, progress: OnProgress<'_>) -> Result<bool, LlmError> {
    if line.trim().is_empty() {
        return Ok(false);
    }
    let line: Value = serde_json::from_str(line).map_err(|_| broken(provider, "it does not speak as Ollama does"))?;
    if let Some(error) = line.get("error").and_then(Value::as_str) {
        let error = LlmError::new(
            LlmErrorKind::ModelMissing,
            format!("'{}' could not get the model: {}.", provider.name, failure::words(error)),
            hint_of_pull(error),
        );
        return Err(presentable(provider, error));
    }
    let status = line.get("status").and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |name: &str| line.get(name).and_then(Value::as_u64);
    let done = status == "success";
    progress(PullProgress { step: status, completed: number("completed").unwrap_or(0), total: number("total") });
    Ok(done)
}

/// Has an Ollama server delete a model.
pub(crate) async fn delete(
    clients: &Clients,
    provider: &ProviderConfig,
    model: &str,
    timeouts: &Timeouts,
) -> Result<(), LlmError> {
    let url = provider.endpoint("/api/delete")?;
    let deleted = async {
        let response = send(clients, provider, Method::DELETE, &url, Some(&json!({"model": model})), timeouts).await?;
        checked(response, &url, provider).await.map(drop).map_err(|error| match error.kind {
            LlmErrorKind::Server => {
                let hint = "Look into the model server's log; the model may still be there.".to_owned();
                LlmError { hint, ..error }
            }
            _ => error,
        })
    };
    tokio::time::timeout(timeouts.first_token, deleted)
        .await
        .unwrap_or_else(|_| Err(broken(provider, "it did not answer in time")))
}

pub(super) async fn send(
    clients: &Clients,
    provider: &ProviderConfig,
    method: Method,
    url: &Url,
    body: Option<&Value>,
    timeouts: &Timeouts,
) -> Result<Response, LlmError> {
    let client = clients.for_url(url, timeouts)?;
    let mut request = authorised(client.request(method, url.clone()), provider);
    if let Some(body) = body {
        request = request.json(body);
    }
    request.send().await.map_err(|error| connection_error(&error, provider, url, timeouts.connect))
}

async fn checked(mut response: Response, url: &Url, provider: &ProviderConfig) -> Result<Response, LlmError> {
    let status = response.status().as_u16();
    if (300..400).contains(&status) {
        return Err(super::stream::redirect_error(response.status(), response.headers(), provider, url));
    }
    if status < 400 {
        return Ok(response);
    }
    let content_type = super::answer::content_type(response.headers());
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_LINE {
            break;
        }
    }
    let error = failure::of_response(status, &content_type, &String::from_utf8_lossy(&body), &shown(url));
    Err(presentable(provider, error))
}

pub(super) async fn read(
    response: Response,
    provider: &ProviderConfig,
    url: &Url,
    timeouts: &Timeouts,
) -> Result<Value, LlmError> {
    let mut response = checked(response, url, provider).await?;
    let mut body = Vec::new();
    while let Some(chunk) =
        response.chunk().await.map_err(|error| connection_error(&error, provider, url, timeouts.connect))?
    {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER {
            return Err(broken(provider, "its answer is too long"));
        }
    }
    serde_json::from_slice(&body).map_err(|_| broken(provider, "its answer is no JSON"))
}

pub(super) fn broken(provider: &ProviderConfig, why: &str) -> LlmError {
    LlmError::new(
        LlmErrorKind::CutOff,
        redacted(provider, &format!("'{}' cannot be used for this: {why}.", provider.name)),
        "Look into the model server's log, then try again.",
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use rstest::rstest;

    use super::*;

    #[test]
    fn what_servers_tell_of_a_model_is_read() {
        let ollama = json!({"details": {"parameter_size": "7.6B", "quantization_level": "Q4_K_M"},
            "model_info": {"general.architecture": "qwen2", "qwen2.context_length": 32768}});
        let expected = Shown {
            context_window: Some(16384),
            parameters: Some("7.6B".to_owned()),
            quantization: Some("Q4_K_M".to_owned()),
            sees: None,
        };
        assert_eq!(shown_by_ollama(&ollama), expected);
        let set = json!({"parameters": "stop \"<x>\"\nnum_ctx                        65536",
            "model_info": {"general.architecture": "qwen2", "qwen2.context_length": 32768}});
        assert_eq!(shown_by_ollama(&set).context_window, Some(65536));
        assert_eq!(shown_by_ollama(&json!([])), Shown::default());
        let llama = json!({"default_generation_settings": {"n_ctx": 4096}});
        assert_eq!(shown_by_llama_cpp(&llama).context_window, Some(4096));
        for (list, sees) in [(json!(["completion"]), false), (json!(["completion", "vision"]), true)] {
            assert_eq!(shown_by_ollama(&json!({"capabilities": list})).sees, Some(sees));
            assert_eq!(shown_by_llama_cpp(&json!({"modalities": {"vision": sees}})).sees, Some(sees));
        }
        for none in [0, 1, 255] {
            let llama = json!({"default_generation_settings": {"n_ctx": none}});
            assert_eq!(shown_by_llama_cpp(&llama).context_window, None);
        }
    }

    #[rstest]
    #[case("write /models/x: no space left on device", "Make room")]
    #[case("digest mismatch, file must be downloaded again: want sha256:1, got sha256:2", "once more")]
    #[case("pull model manifest: file does not exist", "Check the model's name")]
    fn what_to_do_about_a_pull_that_failed(#[case] error: &str, #[case] hint: &str) {
        let provider = ProviderConfig::new("o", Dialect::Ollama, "http://127.0.0.1:1");
        let line = json!({ "error": error }).to_string();
        let told = step(&line, &provider, &|_| ()).unwrap_err();
        assert!(told.hint.contains(hint), "{}", told.hint);
    }

    #[rstest]
    #[case(r#"{"status":"pulling manifest"}"#, Some(false))]
    #[case(r#"{"status":"pulling abc","completed":5,"total":10}"#, Some(false))]
    #[case(r#"{"status":"success"}"#, Some(true))]
    #[case("", Some(false))]
    #[case(r#"{"error":"pull model manifest: file does not exist"}"#, None)]
    #[case("<html>", None)]
    fn a_line_of_a_pull_is_read(#[case] line: &str, #[case] done: Option<bool>) {
        let provider = ProviderConfig::new("o", Dialect::Ollama, "http://127.0.0.1:1");
        let told = Mutex::new(Vec::new());
        let result = step(line, &provider, &|progress| told.lock().unwrap().push(progress));
        assert_eq!(result.ok(), done);
        if line.contains("total") {
            let expected = PullProgress { step: "pulling abc".to_owned(), completed: 5, total: Some(10) };
            assert_eq!(told.into_inner().unwrap(), [expected]);
        }
    }
}
