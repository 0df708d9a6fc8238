//! Is this file a whole GGUF file? Asked before llama.cpp sees it, to say what is wrong with it.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use crate::error::{LlmError, LlmErrorKind};

const MAGIC: &[u8; 4] = b"GGUF";
/// More of either is no model but a damaged header.
const MAX_ENTRIES: u64 = 1 << 20;
const DEFAULT_ALIGNMENT: u64 = 32;

/// Looks at the first bytes only. Returns the size of the file.
pub(super) fn quick_check(path: &Path) -> Result<u64, LlmError> {
    let (mut file, size) = open(path)?;
    let mut magic = [0; 4];
    match file.read_exact(&mut magic) {
        Ok(()) if magic == *MAGIC => Ok(size),
        _ => Err(not_gguf(path)),
    }
}

/// What the header of a whole file tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Told {
    /// What kind of model it is, such as `qwen2`.
    pub(super) architecture: Option<String>,
    /// Bytes of the whole file.
    pub(super) size: u64,
}

/// Reads the header and compares the size it promises with that of the file.
pub(super) fn full_check(path: &Path) -> Result<Told, LlmError> {
    quick_check(path)?;
    let (file, size) = open(path)?;
    match promised(BufReader::with_capacity(1 << 16, file)) {
        Ok((promised, architecture)) if promised <= size => Ok(Told { architecture, size }),
        Ok((promised, _)) => Err(file_error(
            path,
            &format!("is incomplete: {} of {} MB", size / 1_000_000, promised.div_ceil(1_000_000)),
            "Finish the download: `aiia models pull` goes on with it.",
        )),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(file_error(
            path,
            &format!("is incomplete: it ends within its header, after {size} bytes"),
            "Finish the download: `aiia models pull` goes on with it.",
        )),
        Err(error) => {
            Err(file_error(path, &format!("is damaged ({error})"), "Delete it and get it again: `aiia models pull`."))
        }
    }
}

/// The window that the model was trained for, in tokens; it stands near the start of the header.
pub(super) fn trained_window(path: &Path) -> Option<u32> {
    let mut header = Header { source: BufReader::new(File::open(path).ok()?), position: 0 };
    // Magic, version, tensors.
    header.skip(16).ok()?;
    let entries = header.u64().ok()?.min(MAX_ENTRIES);
    for _ in 0..entries {
        let key = header.string().ok()?;
        let kind = header.u32().ok()?;
        if key.ends_with(b".context_length") && kind == 4 {
            return header.u32().ok();
        }
        // The vocabulary is long, and what is looked for stands before it.
        if key.starts_with(b"tokenizer.") {
            return None;
        }
        header.skip_value(kind).ok()?;
    }
    None
}

/// An error about the file at `path`.
pub(super) fn file_error(path: &Path, what: &str, hint: &str) -> LlmError {
    LlmError::new(LlmErrorKind::ModelFile, format!("The model file {} {what}.", path.display()), hint)
}

fn not_gguf(path: &Path) -> LlmError {
    file_error(path, "is not a GGUF file", "Configure a model in GGUF format, or get one: `aiia models pull`.")
}

fn open(path: &Path) -> Result<(File, u64), LlmError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => {
            file_error(path, "does not exist", "Get one with `aiia models pull`, or configure another file.")
        }
        _ => file_error(path, &format!("cannot be read: {error}"), "Check the file's permissions."),
    };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_file() { Ok((file, metadata.len())) } else { Err(not_gguf(path)) }
}

