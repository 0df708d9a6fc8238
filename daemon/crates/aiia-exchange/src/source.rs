//! A file that is to be taken in: what it is, whether it is whole, and what is in it.

use std::io::{BufReader, Read, Seek, SeekFrom};

use aiia_protocol::archive::{
    CHAT_FORMAT, CHAT_VERSION, ChatFile, FiledAttachment, FiledTemplate, FiledUsage, ProjectFile,
};
use aiia_protocol::transfer::ImportSource;
use serde_json::Value;
use zip::ZipArchive;

use crate::archive::{self, unzippable};
use crate::document::{self, Keys};
use crate::{Refused, foreign};

/// Entries of a ZIP at most.
const MOST_ENTRIES: u64 = 65_534;
/// Bytes of all entries unpacked.
const MOST_BYTES: u64 = 16 << 30;
/// Bytes of one JSON document unpacked.
const LARGEST_DOCUMENT: u64 = 1 << 30;

/// A thing in a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A project.
    Project(ProjectFile),
    /// What goes with messages of chats that come later, and is not in these.
    Attachment(FiledAttachment),
    /// A chat.
    Chat(Box<ChatFile>),
    /// A chat of another program, of which something could not be taken over.
    Partly {
        /// What could be.
        chat: Box<ChatFile>,
        /// What could not.
        detail: String,
    },
    /// A template.
    Template(FiledTemplate),
    /// What a run used.
    Usage(FiledUsage),
    /// Something that cannot be used.
    Broken {
        /// Its title, or where it is.
        title: String,
        /// What is wrong with it.
        detail: String,
    },
}

impl Item {
    pub(crate) fn broken(title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Broken { title: title.into(), detail: detail.into() }
    }
}

/// A file that was read to its end once and is whole.
#[derive(Debug)]
pub struct Source<R> {
    kind: ImportSource,
    chats: u64,
    content: Content<R>,
}

#[derive(Debug)]
enum Content<R> {
    /// Our archive.
    Archive(ZipArchive<R>),
    /// JSON documents in a ZIP, by the names of their entries.
    Zipped(ZipArchive<R>, Vec<String>),
    /// A JSON document.
    Plain(R),
}

impl<R: Read + Seek> Source<R> {
    /// Reads `file` to its end and says what it is.
    ///
    /// # Errors
    /// When it is damaged, cut off or too large, when names in it lead elsewhere, and when it is nothing that is known.
    pub fn examine(mut file: R) -> Result<Self, Refused> {
        let mut start = [0; 4];
        let length = read_start(&mut file, &mut start)?;
        if start[..length].starts_with(b"PK") {
            return Self::examine_zip(file);
        }
        file.seek(SeekFrom::Start(0))?;
        let mut found = Found::default();
        found.look((&mut file).take(LARGEST_DOCUMENT))?;
        Ok(Self { kind: found.kind()?, chats: found.chats, content: Content::Plain(file) })
    }

    fn examine_zip(mut file: R) -> Result<Self, Refused> {
        let entries = count_entries(&mut file)?;
        if entries > MOST_ENTRIES {
            return Err(Refused::content(format!("The ZIP file has more than {MOST_ENTRIES} entries.")));
        }
        file.seek(SeekFrom::Start(0))?;
        let mut zip = ZipArchive::new(file).map_err(unzippable)?;
        let mut documents = Vec::new();
        let mut bytes = 0_u64;
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).map_err(unzippable)?;
            let name = entry.name().map_err(unzippable)?.into_owned();
            if leads_elsewhere(&name) || entry.is_symlink() {
                let detail = format!("The ZIP file has an entry that leads elsewhere: “{}”.", name.escape_debug());
                return Err(Refused::content(detail));
            }
            if entry.encrypted() {
                return Err(Refused::content("The ZIP file is encrypted."));
            }
            bytes = bytes.saturating_add(entry.size());
            let base = name.rsplit('/').next().unwrap_or_default();
            if base.starts_with("conversations") && base.to_ascii_lowercase().ends_with(".json") {
                documents.push(name);
            }
        }
        if bytes > MOST_BYTES {
            return Err(Refused::content(format!("Unpacked, the ZIP file is larger than {} GiB.", MOST_BYTES >> 30)));
        }
        if zip.index_for_name(archive::MANIFEST).is_some() {
            let manifest = archive::check(&mut zip)?;
            return Ok(Self { kind: ImportSource::Aiia, chats: manifest.chats, content: Content::Archive(zip) });
        }
        documents.sort();
        if documents.is_empty() {
            let detail = "The ZIP file has neither manifest.json of an archive of aiia nor conversations.json.";
            return Err(Refused::content(detail));
        }
        let mut found = Found::default();
        for name in &documents {
            found.look(zip.by_name(name).map_err(unzippable)?.take(LARGEST_DOCUMENT))?;
        }
        Ok(Self { kind: found.kind()?, chats: found.chats, content: Content::Zipped(zip, documents) })
    }

    /// What it is.
    pub fn kind(&self) -> ImportSource {
        self.kind
    }

    /// How many chats it has.
    pub fn chats(&self) -> u64 {
        self.chats
    }

    /// Gives everything in it; ends early when `each` says `false`.
    ///
    /// # Errors
    /// When it cannot be read any more.
    pub fn read(&mut self, each: &mut dyn FnMut(Item) -> bool) -> Result<(), Refused> {
        let kind = self.kind;
        let mut number = 0;
        let mut goes_on = true;
        let mut element = |value: Value| {
            number += 1;
            goes_on = each(item(kind, value, number));
            goes_on
        };
        match &mut self.content {
            Content::Archive(zip) => return archive::read(zip, each),
            Content::Plain(file) => {
                file.seek(SeekFrom::Start(0))?;
                document::elements(BufReader::new(file), &mut element)?;
            }
            Content::Zipped(zip, documents) => {
                for name in documents {
                    let entry = zip.by_name(name).map_err(unzippable)?;
                    document::elements(BufReader::new(entry), &mut element)?;
                }
            }
        }
        Ok(())
    }
}

