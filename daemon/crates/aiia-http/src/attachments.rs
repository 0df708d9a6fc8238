//! The bytes of attachments: `GET /api/v1/attachments/{attachment_id}/file`, what an `<img>` of the page loads.

use aiia_protocol::attachment::AttachmentKind;
use aiia_protocol::id::AttachmentId;
use aiia_protocol::problem::Problem;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
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
    // An image is shown; a text is saved, because a browser would guess what it is.
    let shown = if attachment.kind == AttachmentKind::Image { "inline" } else { "attachment" };
    let mut response = Body::from(data).into_response();
    for (name, value) in [
        (header::CONTENT_TYPE, attachment.media_type.clone()),
        (header::CONTENT_DISPOSITION, format!("{shown}; filename*=UTF-8''{}", percent_encoded(&attachment.name))),
        // What an identifier names never changes.
        (header::CACHE_CONTROL, "private, max-age=86400, immutable".to_owned()),
    ] {
        let value = HeaderValue::from_str(&value).map_err(|_| Problem::not_found("attachment", &attachment.id))?;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}