/// The size a file with this header must at least have, and its architecture.
fn promised(source: impl Read) -> io::Result<(u64, Option<String>)> {
    let mut header = Header { source, position: 0 };
    header.skip(4)?;
    let version = header.u32()?;
    if !(2..=3).contains(&version) {
        return Err(damaged("unknown version"));
    }
    let tensors = header.u64()?;
    let entries = header.u64()?;
    if tensors > MAX_ENTRIES || entries > MAX_ENTRIES {
        return Err(damaged("impossible counts"));
    }
    let mut alignment = DEFAULT_ALIGNMENT;
    let mut architecture = None;
    for _ in 0..entries {
        let key = header.string()?;
        let kind = header.u32()?;
        if key == b"general.alignment" && kind == 4 {
            alignment = u64::from(header.u32()?).clamp(1, 1 << 20);
        } else if key == b"general.architecture" && kind == 8 {
            architecture = Some(String::from_utf8_lossy(&header.string()?).into_owned());
        } else {
            header.skip_value(kind)?;
        }
    }
    let mut data = 0;
    for _ in 0..tensors {
        header.string()?;
        let dimensions = header.u32()?;
        if dimensions > 8 {
            return Err(damaged("impossible tensor"));
        }
        let mut elements = 1_u64;
        for _ in 0..dimensions {
            elements = elements.saturating_mul(header.u64()?);
        }
        let kind = header.u32()?;
        let offset = header.u64()?;
        data = data.max(offset.saturating_add(tensor_bytes(kind, elements)));
    }
    Ok((header.position.next_multiple_of(alignment).saturating_add(data), architecture))
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// The bytes of a tensor; 0 for a kind we do not know, which errs on the side of accepting.
fn tensor_bytes(kind: u32, elements: u64) -> u64 {
    let (block, bytes) = match kind {
        0 => (1, 4),
        1 | 30 => (1, 2),
        2 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        _ => (1, 0),
    };
    (elements / block).saturating_mul(bytes)
}

struct Header<R> {
    source: R,
    position: u64,
}

impl<R: Read> Header<R> {
    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes)?;
        self.position += N as u64;
        Ok(bytes)
    }

    fn u32(&mut self) -> io::Result<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> io::Result<u64> {
        self.bytes().map(u64::from_le_bytes)
    }

    fn skip(&mut self, count: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.source.by_ref().take(count), &mut io::sink())?;
        self.position += skipped;
        if skipped == count { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn string(&mut self) -> io::Result<Vec<u8>> {
        let length = self.u64()?;
        if length > MAX_ENTRIES {
            return Err(damaged("impossible name"));
        }
        let mut text = vec![0; length as usize];
        self.source.read_exact(&mut text)?;
        self.position += length;
        Ok(text)
    }

    fn skip_value(&mut self, kind: u32) -> io::Result<()> {
        match kind {
            8 => {
                let length = self.u64()?;
                self.skip(length)
            }
            9 => {
                let element = self.u32()?;
                let count = self.u64()?;
                if element == 9 {
                    return Err(damaged("nested array"));
                }
                match scalar_size(element) {
                    Some(size) => self.skip(count.saturating_mul(size)),
                    None => (0..count).try_for_each(|_| self.skip_value(element)),
                }
            }
            kind => match scalar_size(kind) {
                Some(size) => self.skip(size),
                None => Err(damaged("unknown value")),
            },
        }
    }
}

