//! What goes with messages: what it is, and how a model gets it.

use std::collections::HashMap;
use std::fmt::Write;

use aiia_llm::{ChatMessage, Image};
use aiia_protocol::archive::FiledAttachment;
use aiia_protocol::attachment::{Attachment, AttachmentKind, LARGEST, LARGEST_SUM, image_type};
use aiia_protocol::id::{AttachmentId, MessageId};
use aiia_protocol::message::{Message, Role};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::{RunEventKind, notice};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::counting::IMAGE_TOKENS;
use crate::engine::Engine;
use crate::hash::sha256_bytes;

/// Bytes of an attached text that are a token, about: three of code, rather too few than too many.
const BYTES_OF_A_TOKEN: u64 = 3;
/// The longest name.
const LONGEST_NAME: usize = 200;

/// Looks at a content that is to be kept under the name `name`.
///
/// # Errors
/// When it is empty or too large, is neither a text nor an image, or has no name.
pub(crate) fn inspect(name: &str, data: &[u8]) -> Result<Attachment, Problem> {
    // A name says nothing of folders here; both kinds of separators come from browsers.
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        let detail = format!("The name of an attachment has 1 to {LONGEST_NAME} characters on one line.");
        return Err(Problem::new(ProblemCode::InvalidParams, detail.clone()).with_error("/name", detail));
    }
    if data.len() as u64 > LARGEST {
        let detail = format!("“{name}” has {} KiB; at most {} are taken.", data.len().div_ceil(1024), LARGEST >> 10);
        return Err(Problem::new(ProblemCode::TooLarge, detail.clone())
            .with_error("/content", detail)
            .with_hint("Make the image smaller, or attach a part of the text."));
    }
    if data.is_empty() {
        let detail = format!("“{name}” is empty.");
        return Err(Problem::new(ProblemCode::InvalidParams, detail.clone()).with_error("/content", detail));
    }
    let (kind, media_type) = kind_of(data).ok_or_else(|| {
        let detail = format!("“{name}” is neither a text in UTF-8 nor an image (PNG, JPEG, GIF, WebP).");
        Problem::new(ProblemCode::UnsupportedMediaType, detail.clone())
            .with_error("/content", detail)
            .with_hint("Convert it, or attach a screenshot of it.")
    })?;
    Ok(Attachment {
        id: AttachmentId(uuid::Uuid::now_v7().to_string()),
        name: name.to_owned(),
        kind,
        media_type: media_type.to_owned(),
        bytes: data.len() as u64,
        sha256: sha256_bytes(data),
    })
}

/// What the content is, by its first bytes.
fn kind_of(data: &[u8]) -> Option<(AttachmentKind, &'static str)> {
    if let Some(media_type) = image_type(data) {
        return Some((AttachmentKind::Image, media_type));
    }
    let text = std::str::from_utf8(data).ok()?;
    (!text.contains('\0')).then_some((AttachmentKind::Text, "text/plain; charset=utf-8"))
}

/// The bytes of a Base64 text.
///
/// # Errors
/// When it is none.
pub(crate) fn decode(content: &str) -> Result<Vec<u8>, Problem> {
    if content.len() as u64 > LARGEST.div_ceil(3) * 4 {
        let detail = format!("An attachment has at most {} KiB.", LARGEST >> 10);
        return Err(Problem::new(ProblemCode::TooLarge, detail.clone()).with_error("/content", detail));
    }
    BASE64_STANDARD.decode(content).map_err(|error| {
        let detail = format!("The content is not Base64: {error}.");
        Problem::new(ProblemCode::InvalidParams, detail.clone()).with_error("/content", detail)
    })
}

/// Bytes as Base64.
pub(crate) fn encode(data: &[u8]) -> String {
    BASE64_STANDARD.encode(data)
}

/// How a model gets what goes with the messages of a path.
#[derive(Debug, Default)]
pub(crate) struct AttachedPath {
    /// The model, as people call it.
    model: String,
    by_message: HashMap<MessageId, Attached>,
    /// Images that the model does not take.
    unseen: usize,
    /// Attachments of early messages that are too many.
    left_out: usize,
}

