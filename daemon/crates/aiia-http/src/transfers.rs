//! The files of exports and imports, which are too large for JSON: `GET /api/v1/transfers/{transfer_id}/file` gives one,
//! `POST /api/v1/imports/file` takes one.

use std::path::PathBuf;
use std::time::Duration;

use aiia_engine::Engine;
use aiia_protocol::id::{ProjectId, TransferId};
use aiia_protocol::operation::{ImportStart, Operation, TransferGet};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::transfer::{GetTransfer, StartImport, Transfer};
use axum::body::Body;
use axum::extract::{Path as PathParameter, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use futures::StreamExt;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

use crate::envelope::Failure;
use crate::guard::Access;
use crate::router::App;
use crate::routes::{open_session, query};

/// Bytes of a file that is handed over.
const LARGEST_UPLOAD: u64 = 2 << 30;
/// How long nothing of it may come.
const SILENCE: Duration = Duration::from_secs(30);

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/transfers/{transfer_id}/file", get(download))
        .route("/api/v1/imports/file", post(upload))
}

async fn download(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    PathParameter(id): PathParameter<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let wanted = GetTransfer { transfer_id: TransferId(id.clone()), wait: false };
    let transfer = open_session(&app, &access, &headers).run::<TransferGet>(wanted).await?;
    let gone =
        || Problem::not_found("file of a transfer", &id).with_hint("It is there from the end of an export for a day.");
    let exported = transfer.file.ok_or_else(gone)?;
    let file = tokio::fs::File::open(&exported.path).await.map_err(|_| gone())?;
    let length = file.metadata().await.map_err(|_| gone())?.len();
    let mut response = Body::from_stream(ReaderStream::with_capacity(file, 1 << 16)).into_response();
    let disposition = format!("attachment; filename*=UTF-8''{}", percent_encoded(&exported.name));
    for (name, value) in [
        (header::CONTENT_TYPE, exported.media_type),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::CONTENT_DISPOSITION, disposition),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

/// What is encoded in a name: all but what needs it in no part of an address or a header.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The name as RFC 8187 writes it.
pub(crate) fn percent_encoded(name: &str) -> PercentEncode<'_> {
    utf8_percent_encode(name, ENCODED)
}

async fn upload(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    request: Request,
) -> Result<(StatusCode, [(header::HeaderName, String); 1], Json<Transfer>), Failure> {
    let (parts, body) = request.into_parts();
    let session = open_session(&app, &access, &parts.headers);
    session.require(ImportStart::ROW.scope, ImportStart::ROW.name)?;
    let mut project_id = None;
    for (name, value) in query::pairs(&parts.uri)? {
        if name != "project_id" || project_id.is_some() {
            return Err(Problem::new(ProblemCode::InvalidParams, "The query has `project_id` alone, once.").into());
        }
        project_id = Some(ProjectId(value));
    }
    let upload = Upload { place: app.engine.upload_place(), engine: app.engine };
    upload.fill(body).await?;
    let path = upload.place.display().to_string();
    let transfer =
        session.run::<ImportStart>(StartImport { path: Some(path), project_id, ..StartImport::default() }).await?;
    let location = format!("/api/v1/transfers/{}", transfer.id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(transfer)))
}

/// A file that is being handed over. It goes unless the import has taken it.
struct Upload {
    engine: Engine,
    place: PathBuf,
}

impl Upload {
    async fn fill(&self, body: Body) -> Result<(), Problem> {
        let failed = |error: std::io::Error| {
            Problem::new(ProblemCode::StoreUnavailable, format!("The file cannot be kept: {error}."))
        };
        let mut options = tokio::fs::OpenOptions::new();
        options.write(true).create_new(true);
        options.mode(0o600);
        let mut file = options.open(&self.place).await.map_err(failed)?;
        let mut chunks = body.into_data_stream();
        let mut bytes = 0;
        loop {
            let Ok(chunk) = tokio::time::timeout(SILENCE, chunks.next()).await else {
                let detail = format!("Nothing of the file came for {} s.", SILENCE.as_secs());
                return Err(Problem::new(ProblemCode::RequestTimeout, detail));
            };
            let Some(chunk) = chunk else { break };
            let chunk = chunk.map_err(|_| Problem::new(ProblemCode::InvalidParams, "The file broke off."))?;
            bytes += chunk.len() as u64;
            if bytes > LARGEST_UPLOAD {
                let detail = format!("The file is larger than {} GiB.", LARGEST_UPLOAD >> 30);
                return Err(Problem::new(ProblemCode::TooLarge, detail));
            }
            file.write_all(&chunk).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.engine.drop_upload(&self.place);
    }
}