fn scalar_size(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn string(text: &str) -> Vec<u8> {
        [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
    }

    /// A file with two texts, one list of texts and one tensor of 64 f32 values.
    fn sample() -> Vec<u8> {
        let mut bytes = [&b"GGUF"[..], &3_u32.to_le_bytes(), &1_u64.to_le_bytes(), &3_u64.to_le_bytes()].concat();
        bytes.extend([string("general.architecture"), 8_u32.to_le_bytes().to_vec(), string("llama")].concat());
        bytes.extend([string("general.name"), 8_u32.to_le_bytes().to_vec(), string("tiny")].concat());
        bytes.extend([string("tokens"), 9_u32.to_le_bytes().to_vec(), 8_u32.to_le_bytes().to_vec()].concat());
        bytes.extend([2_u64.to_le_bytes().to_vec(), string("a"), string("bc")].concat());
        bytes.extend([string("w"), 1_u32.to_le_bytes().to_vec(), 64_u64.to_le_bytes().to_vec()].concat());
        bytes.extend([&0_u32.to_le_bytes()[..], &0_u64.to_le_bytes()].concat());
        bytes.resize(bytes.len().next_multiple_of(32) + 256, 0);
        bytes
    }

    #[test]
    fn the_trained_window_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.gguf");
        std::fs::write(&path, sample()).unwrap();
        assert_eq!(trained_window(&path), None);
        let mut bytes = [&b"GGUF"[..], &3_u32.to_le_bytes(), &0_u64.to_le_bytes(), &2_u64.to_le_bytes()].concat();
        bytes.extend([string("general.architecture"), 8_u32.to_le_bytes().to_vec(), string("llama")].concat());
        bytes.extend([string("llama.context_length"), 4_u32.to_le_bytes().to_vec()].concat());
        bytes.extend(2048_u32.to_le_bytes());
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(trained_window(&path), Some(2048));
        std::fs::write(&path, &bytes[..30]).unwrap();
        assert_eq!(trained_window(&path), None);
    }

    fn check(bytes: &[u8]) -> Result<Told, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.gguf");
        std::fs::write(&path, bytes).unwrap();
        full_check(&path).map_err(|error| {
            assert_eq!(error.kind, LlmErrorKind::ModelFile);
            error.message.split_once("m.gguf ").unwrap().1.to_owned()
        })
    }

    #[test]
    fn whole_file() {
        let told = check(&sample()).unwrap();
        assert_eq!((told.architecture.as_deref(), told.size), (Some("llama"), sample().len() as u64));
    }

    #[rstest]
    #[case(&sample()[..sample().len() - 1], "is incomplete: 0 of 1 MB.")]
    #[case(&sample()[..60], "is incomplete: it ends within its header, after 60 bytes.")]
    #[case(&[b"GGUF".as_slice(), &[9, 0, 0, 0]].concat(), "is damaged (unknown version).")]
    #[case(&[b"GGUF".as_slice(), &[3, 0, 0, 0], &[0xff; 16]].concat(), "is damaged (impossible counts).")]
    #[case(b"<html>", "is not a GGUF file.")]
    #[case(b"", "is not a GGUF file.")]
    fn unusable_files(#[case] bytes: &[u8], #[case] expected: &str) {
        assert_eq!(check(bytes), Err(expected.to_owned()));
    }

    #[test]
    fn a_file_that_cannot_be_used_is_neither_listed_nor_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("whole.gguf", &sample());
        // Each is larger than the one that can be used, so that it would come first.
        let unknown = [b"GGUF".as_slice(), &[9, 0, 0, 0]].concat();
        for (name, start) in [("version.gguf", unknown.as_slice()), ("no.gguf", b"no")] {
            write(name, &[start, &[0; 4096]].concat());
        }
        let mut promising = sample();
        // The tensor has 2^20 times as many values.
        let values = promising.windows(8).rposition(|bytes| bytes == 64_u64.to_le_bytes()).unwrap();
        promising[values..values + 8].copy_from_slice(&(64_u64 << 20).to_le_bytes());
        promising.resize(4096, 0);
        write("cut.gguf", &promising);
        let sparse = std::fs::File::create(folder.path().join("huge.gguf")).unwrap();
        std::io::Write::write_all(&mut &sparse, &sample()).unwrap();
        sparse.set_len(1 << 43).unwrap();
        let embedded = super::super::Embedded::new(super::super::EmbeddedSettings {
            folder: Some(folder.path().to_owned()),
            ..super::super::EmbeddedSettings::default()
        });
        let listed = || {
            let mut survey = crate::Survey::default();
            embedded.survey(&mut survey);
            survey.models.into_iter().map(|model| model.model).collect::<Vec<_>>()
        };
        assert_eq!(embedded.weights().len(), 5);
        assert_eq!(listed(), ["whole"]);
        write("version.gguf", &sample());
        assert_eq!(listed().len(), 2, "a file is looked at again when it is another");
    }

    #[test]
    fn missing_file_and_folder() {
        let folder = tempfile::tempdir().unwrap();
        assert!(full_check(&folder.path().join("none")).unwrap_err().message.ends_with("does not exist."));
        assert!(full_check(folder.path()).unwrap_err().message.ends_with("is not a GGUF file."));
    }
}
