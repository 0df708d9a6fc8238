//! Counting tokens.
//!
//! Every model family cuts text its own way; the counts here are those of cl100k, which the callers scale by a
//! factor a family. The table is built when the first text is counted, never at start-up.

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
    tokenizer.count_till_limit(&tokenizer.normalize(text), limit)
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
    fn a_long_run_of_blanks_is_within_the_bound() {
        let blanks = " ".repeat(LONGEST_TOKEN * 8);
        let tokens = count_tokens(&blanks);
        assert!(blanks.len() <= tokens * LONGEST_TOKEN);
        assert_eq!(count_within(&blanks, tokens), Some(tokens));
    }
}
