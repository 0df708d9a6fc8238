//! The bytes of attachments: `GET /api/v1/attachments/{attachment_id}/file`, what an `<img>` of the page loads.

use aiia_protocol::attachment::AttachmentKind;
use aiia_protocol::id::AttachmentId;
use aiia_protocol::problem::Problem;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};

use crate::envelope::Failure;
use crate::guard::Access;
use crate::router::App;
use crate::routes::open_session;
use crate::transfers::percent_encoded;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/api/v1/attachments/{attachment_id}/file", get(file))
}

async fn file(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (attachment, data) = open_session(&app, &access, &headers).attachment(AttachmentId(id)).await?;
    let etag = format!("\"{}\"", attachment.sha256);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == etag));
    // An image is shown; a text is saved, because a browser would guess what it is.
    let shown = if attachment.kind == AttachmentKind::Image { "inline" } else { "attachment" };
    let mut response =
        if is_known { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(data).into_response() };
    for (name, value) in [
        (header::CONTENT_TYPE, attachment.media_type.clone()),
        (header::CONTENT_DISPOSITION, format!("{shown}; filename*=UTF-8''{}", percent_encoded(&attachment.name))),
        // It never changes, but it may be erased, and whoever signs out has seen it last.
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::ETAG, etag),
    ] {
        let value = HeaderValue::from_str(&value).map_err(|_| Problem::not_found("attachment", &attachment.id))?;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}
