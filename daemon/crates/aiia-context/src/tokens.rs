//! Counting tokens.
//!
//! Every model family cuts text its own way; the counts here are those of cl100k, which the callers scale by a
//! factor a family. The table is built when the first text is counted, never at start-up.

use bpe_openai::byte_pair_encoding::BytePairEncoding;
use std::cell::RefCell;

/// The longest token of cl100k, in bytes: a run of blanks.
const LONGEST_TOKEN: usize = 128;

/// A vocabulary of tokens that is known to the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Vocabulary {
    /// That of GPT-4 and GPT-3.5, near enough to those of most other families to be scaled.
    #[default]
    Cl100k,
    /// That of GPT-4o and what came after it at `OpenAI`.
    O200k,
}

/// The tokens of a text in cl100k.
pub fn count_tokens(text: &str) -> usize {
    count_tokens_in(Vocabulary::Cl100k, text)
}

/// The tokens of a text in a vocabulary.
pub fn count_tokens_in(vocabulary: Vocabulary, text: &str) -> usize {
    if text.is_empty() {
        return 0;
    }
    match vocabulary {
        Vocabulary::Cl100k => bpe_openai::cl100k_base().count(text),
        Vocabulary::O200k => bpe_openai::o200k_base().count(text),
    }
}

/// The tokens of a text if they are no more than `limit`. Of a text far over the limit only the start is read.
pub(crate) fn count_within(text: &str, limit: usize) -> Option<usize> {
    if text.is_empty() {
        return Some(0);
    }
    if text.len() > limit.saturating_mul(LONGEST_TOKEN) {
        return None;
    }
    let tokenizer = bpe_openai::cl100k_base();
    let text = tokenizer.normalize(text);
    PIECES.with_borrow_mut(|pieces| {
        tokenizer.split(text.as_str()).try_fold(0, |counted, piece| {
            let left = limit - counted;
            Some(counted + pieces.tokens(&tokenizer.bpe, piece.as_bytes(), left)?)
        })
    })
}

thread_local! {
    static PIECES: RefCell<Pieces> = const { RefCell::new(Pieces { known: Vec::new() }) };
}

/// The tokens of the short pieces that texts were cut into lately: most of what code is made of comes again and again.
struct Pieces {
    /// By a hash of the piece. A slot holds its bytes, in the last but one their number, and in the last one that of its tokens.
    known: Vec<u128>,
}

impl Pieces {
    const SLOT_BITS: u32 = 12;
    const MAX_BYTES: usize = 14;

    /// The tokens of a piece if they are no more than `limit`.
    fn tokens(&mut self, encoding: &BytePairEncoding, piece: &[u8], limit: usize) -> Option<usize> {
        if piece.len() > Self::MAX_BYTES {
            return encoding.count_till_limit(piece, limit);
        }
        if self.known.is_empty() {
            self.known = vec![0; 1 << Self::SLOT_BITS];
        }
        let mut bytes = [0; 16];
        bytes[..piece.len()].copy_from_slice(piece);
        bytes[14] = piece.len() as u8;
        let key = u128::from_le_bytes(bytes);
        let hash = (key as u64 ^ (key >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let slot = &mut self.known[(hash >> (u64::BITS - Self::SLOT_BITS)) as usize];
        if *slot << 8 != key << 8 {
            *slot = key | (encoding.count(piece) as u128) << 120;
        }
        let tokens = (*slot >> 120) as usize;
        (tokens <= limit).then_some(tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", 0)]
    #[case("hello world", 2)]
    #[case("fn main() {}\n", 4)]
    #[case("😀", 2)]
    fn counts(#[case] text: &str, #[case] expected: usize) {
        assert_eq!(count_tokens(text), expected);
        assert_eq!(count_within(text, expected), Some(expected));
        if expected > 0 {
            assert_eq!(count_within(text, expected - 1), None);
        }
    }

    #[rstest]
    #[case("hello world", 2)]
    // Its own documentation counts one where cl100k has more.
    #[case("안녕하세요", 2)]
    fn counts_in_the_newer_vocabulary(#[case] text: &str, #[case] expected: usize) {
        assert_eq!(count_tokens_in(Vocabulary::O200k, text), expected);
    }

    #[test]
    fn pieces_that_are_known_count_as_before() {
        let code = include_str!("tokens.rs");
        for text in [code, "äöü 안녕하세요 \0\0 0000000000000000000 \t\t\t        x", code] {
            let tokens = count_tokens(text);
            assert_eq!(count_within(text, tokens), Some(tokens));
            assert_eq!(count_within(text, tokens - 1), None);
            for line in text.split_inclusive('\n') {
                assert_eq!(count_within(line, usize::MAX), Some(count_tokens(line)), "{line}");
            }
        }
    }

    #[test]
    fn a_long_run_of_blanks_is_within_the_bound() {
        let blanks = " ".repeat(LONGEST_TOKEN * 8);
        let tokens = count_tokens(&blanks);
        assert!(blanks.len() <= tokens * LONGEST_TOKEN);
        assert_eq!(count_within(&blanks, tokens), Some(tokens));
    }
}
