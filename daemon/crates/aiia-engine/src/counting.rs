//! How many tokens a model makes of a text: to the letter for `OpenAI`'s families, for others by a factor that is learnt from
//! what their servers report.

use aiia_context::{Vocabulary, count_tokens_in};
use aiia_llm::ChatMessage;
use aiia_store::TokenFactor;

use crate::engine::Engine;

/// What a chat template puts around a message, in tokens.
const AROUND_A_MESSAGE: usize = 4;
/// Tokens that an image takes, about: what the large providers count for one of ordinary size.
pub(crate) const IMAGE_TOKENS: usize = 1500;
/// A text of more bytes for each token that is asked about is not counted …
const FAR: usize = 16;
/// … but taken to have one token in so many bytes.
const USUAL: usize = 4;
/// What has no more tokens than this is always counted.
const LEAST_COUNTED: usize = 4096;
/// Prompts shorter than this teach nothing: the template outweighs the text.
const LEAST_LEARNT: u64 = 200;
/// A factor outside of this is no other vocabulary but another count: a server that reads a part of the prompt would teach that
/// the model counts less, and nobody would be told of what it cuts from then on.
const LIKELY: std::ops::RangeInclusive<f64> = 0.8..=2.5;

/// Counts as a model does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Counter {
    vocabulary: Vocabulary,
    factor: f64,
    /// How often the factor was compared; `None` where the vocabulary is known.
    samples: Option<u64>,
}

impl Default for Counter {
    fn default() -> Self {
        Self { vocabulary: Vocabulary::Cl100k, factor: 1.0, samples: Some(0) }
    }
}

impl Counter {
    /// The counter of a model, `provider/model`.
    pub(crate) async fn of(engine: &Engine, model: &str) -> Self {
        if let Some(vocabulary) = known_vocabulary(model) {
            return Self { vocabulary, factor: 1.0, samples: None };
        }
        match engine.store.token_factor(model.to_owned()).await {
            Ok(learnt) => learnt.map_or_else(Self::default, Self::learnt),
            Err(error) => {
                tracing::warn!(%error, "how the model counts is not known");
                Self::default()
            }
        }
    }

    fn learnt(learnt: TokenFactor) -> Self {
        let factor = learnt.factor.clamp(*LIKELY.start(), *LIKELY.end());
        Self { factor, samples: Some(learnt.samples), ..Self::default() }
    }

    /// The tokens of a text.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.scaled(count_tokens_in(self.vocabulary, text))
    }

    /// The tokens of a text; of one that is far longer than `most`, only about how many there are.
    pub(crate) fn count_within(&self, text: &str, most: usize) -> usize {
        self.scaled(self.plain_within(text, most))
    }

    /// The tokens of a prompt, with what a chat template puts around its messages. Messages far longer than `most` are not counted to
    /// the letter.
    pub(crate) fn count_prompt(&self, messages: &[ChatMessage], most: usize) -> usize {
        let images: usize = messages.iter().map(|message| message.images.len()).sum();
        let of = |message: &ChatMessage| self.plain_within(&message.content, most) + AROUND_A_MESSAGE;
        self.scaled(messages.iter().map(of).sum()) + images * IMAGE_TOKENS
    }

    fn plain(&self, messages: &[ChatMessage]) -> usize {
        messages.iter().map(|message| count_tokens_in(self.vocabulary, &message.content) + AROUND_A_MESSAGE).sum()
    }

    fn plain_within(&self, text: &str, most: usize) -> usize {
        if text.len() / FAR > most.max(LEAST_COUNTED) {
            text.len() / USUAL
        } else {
            count_tokens_in(self.vocabulary, text)
        }
    }

    fn scaled(&self, tokens: usize) -> usize {
        (tokens as f64 * self.factor).ceil() as usize
    }

    /// The tokens of a prompt, about, where it is beyond `window` even for a model that makes far fewer of it. `asked` is what
    /// [`Self::count_prompt`] gave; what its pictures take is not known well enough.
    pub(crate) fn beyond(&self, messages: &[ChatMessage], asked: usize, window: u32) -> Option<u64> {
        let is_beyond = |tokens: usize| tokens as f64 * self.least_share() > f64::from(window);
        if !is_beyond(asked) {
            return None;
        }
        let tokens = self.scaled(self.plain(messages));
        is_beyond(tokens).then_some(tokens as u64)
    }

    /// The least share of a prompt that a server has to report for it to be read as a whole: tokenizers that are not known
    /// differ by a third, and by more in other scripts.
    fn least_share(&self) -> f64 {
        match self.samples {
            None => 0.8,
            Some(samples) if samples >= 3 => 0.7,
            Some(_) => 0.5,
        }
    }

    /// What the server's word that it has read `read` tokens of these messages says. With pictures that is nothing: what one takes
    /// depends on its size and on the model, from 85 tokens to some thousands.
    pub(crate) fn judge(&self, messages: &[ChatMessage], read: u64) -> Judged {
        if has_pictures(messages) {
            return Judged::Nothing;
        }
        let plain = self.plain(messages);
        let sent = self.scaled(plain) as u64;
        if sent >= 400 && (read as f64) < sent as f64 * self.least_share() {
            return Judged::Cut { sent };
        }
        let counted = plain as u64;
        if self.samples.is_some() && is_comparable(counted, read) {
            Judged::Teaches { counted }
        } else {
            Judged::Nothing
        }
    }
}

/// What a server's count of a prompt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// It has cut the prompt, which has about so many tokens.
    Cut { sent: u64 },
    /// It counts the prompt, which has so many tokens in our vocabulary, in its own way.
    Teaches { counted: u64 },
    /// Nothing.
    Nothing,
}

