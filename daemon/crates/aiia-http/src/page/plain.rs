//! The page for browsers without JavaScript: lists, reads and sends by links and a form.

use std::fmt::Write;

use aiia_engine::Session;
use aiia_protocol::chat::{Chat, ChatRef, CreateChat, ListChats};
use aiia_protocol::id::{ChatId, ProjectId};
use aiia_protocol::markdown::{MOST_BYTES, RenderMarkdown};
use aiia_protocol::message::{ListMessages, Message, MessageStatus, Order, Role};
use aiia_protocol::operation::{
    ChatCreate, ChatGet, ChatList, MarkdownRender, MessageList, ProjectCreate, ProjectList, RunStart,
};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::project::{CreateProject, ListProjects, Project};
use aiia_protocol::run::StartRun;
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::envelope::Failure;
use crate::guard::Access;
use crate::router::App;
use crate::routes::open_session;

/// So many of each are listed.
const LISTED: u32 = 100;
/// While an answer is being written, the page reads itself again after so many seconds.
const AGAIN_SECONDS: u32 = 2;

/// What the page shows.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// The open chat.
    pub(super) chat: Option<ChatId>,
    /// The project whose chats are listed.
    pub(super) project: Option<ProjectId>,
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    chat: String,
    #[serde(default)]
    project: String,
    content: String,
}

/// The page.
pub(super) async fn page(app: &App, access: Access, shown: Shown) -> Result<String, Failure> {
    let session = open_session(app, &access, &HeaderMap::new());
    let projects = session.run::<ProjectList>(ListProjects { limit: Some(LISTED), ..Default::default() }).await?.items;
    let chat = match shown.chat {
        Some(chat_id) => Some(session.run::<ChatGet>(ChatRef { chat_id }).await?),
        None => None,
    };
    let project_id = chat.as_ref().map(|chat| chat.project_id.clone()).or(shown.project);
    let project = project_id.and_then(|id| projects.iter().find(|one| one.id == id)).or(projects.first());
    let list = ListChats { project_id: project.map(|one| one.id.clone()), limit: Some(LISTED), ..Default::default() };
    let chats = session.run::<ChatList>(list).await?.items;
    let mut messages = Vec::new();
    if let Some(chat) = &chat {
        let newest = ListMessages { order: Order::Newest, limit: Some(LISTED), ..ListMessages::new(chat.id.clone()) };
        messages = session.run::<MessageList>(newest).await?.items;
        messages.truncate(fitting(&messages));
        messages.reverse();
    }
    let texts = messages.iter().map(|message| message.content.clone()).collect();
    let rendered = session.run::<MarkdownRender>(RenderMarkdown { texts }).await?.documents;
    let bodies = rendered.into_iter().map(|document| document.blocks.into_iter().map(|block| block.html).collect());
    Ok(html(&projects, project, &chats, chat.as_ref(), &messages, &bodies.collect::<Vec<String>>()))
}

/// How many of the messages can be shown, the newest first.
fn fitting(messages: &[Message]) -> usize {
    let sizes = messages.iter().scan(0, |sum, message| {
        *sum += message.content.len();
        Some(*sum)
    });
    sizes.take_while(|sum| *sum <= MOST_BYTES).count()
}

/// Stores the question, starts the answer and goes back to the page.
pub(super) async fn send(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    form: Result<Form<Question>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(question) = form.map_err(|rejection| {
        let code = if rejection.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            ProblemCode::UnsupportedMediaType
        } else {
            ProblemCode::InvalidParams
        };
        Problem::new(code, "The form could not be read.")
    })?;
    let session = open_session(&app, &access, &HeaderMap::new());
    // What changes something goes on to its end when the browser leaves in the middle.
    let stored = tokio::spawn(async move { ask(&session, question).await });
    let chat_id = stored.await.map_err(|_| crate::envelope::panicked())??;
    let back = HeaderValue::from_str(&format!("/?plain&chat={chat_id}"))
        .map_err(|_| Problem::new(ProblemCode::Internal, "The chat has no address."))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response())
}

