//! Writes and reads our own archive: a ZIP with lines of JSON, so that a million messages need few entries and little memory.

use std::io::{BufRead, BufReader, Read, Seek, Write};

use aiia_protocol::archive::{
    ARCHIVE_FORMAT, ARCHIVE_VERSION, ChatFile, FiledAttachment, FiledTemplate, FiledUsage, Manifest, ProjectFile,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::Refused;
use crate::source::Item;

/// The entry that says what the archive is.
pub(crate) const MANIFEST: &str = "manifest.json";
const PROJECTS: &str = "projects.jsonl";
const ATTACHMENTS: &str = "attachments/";
const CHATS: &str = "chats/";
const TEMPLATES: &str = "templates.jsonl";
const USAGE: &str = "usage.jsonl";
/// Bytes of chats or attachments in one entry; a larger chat is alone in one.
const PART: usize = 8 << 20;
/// The longest line that is read.
const LONGEST_LINE: u64 = 256 << 20;

/// Writes an archive: projects, then chats with their attachments, then templates and usage. Of chats it holds those that are not
/// enough for an entry yet, of attachments one.
pub struct ArchiveWriter<W: Write + Seek> {
    zip: ZipWriter<W>,
    manifest: Manifest,
    /// Lines of chats that wait for others to fill an entry.
    waiting: Vec<u8>,
    chat_parts: u64,
    attachment_parts: u64,
    /// Bytes in the entry of attachments that is open; nothing where none is.
    filled: Option<u64>,
}

impl<W: Write + Seek> std::fmt::Debug for ArchiveWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArchiveWriter").field("manifest", &self.manifest).finish_non_exhaustive()
    }
}

impl<W: Write + Seek> ArchiveWriter<W> {
    /// An archive of `projects`, made at `created_at` (RFC 3339, UTC).
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(to: W, created_at: String, projects: &[ProjectFile]) -> Result<Self, Refused> {
        let manifest = Manifest {
            format: ARCHIVE_FORMAT.to_owned(),
            version: ARCHIVE_VERSION,
            created_at,
            projects: projects.len() as u64,
            chats: 0,
            messages: 0,
            templates: 0,
            attachments: 0,
        };
        let mut writer = Self {
            zip: ZipWriter::new(to),
            manifest,
            waiting: Vec::new(),
            chat_parts: 0,
            attachment_parts: 0,
            filled: None,
        };
        writer.entry(PROJECTS, projects)?;
        Ok(writer)
    }

    /// Adds a chat. What goes with its messages has a content in it, or was added before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn chat(&mut self, chat: &ChatFile) -> Result<(), Refused> {
        let line = line(chat)?;
        if self.waiting.len() + line.len() > PART {
            self.write_waiting()?;
        }
        self.waiting.extend(line);
        self.manifest.chats += 1;
        self.manifest.messages += chat.messages.len() as u64;
        Ok(())
    }

    /// Adds what goes with messages of chats, once.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn attachment(&mut self, attachment: &FiledAttachment) -> Result<(), Refused> {
        let line = line(attachment)?;
        let filled = match self.filled {
            Some(filled) if filled + line.len() as u64 <= PART as u64 => filled,
            _ => {
                self.attachment_parts += 1;
                self.start(&format!("{ATTACHMENTS}{:06}.jsonl", self.attachment_parts))?;
                0
            }
        };
        self.zip.write_all(&line)?;
        self.filled = Some(filled + line.len() as u64);
        self.manifest.attachments += 1;
        Ok(())
    }

    /// Adds templates and what runs used, and ends the archive. Gives what it was written to, and what is in it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self, templates: &[FiledTemplate], usage: &[FiledUsage]) -> Result<(W, Manifest), Refused> {
        self.write_waiting()?;
        self.entry(TEMPLATES, templates)?;
        self.entry(USAGE, usage)?;
        self.manifest.templates = templates.len() as u64;
        self.start(MANIFEST)?;
        let text = serde_json::to_vec_pretty(&self.manifest).map_err(std::io::Error::from)?;
        self.zip.write_all(&text)?;
        Ok((self.zip.finish().map_err(unzippable)?, self.manifest))
    }

    fn write_waiting(&mut self) -> Result<(), Refused> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.chat_parts += 1;
        self.start(&format!("{CHATS}{:06}.jsonl", self.chat_parts))?;
        self.zip.write_all(&std::mem::take(&mut self.waiting))?;
        Ok(())
    }

    fn entry<T: Serialize>(&mut self, name: &str, items: &[T]) -> Result<(), Refused> {
        self.start(name)?;
        for item in items {
            self.zip.write_all(&line(item)?)?;
        }
        Ok(())
    }

    /// Begins an entry, which ends the one before.
    fn start(&mut self, name: &str) -> Result<(), Refused> {
        self.filled = None;
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .compression_level(Some(3))
            .large_file(true);
        self.zip.start_file(name, options).map_err(unzippable)
    }
}

