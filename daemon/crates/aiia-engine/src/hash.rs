//! Hashes of texts.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// SHA-256 of `text` in hexadecimal.
pub(crate) fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