async fn ask(session: &Session, question: Question) -> Result<ChatId, Problem> {
    if question.content.trim().is_empty() {
        return Err(
            Problem::new(ProblemCode::InvalidParams, "There is no question.").with_hint("Go back and write one.")
        );
    }
    let chat_id = if question.chat.is_empty() {
        let project_id = if question.project.is_empty() {
            session.run::<ProjectCreate>(CreateProject::new("My chats")).await?.id
        } else {
            ProjectId::from(question.project)
        };
        session.run::<ChatCreate>(CreateChat::new(project_id)).await?.id
    } else {
        ChatId::from(question.chat)
    };
    session.run::<RunStart>(StartRun::new(chat_id.clone(), question.content)).await?;
    Ok(chat_id)
}

fn html(
    projects: &[Project],
    project: Option<&Project>,
    chats: &[Chat],
    chat: Option<&Chat>,
    messages: &[Message],
    bodies: &[String],
) -> String {
    let title = chat.map_or("aiia", |chat| if chat.title.is_empty() { "New chat" } else { &chat.title });
    let mut page = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    // The form names its origin only under this policy.
    page.push_str("<meta name=\"referrer\" content=\"same-origin\">\n<link rel=\"icon\" href=\"data:,\">\n");
    page.push_str("<link rel=\"stylesheet\" href=\"/page/view.css\">\n");
    if messages.iter().any(|message| message.status == MessageStatus::Streaming) {
        let _ = writeln!(page, "<meta http-equiv=\"refresh\" content=\"{AGAIN_SECONDS}\">");
    }
    let _ = writeln!(page, "<title>{}</title>\n</head>\n<body class=\"plain-page\">", escape(title));
    let _ = writeln!(page, "<header><h1>{}</h1></header>\n<nav aria-label=\"Projects\"><ul>", escape(title));
    for one in projects {
        let current = if project.is_some_and(|project| project.id == one.id) { " aria-current=\"true\"" } else { "" };
        let _ = writeln!(
            page,
            "<li><a href=\"/?plain&amp;project={}\"{current}>{}</a></li>",
            escape(one.id.as_str()),
            escape(&one.name)
        );
    }
    page.push_str("</ul></nav>\n<nav aria-label=\"Chats\"><ul>\n");
    for one in chats {
        let current = if chat.is_some_and(|chat| chat.id == one.id) { " aria-current=\"page\"" } else { "" };
        let title = if one.title.is_empty() { "New chat" } else { &one.title };
        let _ = writeln!(
            page,
            "<li><a href=\"/?plain&amp;chat={}\"{current}>{}</a></li>",
            escape(one.id.as_str()),
            escape(title)
        );
    }
    page.push_str("</ul></nav>\n<main>\n");
    let all = chat.map_or(0, |chat| chat.message_count);
    if all > messages.len() as u64 {
        let shown = match messages.len() {
            0 => "The last message is too long to be shown here.".to_owned(),
            1 => format!("Of {all} messages, the last one is shown."),
            shown => format!("Of {all} messages, the last {shown} are shown."),
        };
        let _ = writeln!(page, "<p class=\"note\">{shown}</p>");
    }
    for (message, body) in messages.iter().zip(bodies) {
        let who = match message.role {
            Role::User => "You",
            Role::Assistant => "aiia",
            Role::System => continue,
        };
        let state = match message.status {
            MessageStatus::Complete => "",
            MessageStatus::Streaming => "The answer is being written.",
            MessageStatus::Interrupted => "The daemon ended before the answer was complete.",
            MessageStatus::Cancelled => "Stopped.",
            MessageStatus::Failed => "Failed.",
        };
        let _ = writeln!(page, "<article><h2>{who}</h2>\n<div class=\"content\">{body}</div>");
        if !state.is_empty() {
            let _ = writeln!(page, "<p class=\"note\">{state}</p>");
        }
        page.push_str("</article>\n");
    }
    let hidden =
        |name: &str, value: &str| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value));
    let _ = writeln!(
        page,
        "<form method=\"post\" action=\"/plain\">{}{}\n<label for=\"content\">Your message</label>\n\
         <textarea id=\"content\" name=\"content\" rows=\"4\" required></textarea>\n<button type=\"submit\">Send</button>\n</form>",
        hidden("chat", chat.map_or("", |chat| chat.id.as_str())),
        hidden("project", project.map_or("", |project| project.id.as_str())),
    );
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// Text as HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
