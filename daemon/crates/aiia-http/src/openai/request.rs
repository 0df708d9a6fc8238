//! What a client asks for.

use aiia_engine::completion::{Picture, Turn};
use aiia_protocol::message::Role;
use aiia_protocol::problem::{FieldError, Problem, ProblemCode};
use aiia_protocol::settings::Parameters;
use axum::http::HeaderMap;
use serde_json::Value;

/// A request for a completion.
#[derive(Debug, PartialEq)]
pub(super) struct Completion {
    /// `provider/model`; the default one where absent.
    pub(super) model: Option<String>,
    /// The conversation, oldest first.
    pub(super) messages: Vec<Turn>,
    pub(super) parameters: Parameters,
    pub(super) stream: bool,
    /// Whether the stream ends with what was used.
    pub(super) include_usage: bool,
    /// The chat to ask in.
    pub(super) chat_id: Option<String>,
    /// The project to keep the conversation in.
    pub(super) project_id: Option<String>,
}

fn invalid(pointer: &str, detail: impl Into<String>) -> Problem {
    let detail = detail.into();
    Problem::new(ProblemCode::InvalidParams, detail.clone()).with_error(pointer, detail)
}

impl Completion {
    /// Reads the body. What cannot be done is refused; hints such as `seed`, `user` or `top_p` are not heeded.
    pub(super) fn read(headers: &HeaderMap, body: Option<Value>) -> Result<Self, Problem> {
        let body = body.filter(Value::is_object).ok_or_else(|| invalid("", "The body must be a JSON object."))?;
        for (name, what) in [("tools", "Tools"), ("functions", "Functions"), ("audio", "Audio")] {
            if body
                .get(name)
                .is_some_and(|value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()))
            {
                return Err(invalid(&format!("/{name}"), format!("{what} are not supported.")));
            }
        }
        if body.get("n").is_some_and(|n| !n.is_null() && n != 1) {
            return Err(invalid("/n", "Only one choice can be made at a time; n must be 1."));
        }
        let format = body.pointer("/response_format/type").and_then(Value::as_str);
        if format.is_some_and(|format| format != "text") {
            return Err(invalid("/response_format", "Only the response format “text” is supported."));
        }
        let messages = body.get("messages").and_then(Value::as_array).filter(|list| !list.is_empty());
        let messages = messages.ok_or_else(|| invalid("/messages", "There must be at least one message."))?;
        let messages: Vec<Turn> = messages
            .iter()
            .enumerate()
            .map(|(index, message)| read_message(index, message))
            .collect::<Result<_, _>>()?;
        if messages.last().is_none_or(|turn| turn.role != Role::User) {
            return Err(invalid("/messages", "The last message must be one of the user."));
        }
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let metadata = |name: &str| match body.pointer(&format!("/metadata/{name}")) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(id)) => Ok(Some(id.clone())),
            Some(_) => Err(invalid(&format!("/metadata/{name}"), format!("`{name}` must be a text."))),
        };
        let (chat_id, project_id) = (metadata("chat_id")?, metadata("project_id")?);
        let model = text(&body, "model")?.filter(|model| !model.is_empty() && model != "default" && model != "aiia");
        Ok(Self {
            model,
            messages,
            parameters: parameters(&body)?,
            stream: flag(&body, "/stream")?,
            include_usage: flag(&body, "/stream_options/include_usage")?,
            chat_id: header("x-aiia-chat").or(chat_id),
            project_id: header("x-aiia-project").or(project_id),
        })
    }
}

