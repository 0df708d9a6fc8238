//! Asks the editor what its other language servers know: requests `aiia/editor/…` of the server, in a box of time.

use std::ops::Range;
use std::sync::{Arc, Weak};
use std::time::Duration;

use aiia_engine::editor::{Editor, EditorPlace};
use aiia_protocol::document::Diagnostic;
use aiia_text::{Document, Encoding};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_lsp::gen_lsp_types as lsp;

use crate::connection::Connection;
use crate::{capabilities, from_proto, to_proto};

/// How long an answer is waited for, where the client does not say otherwise, and at most. The user waits meanwhile.
const LIMIT: Duration = Duration::from_millis(150);
const MAX_LIMIT: Duration = Duration::from_secs(30);
/// More places than this are not taken of one name, and more of users of a symbol neither.
const MAX_PLACES: usize = 50;

/// What of it the client announced that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answers {
    definitions: bool,
    references: bool,
    diagnostics: bool,
    limit: Duration,
}

impl Answers {
    /// Reads the client's options: the list `editor` of what it answers, and how many milliseconds it wants for it.
    pub(crate) fn read(options: &Value) -> Self {
        let has = |name: &str| options["editor"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
        let limit = options["editorLimitMs"].as_u64().map_or(LIMIT, Duration::from_millis).min(MAX_LIMIT);
        Self { definitions: has("definitions"), references: has("references"), diagnostics: has("diagnostics"), limit }
    }
}

macro_rules! requests {
    ($($(#[doc = $doc:literal])* $name:ident = $method:literal, $params:ty => $result:ty;)*) => {
        $(
            $(#[doc = $doc])*
            enum $name {}

            impl lsp::Request for $name {
                type Params = $params;
                type Result = $result;
                const METHOD: lsp::LspRequestMethod<'static> = lsp::LspRequestMethod::Custom($method);
                const MESSAGE_DIRECTION: lsp::MessageDirection = lsp::MessageDirection::ServerToClient;
            }
        )*
    };
}

requests! {
    /// Where the names at some positions are defined.
    Definitions = "aiia/editor/definitions", Value => Option<FoundDefinitions>;
    /// Where what stands at a position is used.
    References = "aiia/editor/references", Value => Option<Vec<Option<Target>>>;
    /// What is said of a range.
    Diagnostics = "aiia/editor/diagnostics", Value => Option<Vec<lsp::Diagnostic>>;
}

#[derive(Deserialize, Serialize)]
struct FoundDefinitions {
    /// One list for each position, in their order.
    definitions: Vec<Option<Vec<Option<Target>>>>,
}

/// A `Location` or a `LocationLink`.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Target {
    Link(lsp::LocationLink),
    Location(lsp::Location),
}

impl Target {
    fn place(&self) -> Option<EditorPlace> {
        let (uri, range) = match self {
            Self::Link(link) => (&link.target_uri, link.target_selection_range),
            Self::Location(location) => (&location.uri, location.range),
        };
        let path = from_proto::path(uri).filter(|_| uri.scheme() == "file")?;
        Some(EditorPlace { path, line: range.start.line as usize + 1 })
    }
}

fn places(targets: &[Option<Target>]) -> Vec<EditorPlace> {
    targets.iter().flatten().filter_map(Target::place).take(MAX_PLACES).collect()
}

/// The editor of a connection.
struct ConnectedEditor(Weak<Connection>);

/// Lets the engine ask the editor of a connection, once the editor has said that it answers.
pub(crate) fn offer(connection: &Arc<Connection>, announced: &capabilities::Client) {
    let answers = announced.answers;
    if answers.definitions || answers.references || answers.diagnostics {
        connection.session.set_editor(Arc::new(ConnectedEditor(Arc::downgrade(connection))));
    }
}

struct Open {
    connection: Arc<Connection>,
    document: Document,
    encoding: Encoding,
    identifier: Value,
}

impl Open {
    fn position(&self, offset: usize) -> lsp::Position {
        to_proto::position(&self.document, offset, self.encoding)
    }

    async fn ask<R: lsp::Request<Params = Value>>(&self, mut params: Value) -> Option<R::Result> {
        params["textDocument"] = self.identifier.clone();
        let limit = self.connection.capabilities().answers.limit;
        // The rest is for the way of the answer.
        params["withinMs"] = json!(limit.as_millis() as u64 * 4 / 5);
        self.connection.ask::<R>(params, limit).await
    }
}

impl ConnectedEditor {
    /// The document, where the client answers what `answers` picks.
    fn open(&self, path: &str, answers: fn(&Answers) -> bool) -> Option<Open> {
        let connection = self.0.upgrade()?;
        let capabilities = connection.capabilities();
        if !answers(&capabilities.answers) {
            return None;
        }
        let open = connection.session.documents().get(path)?;
        let identifier = json!({ "uri": connection.uri(path)?, "version": open.version });
        let encoding = capabilities.encoding;
        Some(Open { connection, document: open.document, encoding, identifier })
    }
}

impl Editor for ConnectedEditor {
    fn definitions<'e>(&'e self, path: &'e str, offsets: Vec<usize>) -> BoxFuture<'e, Option<Vec<Vec<EditorPlace>>>> {
        async move {
            let open = self.open(path, |answers| answers.definitions)?;
            let positions: Vec<_> = offsets.iter().map(|offset| open.position(*offset)).collect();
            let found = open.ask::<Definitions>(json!({ "positions": positions })).await??.definitions;
            // An answer of another length tells nothing: what belongs to which name is not known.
            (found.len() == offsets.len())
                .then(|| found.iter().map(|targets| places(targets.as_deref().unwrap_or_default())).collect())
        }
        .boxed()
    }

    fn references<'e>(&'e self, path: &'e str, offset: usize) -> BoxFuture<'e, Option<Vec<EditorPlace>>> {
        async move {
            let open = self.open(path, |answers| answers.references)?;
            let found = open.ask::<References>(json!({ "position": open.position(offset) })).await??;
            Some(places(&found))
        }
        .boxed()
    }

    fn diagnostics<'e>(&'e self, path: &'e str, range: Range<usize>) -> BoxFuture<'e, Option<Vec<Diagnostic>>> {
        async move {
            let open = self.open(path, |answers| answers.diagnostics)?;
            let wanted = lsp::Range { start: open.position(range.start), end: open.position(range.end) };
            let found = open.ask::<Diagnostics>(json!({ "range": wanted })).await??;
            let inside = found.iter().filter(|diagnostic| from_proto::overlap(diagnostic.range, wanted));
            Some(inside.map(from_proto::diagnostic).collect())
        }
        .boxed()
    }
}
