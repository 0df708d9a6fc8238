//! The files that go with a question: texts are written into it, pictures are attached to it.

use std::fs::File;
use std::io::{self, Read};

use aiia_protocol::attachment::{CreateAttachment, LARGEST, MOST, image_type};
use aiia_protocol::context::GetContext;
use aiia_protocol::id::AttachmentId;
use aiia_protocol::operation::{AttachmentCreate, ContextGet};
use aiia_protocol::problem::ProblemCode;

use crate::cli::target::Target;
use crate::client::Client;
use crate::exit::{self, Failure};

/// The most text that is taken from a file or from standard input.
const MAX_BYTES: u64 = 512 * 1024;
/// As many of the first bytes as tell a picture.
const HEAD: u64 = 12;

/// What a file is.
#[derive(Debug)]
pub(super) enum Given {
    /// Text, or those lines of it that are asked for.
    Text(String),
    /// A picture, ready to be stored.
    Picture(CreateAttachment),
}

/// Whether the file can be read and is a picture: PNG, JPEG, GIF or WebP, whatever it is called.
pub(super) fn is_picture(target: &Target) -> bool {
    let mut head = Vec::new();
    let read = File::open(&target.file).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    read.is_ok() && image_type(&head).is_some()
}

/// Reads a file.
///
/// # Errors
/// When it cannot be read, is neither text in UTF-8 nor a picture, is too large, or has no such lines.
pub(super) fn read(target: &Target) -> Result<Given, Failure> {
    let name = target.file.display().to_string();
    let failed = |error: io::Error| Failure::local(format!("{name} cannot be read: {error}."));
    if target.file.is_dir() {
        return Err(Failure::new(exit::FAILED, format!("{name} is a directory."), "Name files."));
    }
    match told_apart(&name, File::open(&target.file).map_err(failed)?)? {
        Given::Picture(_) if target.lines.is_some() => {
            let detail = format!("{name} is a picture, which has no lines.");
            Err(Failure::new(exit::FAILED, detail, "Name the file alone."))
        }
        Given::Text(text) => Ok(Given::Text(chosen_lines(&name, target, text)?)),
        picture @ Given::Picture(_) => Ok(picture),
    }
}

/// Reads what may be text or a picture.
///
/// # Errors
/// When it cannot be read, is neither text in UTF-8 nor a picture, or is too large.
pub(super) fn told_apart(name: &str, mut from: impl Read) -> Result<Given, Failure> {
    let mut head = Vec::new();
    (&mut from)
        .take(HEAD)
        .read_to_end(&mut head)
        .map_err(|error| Failure::local(format!("{name} cannot be read: {error}.")))?;
    let is_picture = image_type(&head).is_some();
    let whole = head.as_slice().chain(from);
    if is_picture { picture(name, whole) } else { Ok(Given::Text(limited_text(name, whole)?)) }
}

fn picture(name: &str, from: impl Read) -> Result<Given, Failure> {
    let mut data = Vec::new();
    from.take(LARGEST + 1)
        .read_to_end(&mut data)
        .map_err(|error| Failure::local(format!("{name} cannot be read: {error}.")))?;
    if data.len() as u64 > LARGEST {
        let detail = format!("{name} is larger than {} MiB, which is too much for a question.", LARGEST >> 20);
        return Err(Failure::new(exit::FAILED, detail, "Make the picture smaller."));
    }
    Ok(Given::Picture(CreateAttachment::new(name, &data)))
}

fn chosen_lines(name: &str, target: &Target, text: String) -> Result<String, Failure> {
    let Some((start, end)) = target.lines else { return Ok(text) };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let first = start as usize - 1;
    if first >= lines.len() {
        return Err(Failure::new(
            exit::FAILED,
            format!("{name} has {} lines, there is no line {start}.", lines.len()),
            "Choose lines that the file has.",
        ));
    }
    Ok(lines[first..lines.len().min(end as usize)].concat())
}

/// All of a text.
///
/// # Errors
/// When it cannot be read, is not UTF-8, or too large.
fn limited_text(name: &str, from: impl Read) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    from.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::local(format!("{name} cannot be read: {error}.")))?;
    if bytes.len() as u64 > MAX_BYTES {
        let detail = format!("{name} is larger than {} KiB, which is too much for a question.", MAX_BYTES / 1024);
        return Err(Failure::new(exit::FAILED, detail, "Give the part that matters, such as FILE:10-80."));
    }
    String::from_utf8(bytes).map_err(|_| {
        let hint = "Text, and files that are pictures (PNG, JPEG, GIF, WebP), can go with a question.";
        Failure::new(exit::FAILED, format!("{name} is not text in UTF-8."), hint)
    })
}

/// Asks the daemon whether the file may be shown to a model: what holds keys or is in `.aiiaignore` may not, whoever reads it.
///
/// # Errors
/// When it may not.
pub(super) fn admit(client: &mut Client, target: &Target, given: &Given) -> Result<(), Failure> {
    let mut document = target.document()?;
    if let Given::Picture(_) = given {
        // Its path decides, but only of what can be read as text.
        document.text = Some(String::new());
    }
    let asked = GetContext { document, selection: target.selection(), intent: None, budget: Some(1) };
    match client.call::<ContextGet>(&asked) {
        Err(problem) if problem.code == ProblemCode::Forbidden => Err(problem.into()),
        _ => Ok(()),
    }
}

/// Stores pictures, so that they can go with a question.
///
/// # Errors
/// When they are too many, or the daemon refuses one.
pub(super) fn attach(client: &mut Client, pictures: &[CreateAttachment]) -> Result<Vec<AttachmentId>, Failure> {
    if pictures.len() > MOST {
        let detail = format!("{} pictures are too many for a question.", pictures.len());
        return Err(Failure::usage(detail, format!("Name at most {MOST}.")));
    }
    let mut ids = Vec::with_capacity(pictures.len());
    for picture in pictures {
        ids.push(client.call::<AttachmentCreate>(picture)?.id);
    }
    Ok(ids)
}