fn parameters(body: &Value) -> Result<Parameters, Problem> {
    let number = |name: &str, most: f64| match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_f64()
            .filter(|number| (0.0..=most).contains(number))
            .map(Some)
            .ok_or_else(|| invalid(&format!("/{name}"), format!("`{name}` must be a number from 0 to {most}."))),
    };
    let count = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            // Some clients write whole numbers with a point.
            let number = value.as_f64().filter(|number| number.fract() == 0.0);
            number
                .filter(|number| (1.0..=f64::from(u32::MAX)).contains(number))
                .map(|number| Some(number as u32))
                .ok_or_else(|| invalid(&format!("/{name}"), format!("`{name}` must be a whole number from 1 on.")))
        }
    };
    let max_tokens = match count("max_completion_tokens")? {
        Some(tokens) => Some(tokens),
        None => count("max_tokens")?,
    };
    let stop = match body.get("stop") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(vec![text.clone()]),
        Some(Value::Array(list)) => {
            let texts = list.iter().map(|text| text.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
            Some(texts.ok_or_else(|| invalid("/stop", "`stop` must be a text or a list of texts."))?)
        }
        Some(_) => return Err(invalid("/stop", "`stop` must be a text or a list of texts.")),
    };
    Ok(Parameters { temperature: number("temperature", 2.0)?, max_tokens, stop: stop.filter(|stop| !stop.is_empty()) })
}

fn text(body: &Value, name: &str) -> Result<Option<String>, Problem> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(invalid(&format!("/{name}"), format!("`{name}` must be a text."))),
    }
}

fn flag(body: &Value, pointer: &str) -> Result<bool, Problem> {
    match body.pointer(pointer) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(invalid(pointer, "It must be true or false.")),
    }
}

fn read_message(index: usize, message: &Value) -> Result<Turn, Problem> {
    let pointer = format!("/messages/{index}");
    let role = match message.get("role").and_then(Value::as_str) {
        Some("system" | "developer") => Role::System,
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        _ => return Err(invalid(&format!("{pointer}/role"), "The role must be system, developer, user or assistant.")),
    };
    match message.get("content") {
        Some(Value::String(text)) => Ok(Turn::new(role, text)),
        Some(Value::Array(parts)) => read_parts(role, parts, &pointer),
        Some(Value::Null) | None if role == Role::Assistant => Ok(Turn::new(role, "")),
        _ => Err(invalid(&format!("{pointer}/content"), "The content must be a text or a list of parts.")),
    }
}

/// A message of several parts: texts, and of the user images.
fn read_parts(role: Role, parts: &[Value], pointer: &str) -> Result<Turn, Problem> {
    let (mut texts, mut images) = (Vec::new(), Vec::new());
    for (number, part) in parts.iter().enumerate() {
        let pointer = format!("{pointer}/content/{number}");
        let field = |pointer: &str| part.pointer(pointer).and_then(Value::as_str);
        match (field("/type"), field("/text"), field("/image_url/url")) {
            (Some("text"), Some(text), _) => texts.push(text),
            (Some("image_url"), _, Some(url)) if role == Role::User => {
                images.push(read_image(url, &format!("{pointer}/image_url/url"))?);
            }
            _ => {
                let detail = "Only parts of the type “text” are supported, and of the user “image_url”.";
                return Err(invalid(&pointer, detail));
            }
        }
    }
    Ok(Turn { images, ..Turn::new(role, texts.join("\n")) })
}

