//! Texts that are given on the command line: as they are, from a file, or from standard input.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use crate::exit::Failure;

/// The most that is read.
const MAX_BYTES: u64 = 1024 * 1024;

/// The text that `given` stands for: `@FILE` is what the file has, `@-` standard input, everything else itself.
pub(crate) fn text(given: &str) -> Result<String, Failure> {
    match given.strip_prefix('@') {
        Some("-") => within("standard input", io::stdin().lock()),
        Some(file) => file_text(Path::new(file)),
        None => Ok(given.to_owned()),
    }
}

/// The text of a file.
pub(crate) fn file_text(path: &Path) -> Result<String, Failure> {
    let name = path.display().to_string();
    let file = fs::File::open(path).map_err(|error| Failure::local(format!("{name} cannot be read: {error}.")))?;
    within(&name, file)
}

fn within(name: &str, from: impl Read) -> Result<String, Failure> {
    let mut text = String::new();
    from.take(MAX_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|error| Failure::local(format!("{name} cannot be read: {error}.")))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(Failure::local(format!("{name} has more than {} KiB.", MAX_BYTES / 1024)));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_itself_or_that_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.txt");
        fs::write(&file, "of a file\n").unwrap();
        assert_eq!(text("as it is").unwrap(), "as it is");
        assert_eq!(text(&format!("@{}", file.display())).unwrap(), "of a file\n");
        assert!(text("@/no/such/file").is_err());
        fs::write(&file, vec![b'x'; MAX_BYTES as usize]).unwrap();
        assert!(file_text(&file).is_ok());
        fs::write(&file, vec![b'x'; MAX_BYTES as usize + 1]).unwrap();
        assert!(file_text(&file).is_err(), "what is too much is refused, not cut");
    }
}