/// What a look at the elements has found.
#[derive(Debug, Default)]
struct Found {
    chats: u64,
    by_kind: [u64; 4],
    templates: bool,
}

impl Found {
    fn look(&mut self, reader: impl Read) -> Result<(), Refused> {
        document::elements::<Keys>(BufReader::new(reader), &mut |keys| {
            self.chats += 1;
            let place = match keys {
                Keys { mapping: true, .. } => Some(1),
                Keys { chat_messages: true, .. } => Some(2),
                Keys { chat: true, messages: true, .. } => Some(0),
                Keys { chat: true, .. } => Some(3),
                Keys { templates: true, .. } => {
                    self.templates = true;
                    None
                }
                _ => None,
            };
            if let Some(place) = place {
                self.by_kind[place] += 1;
            }
            true
        })
    }

    fn kind(&self) -> Result<ImportSource, Refused> {
        let kinds = [ImportSource::Aiia, ImportSource::ChatGpt, ImportSource::Claude, ImportSource::OpenWebUi];
        let most = self.by_kind.iter().zip(kinds).filter(|(count, _)| **count > 0).max_by_key(|(count, _)| **count);
        most.map(|(_, kind)| kind).ok_or_else(|| {
            Refused::content(if self.templates {
                "The file has prompt templates, not chats: take it in with `aiia templates import`."
            } else if self.chats == 0 {
                "The file has no chats."
            } else {
                "The file is no export of aiia, ChatGPT, Claude or Open WebUI that is known here."
            })
        })
    }
}

fn item(kind: ImportSource, value: Value, number: u64) -> Item {
    match kind {
        ImportSource::Aiia => own(value, number),
        ImportSource::ChatGpt => foreign::chatgpt::read(&value, number),
        ImportSource::Claude => foreign::claude::read(&value, number),
        ImportSource::OpenWebUi => foreign::open_webui::read(&value, number),
    }
}

fn own(value: Value, number: u64) -> Item {
    let title = document::text(&value, &["chat", "title"]).to_owned();
    let title = if title.is_empty() { format!("chat {number}") } else { title };
    match serde_json::from_value::<ChatFile>(value) {
        Ok(file) if file.format != CHAT_FORMAT => {
            Item::broken(title, format!("“{}” is no chat of aiia.", file.format.escape_debug()))
        }
        Ok(file) if file.version > CHAT_VERSION => {
            Item::broken(title, format!("It has the version {}; this aiia reads {CHAT_VERSION}.", file.version))
        }
        Ok(file) => Item::Chat(Box::new(file)),
        Err(error) => Item::broken(title, format!("It cannot be read: {error}.")),
    }
}

/// Whether the name of an entry is more than folders and a file below the archive.
fn leads_elsewhere(name: &str) -> bool {
    let odd = |part: &str| part == ".." || part == "." || part.contains([':', '\\', '\0']);
    name.is_empty() || name.starts_with('/') || name.split('/').any(odd)
}

fn read_start(file: &mut impl Read, start: &mut [u8]) -> Result<usize, Refused> {
    let mut length = 0;
    while length < start.len() {
        match file.read(&mut start[length..])? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length)
}

/// The number of entries that the end of the ZIP names, before room is made for them. 65,535 stands for that and more.
fn count_entries(file: &mut (impl Read + Seek)) -> Result<u64, Refused> {
    const RECORD: usize = 22;
    let length = file.seek(SeekFrom::End(0))?;
    let tail = length.min((RECORD + usize::from(u16::MAX)) as u64);
    file.seek(SeekFrom::Start(length - tail))?;
    let mut bytes = Vec::new();
    file.take(tail).read_to_end(&mut bytes)?;
    let last = bytes.windows(RECORD).rposition(|window| window.starts_with(b"PK\x05\x06"));
    let record = last.map(|place| &bytes[place..place + RECORD]);
    let record = record.ok_or_else(|| Refused::content("The ZIP file is damaged or cut off: it has no end."))?;
    Ok(u64::from(u16::from_le_bytes([record[10], record[11]])))
}
