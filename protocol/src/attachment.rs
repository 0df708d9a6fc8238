//! Attachments: texts and images that go with messages.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::AttachmentId;

/// Bytes of one attachment.
pub const LARGEST: u64 = 5 << 20;
/// Attachments of one message.
pub const MOST: usize = 10;
/// Bytes of all attachments of one message.
pub const LARGEST_SUM: u64 = 20 << 20;

/// What an attachment is. It is told by its content, not by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    /// UTF-8 text.
    Text,
    /// PNG, JPEG, GIF or WebP.
    Image,
}

/// An attachment, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attachment {
    /// Its identifier.
    pub id: AttachmentId,
    /// Its file name.
    pub name: String,
    /// What it is.
    pub kind: AttachmentKind,
    /// Its media type, such as `image/png`.
    pub media_type: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of its content in hexadecimal. Equal contents are kept once.
    pub sha256: String,
}

/// Parameters of `attachment.create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAttachment {
    /// Its file name, 1 to 200 characters; folders before it are left out.
    pub name: String,
    /// Its content in Base64, 1 byte to 5 MiB.
    pub content: String,
}

impl CreateAttachment {
    /// These bytes under this name.
    pub fn new(name: impl Into<String>, data: &[u8]) -> Self {
        Self { name: name.into(), content: BASE64_STANDARD.encode(data) }
    }
}

/// The media type of the image that begins with these bytes, of which twelve are enough; nothing where it is none.
pub fn image_type(data: &[u8]) -> Option<&'static str> {
    match data {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

/// Parameters of `attachment.get`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachmentRef {
    /// The attachment.
    pub attachment_id: AttachmentId,
}

/// An attachment with its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttachmentContent {
    /// The attachment.
    #[serde(flatten)]
    pub attachment: Attachment,
    /// Its content in Base64.
    pub content: String,
}