#[derive(Debug, Default)]
struct Attached {
    /// Texts, to be put before what the user says.
    text: String,
    images: Vec<Image>,
}

/// Reads what goes with messages for `model`, the newest first, as long as it is not too much: texts and images of those that are
/// `sent`, texts of those that are to be summarised.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn of(
    engine: &Engine,
    sent: &[Message],
    folded: &[Message],
    model: &str,
) -> Result<AttachedPath, Problem> {
    let is_embedded = model.starts_with("embedded/");
    let shown = if is_embedded { "The embedded model" } else { model };
    let mut all = AttachedPath { model: shown.to_owned(), ..AttachedPath::default() };
    let mut bytes = 0;
    let sent = sent.iter().rev().map(|message| (message, true));
    let messages: Vec<(&Message, bool)> = sent.chain(folded.iter().rev().map(|message| (message, false))).collect();
    for (message, goes) in messages {
        for attachment in &message.attachments {
            let is_image = attachment.kind == AttachmentKind::Image;
            if is_image && !goes {
                continue;
            }
            bytes += attachment.bytes;
            if bytes > LARGEST_SUM {
                all.left_out += usize::from(goes);
                continue;
            }
            let attached = all.by_message.entry(message.id.clone()).or_default();
            if is_image && !engine.models().sees(model).await {
                all.unseen += 1;
                let _ = write!(attached.text, "(The attached image `{}` cannot be shown to you.)\n\n", attachment.name);
                continue;
            }
            let (_, data) = engine.store.attachment(attachment.id.clone()).await?;
            match attachment.kind {
                AttachmentKind::Image => {
                    attached.images.push(Image { media_type: attachment.media_type.clone(), data: encode(&data) });
                }
                AttachmentKind::Text => {
                    attached.text.push_str(&fenced(&attachment.name, &String::from_utf8_lossy(&data)));
                }
            }
        }
    }
    Ok(all)
}

/// The tokens that an attachment takes, about, without reading it.
pub(crate) fn about_tokens(attachment: &Attachment, model: &str) -> usize {
    match attachment.kind {
        AttachmentKind::Image if takes_images(model) => IMAGE_TOKENS,
        AttachmentKind::Image => 0,
        AttachmentKind::Text => usize::try_from(attachment.bytes / BYTES_OF_A_TOKEN).unwrap_or(usize::MAX),
    }
}

/// Whether images may take tokens of the model. The embedded engine reads text alone; what a server says is asked when they are sent.
fn takes_images(model: &str) -> bool {
    !model.starts_with("embedded/")
}

impl AttachedPath {
    /// The message as a model gets it.
    pub(crate) fn message(&self, message: &Message) -> ChatMessage {
        let role = match message.role {
            Role::System => aiia_llm::Role::System,
            Role::User => aiia_llm::Role::User,
            Role::Assistant => aiia_llm::Role::Assistant,
        };
        let mut new = ChatMessage::new(role, message.content.clone());
        if let Some(attached) = self.by_message.get(&message.id) {
            new.content.insert_str(0, &attached.text);
            new.images.clone_from(&attached.images);
        }
        new
    }

    /// The text of the message with the texts that are attached to it.
    pub(crate) fn text(&self, message: &Message) -> String {
        let attached = self.by_message.get(&message.id).map_or("", |attached| attached.text.as_str());
        format!("{attached}{}", message.content)
    }

    /// Whether any image is sent.
    pub(crate) fn has_images(&self) -> bool {
        self.by_message.values().any(|attached| !attached.images.is_empty())
    }