/// Keeps in mind that the server of `model` counts `read` tokens where we count `counted`.
pub(crate) async fn learn(engine: &Engine, model: &str, counted: u64, read: u64) {
    if let Err(error) = engine.store.learn_tokens(model.to_owned(), counted, read).await {
        tracing::warn!(%error, "how the model counts was not noted");
    }
}

fn has_pictures(messages: &[ChatMessage]) -> bool {
    messages.iter().any(|message| !message.images.is_empty())
}

fn is_comparable(counted: u64, read: u64) -> bool {
    counted >= LEAST_LEARNT && LIKELY.contains(&(read as f64 / counted as f64))
}

/// The vocabulary of a model by its name; `None` for families whose one is not `OpenAI`'s.
fn known_vocabulary(model: &str) -> Option<Vocabulary> {
    // `openrouter/openai/gpt-5` is one, too.
    let name = model.rsplit('/').next().unwrap_or_default();
    let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    if begins(&["gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "gpt-6", "gpt-oss", "chatgpt-", "o1", "o3", "o4"]) {
        return Some(Vocabulary::O200k);
    }
    begins(&["gpt-4", "gpt-3.5"]).then_some(Vocabulary::Cl100k)
}

#[cfg(test)]
mod tests {
    use aiia_llm::{Image, Role};
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("openai/gpt-4.1-mini", Some(Vocabulary::O200k))]
    #[case("openrouter/openai/gpt-5-mini", Some(Vocabulary::O200k))]
    #[case("groq/openai/gpt-oss-20b", Some(Vocabulary::O200k))]
    #[case("openai/o3", Some(Vocabulary::O200k))]
    #[case("openai/gpt-4-turbo", Some(Vocabulary::Cl100k))]
    #[case("anthropic/claude-sonnet-5-5", None)]
    #[case("ollama/olmo:7b", None)]
    fn vocabularies(#[case] model: &str, #[case] expected: Option<Vocabulary>) {
        assert_eq!(known_vocabulary(model), expected);
    }

    fn prompt(words: usize) -> Vec<ChatMessage> {
        vec![ChatMessage::new(Role::User, "word ".repeat(words))]
    }

    #[rstest]
    #[case::whole(Counter::default(), 1000, 1000, None)]
    #[case::another_tokenizer(Counter::default(), 1000, 600, None)]
    #[case::cut(Counter::default(), 1000, 400, Some(1005))]
    #[case::known_better(Counter::learnt(TokenFactor { factor: 1.5, samples: 5 }), 1000, 1000, Some(1508))]
    #[case::known_to_count_less(Counter::learnt(TokenFactor { factor: 0.85, samples: 5 }), 1000, 620, None)]
    #[case::learnt_from_a_cut_prompt(Counter::learnt(TokenFactor { factor: 0.67, samples: 5 }), 1000, 500, Some(804))]
    #[case::to_the_letter(Counter { samples: None, ..Counter::default() }, 1000, 790, Some(1005))]
    #[case::short(Counter::default(), 100, 5, None)]
    fn a_prompt_that_was_cut_is_noticed(
        #[case] counter: Counter,
        #[case] words: usize,
        #[case] read: u64,
        #[case] expected: Option<u64>,
    ) {
        let cut = match counter.judge(&prompt(words), read) {
            Judged::Cut { sent } => Some(sent),
            Judged::Teaches { .. } | Judged::Nothing => None,
        };
        assert_eq!(cut, expected);
    }

    #[rstest]
    #[case::it_fits(Counter::default(), 900, 1000, None)]
    #[case::nobody_knows(Counter::default(), 1900, 1000, None)]
    #[case::far_over(Counter::default(), 2100, 1000, Some(2105))]
    #[case::to_the_letter(Counter { samples: None, ..Counter::default() }, 1300, 1000, Some(1305))]
    #[case::learnt(Counter::learnt(TokenFactor { factor: 1.5, samples: 5 }), 1000, 1000, Some(1508))]
    #[case::not_counted_at_first(Counter::default(), 100_000, 1000, Some(100_005))]
    fn what_is_beyond_a_window(
        #[case] counter: Counter,
        #[case] words: usize,
        #[case] window: u32,
        #[case] expected: Option<u64>,
    ) {
        let prompt = prompt(words);
        let asked = counter.count_prompt(&prompt, window as usize);
        assert_eq!(counter.beyond(&prompt, asked, window), expected);
        // A text may have few tokens for its length.
        let blanks = vec![ChatMessage::new(Role::User, " ".repeat(100_000))];
        let asked = counter.count_prompt(&blanks, 3000);
        assert_eq!(counter.beyond(&blanks, asked, 3000), None);
    }

    #[test]
    fn a_prompt_with_a_picture_is_not_said_to_be_cut() {
        let mut prompt = prompt(100);
        prompt[0].images.push(Image { media_type: "image/png".to_owned(), data: String::new() });
        assert_eq!(Counter::default().judge(&prompt, 185), Judged::Nothing);
    }

    #[rstest]
    #[case(1000, 1300, true)]
    #[case(100, 130, false)]
    #[case(6000, 4000, false)]
    #[case(1000, 300, false)]
    #[case(1000, 4000, false)]
    fn what_teaches(#[case] counted: u64, #[case] read: u64, #[case] expected: bool) {
        assert_eq!(is_comparable(counted, read), expected);
    }

    #[test]
    fn a_factor_is_kept_within_reason() {
        let counter = Counter::learnt(TokenFactor { factor: 40.0, samples: 9 });
        assert_eq!(counter.count("hello world"), 5);
    }
}
