//! The texts of files from one question to the next: questions about one part of a folder read much the same files.

use super::disk::{self, TICK, Version};
use super::lined::LinedText;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// So many bytes of text are kept, which is all of a workspace of half a million lines.
const MAX_BYTES: usize = 24 * 1024 * 1024;
/// Larger texts are not: each would push many out.
const MAX_TEXT_BYTES: usize = 256 * 1024;

struct Kept {
    version: Version,
    text: Arc<LinedText>,
    used: Instant,
}

impl Kept {
    fn bytes(&self) -> usize {
        self.text.text().len()
    }
}

#[derive(Default)]
struct Texts {
    by_path: FxHashMap<PathBuf, Kept>,
    bytes: usize,
}

/// The texts of files that were read lately.
pub struct RecentTexts {
    texts: Mutex<Texts>,
    limit: usize,
    tick: Duration,
}

impl Default for RecentTexts {
    fn default() -> RecentTexts {
        RecentTexts { texts: Mutex::default(), limit: MAX_BYTES, tick: TICK }
    }
}

impl std::fmt::Debug for RecentTexts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RecentTexts").field("bytes", &self.texts.lock().bytes).finish_non_exhaustive()
    }
}

impl RecentTexts {
    /// The text of the file at a full path as it is now; nothing where there is none that can be read.
    pub fn text(&self, path: &Path) -> Option<Arc<str>> {
        self.lined(path).map(|lined| Arc::clone(lined.text()))
    }

    /// The same text with what finds its lines.
    pub fn lined(&self, path: &Path) -> Option<Arc<LinedText>> {
        let version = Version::of(path)?;
        if let Some(kept) = self.texts.lock().by_path.get_mut(path).filter(|kept| kept.version == version) {
            kept.used = Instant::now();
            return Some(Arc::clone(&kept.text));
        }
        let text = Arc::new(LinedText::new(disk::read(path).ok()?.into()));
        let bytes = text.text().len();
        // What was written a moment ago may be written again and look the same.
        if bytes <= MAX_TEXT_BYTES.min(self.limit) && version.is_older_than(self.tick) {
            let kept = Kept { version, text: Arc::clone(&text), used: Instant::now() };
            let mut texts = self.texts.lock();
            texts.bytes += bytes;
            let before = texts.by_path.insert(path.to_owned(), kept);
            texts.bytes -= before.map_or(0, |before| before.bytes());
            texts.shrink(self.limit);
        }
        Some(text)
    }

    /// Drops the texts that nobody asked for so long.
    pub fn forget(&self, unused: Duration) {
        self.texts.lock().retain(|kept| kept.used.elapsed() < unused);
    }
}

impl Texts {
    /// Drops those that were used longest ago, so that there is room again, where they are over the limit.
    fn shrink(&mut self, limit: usize) {
        if self.bytes <= limit {
            return;
        }
        let mut latest: Vec<(Instant, usize)> = self.by_path.values().map(|kept| (kept.used, kept.bytes())).collect();
        latest.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
        let mut bytes = 0;
        let oldest = latest.iter().take_while(|(_, length)| {
            bytes += length;
            bytes <= limit / 4 * 3
        });
        if let Some((oldest, _)) = oldest.last().copied() {
            self.retain(|kept| kept.used >= oldest);
        }
    }

    fn retain(&mut self, holds: impl Fn(&Kept) -> bool) {
        self.by_path.retain(|_, kept| holds(kept));
        self.bytes = self.by_path.values().map(Kept::bytes).sum();
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test makes the files it is about")]
mod tests {
    use super::*;
    use std::fs;

    fn eager(limit: usize) -> RecentTexts {
        RecentTexts { texts: Mutex::default(), limit, tick: Duration::ZERO }
    }

    #[test]
    fn a_text_is_that_of_the_file_now() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.rs");
        for texts in [eager(MAX_BYTES), RecentTexts::default()] {
            let text = || texts.text(&path).as_deref().map(str::to_owned);
            for written in ["one", "three", "thirteen"] {
                fs::write(&path, written).unwrap();
                assert_eq!((text().as_deref(), text().as_deref()), (Some(written), Some(written)));
            }
            fs::write(&path, b"\0").unwrap();
            assert_eq!(text(), None);
            fs::remove_file(&path).unwrap();
            assert_eq!(text(), None);
        }
    }

    #[test]
    fn another_text_of_the_same_length_counts_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (path, texts) = (folder.path().join("a.rs"), RecentTexts::default());
        for written in ["one", "two", "six"] {
            fs::write(&path, written).unwrap();
            assert_eq!(texts.text(&path).as_deref(), Some(written));
        }
        assert_eq!(texts.texts.lock().bytes, 0);
    }

    #[test]
    fn there_are_no_more_than_so_many_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let texts = eager(100);
        let is_kept = |name: &str| texts.texts.lock().by_path.contains_key(&folder.path().join(name));
        for (name, length) in [("a", 30), ("b", 30), ("c", 30), ("d", 30), ("large", 101)] {
            fs::write(folder.path().join(name), "x".repeat(length)).unwrap();
            assert!(texts.text(&folder.path().join(name)).is_some());
            if name == "c" {
                texts.text(&folder.path().join("a"));
            }
        }
        assert_eq!(["a", "b", "c", "d", "large"].map(is_kept), [true, false, false, true, false]);
        assert_eq!(texts.texts.lock().bytes, 60);
        texts.forget(Duration::ZERO);
        assert_eq!(texts.texts.lock().bytes, 0);
    }
}