fn line(item: &impl Serialize) -> Result<Vec<u8>, Refused> {
    let mut line = serde_json::to_vec(item).map_err(std::io::Error::from)?;
    line.push(b'\n');
    Ok(line)
}

/// What an error of the ZIP means for the user.
pub(crate) fn unzippable(error: zip::result::ZipError) -> Refused {
    match error {
        zip::result::ZipError::Io(error) if error.kind() != std::io::ErrorKind::InvalidData => Refused::Io(error),
        other => Refused::content(format!("The ZIP file is damaged or cut off: {other}.")),
    }
}

/// Reads what the archive says about itself, and whether it is all there.
pub(crate) fn check<R: Read + Seek>(zip: &mut ZipArchive<R>) -> Result<Manifest, Refused> {
    let mut text = Vec::new();
    zip.by_name(MANIFEST).map_err(unzippable)?.take(1 << 16).read_to_end(&mut text)?;
    let manifest: Manifest = serde_json::from_slice(&text)
        .map_err(|error| Refused::content(format!("{MANIFEST} does not say what the archive is: {error}.")))?;
    if manifest.format != ARCHIVE_FORMAT {
        return Err(Refused::content(format!("“{}” is no archive of aiia.", manifest.format)));
    }
    if manifest.version > ARCHIVE_VERSION {
        let detail = format!("The archive has the version {}; this aiia reads {ARCHIVE_VERSION}.", manifest.version);
        return Err(Refused::content(detail));
    }
    for (what, folder, said) in [("chats", CHATS, manifest.chats), ("attachments", ATTACHMENTS, manifest.attachments)] {
        let mut count = 0;
        for name in parts(zip, folder) {
            count += lines(zip, &name, &mut |_| Ok(true))?;
        }
        if count != said {
            let detail = format!("The archive is not whole: it says that it has {said} {what}, but has {count}.");
            return Err(Refused::content(detail));
        }
    }
    Ok(manifest)
}

/// Gives all items; ends early when `each` says `false`.
pub(crate) fn read<R: Read + Seek>(zip: &mut ZipArchive<R>, each: &mut dyn FnMut(Item) -> bool) -> Result<(), Refused> {
    fn entry<T: DeserializeOwned, R: Read + Seek>(
        zip: &mut ZipArchive<R>,
        name: &str,
        each: &mut dyn FnMut(Item) -> bool,
        item: impl Fn(T) -> Item,
    ) -> Result<bool, Refused> {
        if zip.index_for_name(name).is_none() {
            return Ok(true);
        }
        let mut number = 0;
        let mut goes_on = true;
        lines(zip, name, &mut |line| {
            number += 1;
            goes_on = each(match serde_json::from_slice(line) {
                Ok(read) => item(read),
                Err(error) => Item::broken(format!("{name}, line {number}"), format!("It cannot be read: {error}.")),
            });
            Ok(goes_on)
        })?;
        Ok(goes_on)
    }
    if !entry(zip, PROJECTS, each, Item::Project)? {
        return Ok(());
    }
    for name in parts(zip, ATTACHMENTS) {
        if !entry(zip, &name, each, Item::Attachment)? {
            return Ok(());
        }
    }
    for name in parts(zip, CHATS) {
        if !entry(zip, &name, each, |chat| Item::Chat(Box::new(chat)))? {
            return Ok(());
        }
    }
    let _ = entry(zip, TEMPLATES, each, Item::Template)? && entry(zip, USAGE, each, Item::Usage)?;
    Ok(())
}

/// The entries of a folder that have lines, in their order.
fn parts<R: Read + Seek>(zip: &ZipArchive<R>, folder: &str) -> Vec<String> {
    let mut names: Vec<String> = zip
        .file_names()
        .filter_map(|name| name.ok().map(std::borrow::Cow::into_owned))
        .filter(|name| name.strip_prefix(folder).is_some_and(|rest| rest.strip_suffix(".jsonl").is_some()))
        .collect();
    names.sort();
    names
}

/// Gives the lines of an entry, and how many there were.
fn lines<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    name: &str,
    each: &mut dyn FnMut(&[u8]) -> Result<bool, Refused>,
) -> Result<u64, Refused> {
    let mut reader = BufReader::with_capacity(1 << 16, zip.by_name(name).map_err(unzippable)?);
    let mut line = Vec::new();
    let mut count = 0;
    loop {
        line.clear();
        let read = (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(|error| {
            Refused::content(format!("The ZIP file is damaged or cut off: {name} cannot be read ({error})."))
        })?;
        if read == 0 {
            return Ok(count);
        }
        if read as u64 == LONGEST_LINE {
            return Err(Refused::content(format!("{name} has a line of more than {} MiB.", LONGEST_LINE >> 20)));
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        count += 1;
        if !each(&line)? {
            return Ok(count);
        }
    }
}