    /// What there is to say about what the model does not get.
    pub(crate) fn notice(&self) -> Vec<RunEventKind> {
        let notice = |text: String| RunEventKind::Notice { reason: notice::ATTACHMENTS.to_owned(), text };
        let unseen = match self.unseen {
            0 => None,
            1 => Some(notice(format!("{} sees no images; the attached one was not sent.", self.model))),
            count => Some(notice(format!("{} sees no images; the {count} attached ones were not sent.", self.model))),
        };
        let left_out = (self.left_out > 0).then(|| {
            notice(format!(
                "{} attachments of earlier messages were not sent: they are too much together.",
                self.left_out
            ))
        });
        unseen.into_iter().chain(left_out).collect()
    }
}

/// Looks at an attachment of a file, and names its content by its own hash.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check_filed(filed: &mut FiledAttachment) -> Result<(), String> {
    let found = inspect(&filed.attachment.name, &filed.data).map_err(|problem| problem.detail)?;
    if found.sha256 != filed.attachment.sha256 {
        return Err(format!("The attachment “{}” is damaged: it has another hash.", found.name));
    }
    filed.attachment = Attachment { id: filed.attachment.id.clone(), ..found };
    Ok(())
}

/// A text in a fence that is longer than any in it.
fn fenced(name: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("The attached file `{name}`:\n\n{fence}\n{text}{end}{fence}\n\n")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::png(b"\x89PNG\r\n\x1a\n....", Some("image/png"))]
    #[case::jpeg(b"\xff\xd8\xff\xe0....", Some("image/jpeg"))]
    #[case::gif(b"GIF89a....", Some("image/gif"))]
    #[case::webp(b"RIFF\x10\0\0\0WEBPVP8 ", Some("image/webp"))]
    #[case::svg_is_a_text(b"<svg onload='x()'/>", Some("text/plain; charset=utf-8"))]
    #[case::text("fn größe() {}".as_bytes(), Some("text/plain; charset=utf-8"))]
    #[case::sound(b"RIFF\x10\0\0\0WAVEfmt ", None)]
    #[case::program(b"\x7fELF\x02\x01\x01\0", None)]
    #[case::latin1(b"gr\xf6\xdfe", None)]
    #[case::zip(b"PK\x03\x04\x14\0\0\0", None)]
    fn content_says_what_it_is(#[case] data: &[u8], #[case] media_type: Option<&str>) {
        let found = inspect("a.png", data).map(|attachment| attachment.media_type);
        match media_type {
            Some(media_type) => assert_eq!(found.unwrap(), media_type),
            None => assert_eq!(found.unwrap_err().code, ProblemCode::UnsupportedMediaType),
        }
    }

    #[rstest]
    #[case("a.txt", "a.txt")]
    #[case("../../etc/passwd", "passwd")]
    #[case("C:\\Users\\x\\a b.txt", "a b.txt")]
    fn a_name_has_no_folders(#[case] name: &str, #[case] kept: &str) {
        assert_eq!(inspect(name, b"x").unwrap().name, kept);
    }

    #[rstest]
    #[case("", b"x".to_vec(), "/name")]
    #[case("a/", b"x".to_vec(), "/name")]
    #[case("a\nb", b"x".to_vec(), "/name")]
    #[case("a", Vec::new(), "/content")]
    #[case("a", vec![b'x'; 5 * 1024 * 1024 + 1], "/content")]
    fn what_is_wrong_is_named(#[case] name: &str, #[case] data: Vec<u8>, #[case] pointer: &str) {
        assert_eq!(inspect(name, &data).unwrap_err().errors[0].pointer, pointer);
    }

    #[test]
    fn a_fence_is_longer_than_those_in_the_text() {
        assert_eq!(fenced("a.md", "```\nx\n```\n"), "The attached file `a.md`:\n\n````\n```\nx\n```\n````\n\n");
        assert_eq!(fenced("a", "x"), "The attached file `a`:\n\n```\nx\n```\n\n");
    }

    #[test]
    fn base64_that_is_none_is_refused() {
        assert_eq!(decode("QUJD").unwrap(), b"ABC");
        assert_eq!(decode("QUJ").unwrap_err().errors[0].pointer, "/content");
        assert_eq!(decode(&"A".repeat(8 << 20)).unwrap_err().code, ProblemCode::TooLarge);
    }
}