/// An image by its `data:` address. Others are not fetched: the daemon opens no address that a request names.
fn read_image(url: &str, pointer: &str) -> Result<Picture, Problem> {
    let data = url.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("data:")).map(|_| &url[5..]);
    let Some(data) = data else {
        let detail = "Images are taken as `data:image/png;base64,…` alone; addresses are not fetched.";
        return Err(invalid(pointer, detail));
    };
    let content = data.split_once(',').filter(|(kind, _)| kind.ends_with(";base64")).map(|(_, content)| content);
    let content = content.ok_or_else(|| invalid(pointer, "The data of an image must be Base64."))?;
    Picture::from_base64(content).map_err(|problem| Problem {
        errors: vec![FieldError { pointer: pointer.to_owned(), detail: problem.detail.clone() }],
        ..problem
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> Result<Completion, Problem> {
        Completion::read(&HeaderMap::new(), Some(body))
    }

    #[test]
    fn what_a_client_sends_is_understood() {
        let got = read(json!({
            "model": "a/b", "stream": true, "stream_options": {"include_usage": true}, "max_completion_tokens": 9, "stop": ".",
            "messages": [{"role": "developer", "content": "Be brief."}, {"role": "assistant", "content": null},
                         {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}],
            "temperature": 1, "n": 1, "tools": [], "metadata": {"chat_id": "c"}, "user": "u", "seed": 1,
        }))
        .unwrap();
        let parameters = Parameters { temperature: Some(1.0), max_tokens: Some(9), stop: Some(vec![".".into()]) };
        assert_eq!((got.model.as_deref(), got.stream, got.include_usage), (Some("a/b"), true, true));
        assert_eq!((got.parameters, got.chat_id.as_deref(), got.project_id), (parameters, Some("c"), None));
        let expected = [(Role::System, "Be brief."), (Role::Assistant, ""), (Role::User, "a\nb")];
        assert_eq!(got.messages, expected.map(|(role, text)| Turn::new(role, text)));
    }

    /// The beginning of a PNG.
    const PNG: &str = "data:image/png;base64,iVBORw0KGgo=";

    fn image(url: &str) -> Value {
        json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]})
    }

    #[test]
    fn images_come_with_their_data() {
        assert_eq!(read(image(PNG)).unwrap().messages[0].images.len(), 1);
        let text = read(image("data:image/png;base64,aGVsbG8=")).unwrap_err();
        assert_eq!(text.status, 415, "what it is is told by its bytes: {text:?}");
    }

    #[test]
    fn what_cannot_be_done_is_refused_with_its_place() {
        let hi = json!([{"role": "user", "content": "hi"}]);
        for (body, pointer) in [
            (json!([]), ""),
            (json!({}), "/messages"),
            (json!({"messages": []}), "/messages"),
            (json!({"messages": [{"role": "assistant", "content": "x"}]}), "/messages"),
            (json!({"messages": [{"role": "tool", "content": "x"}]}), "/messages/0/role"),
            (json!({"messages": [{"role": "user"}]}), "/messages/0/content"),
            (json!({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}), "/messages/0/content/0"),
            (image("https://example.org/a.png"), "/messages/0/content/0/image_url/url"),
            (image("file:///etc/passwd"), "/messages/0/content/0/image_url/url"),
            (image("data:image/png,abc"), "/messages/0/content/0/image_url/url"),
            (image("data:image/png;base64,???"), "/messages/0/content/0/image_url/url"),
            (image("é"), "/messages/0/content/0/image_url/url"),
            (
                json!({"messages": [{"role": "assistant", "content": [{"type": "image_url", "image_url": {"url": PNG}}]}]}),
                "/messages/0/content/0",
            ),
            (json!({"messages": hi, "n": 2}), "/n"),
            (json!({"messages": hi, "tools": [{}]}), "/tools"),
            (json!({"messages": hi, "temperature": 3}), "/temperature"),
            (json!({"messages": hi, "max_tokens": 0}), "/max_tokens"),
            (json!({"messages": hi, "max_tokens": 0.5}), "/max_tokens"),
            (json!({"messages": hi, "max_completion_tokens": 2.5}), "/max_completion_tokens"),
            (json!({"messages": hi, "metadata": {"chat_id": 5}}), "/metadata/chat_id"),
            (json!({"messages": hi, "stop": 1}), "/stop"),
            (json!({"messages": hi, "stream": "yes"}), "/stream"),
            (json!({"messages": hi, "model": 1}), "/model"),
            (json!({"messages": hi, "response_format": {"type": "json_object"}}), "/response_format"),
        ] {
            let problem = read(body.clone()).unwrap_err();
            assert_eq!((problem.status, problem.errors[0].pointer.as_str()), (400, pointer), "{body}");
        }
    }
}
