//! What a model says beside its edits.

use crate::parse::parse;
use crate::plan::MAX_REPLY_BYTES;

/// The reply without the edits that it proposes, blank lines around it left out; empty for a reply that is too large to be read.
pub fn prose(reply: &str) -> String {
    if reply.len() > MAX_REPLY_BYTES {
        return String::new();
    }
    parse(reply, &[]).prose.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_left_out() {
        let block = "a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n";
        assert_eq!(prose(&format!("Two is right.\n\n{block}")), "Two is right.");
        assert_eq!(prose(block), "");
    }
}
