//! A loaded model at work: prompt into tokens, tokens into text.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::num::NonZeroU32;
use std::thread;
use std::time::Instant;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;

use super::EmbeddedSettings;
use super::template::{ChatTemplate, Segment};
use super::text::{CharacterAssembler, StopFilter};
use super::worker::Job;
use crate::chat::{ChatRequest, Delta, FinishReason, Usage};
use crate::error::{LlmError, LlmErrorKind};

/// Prompt tokens that are read at once, at least and at most. Each piece takes all weights from memory once, so that few pieces are faster …
const LEAST_PIECE: usize = 64;
const LARGEST_PIECE: usize = 256;
/// … but only between two of them a request ends when it is cancelled, and tells how far it is: they take so many seconds on this machine.
const PIECE_SECONDS: f32 = 5.0;
/// No token is longer than this on average; a prompt beyond it is not even tokenised.
const BYTES_A_TOKEN: usize = 64;
/// There must be room for an answer of this many tokens.
const LEAST_ANSWER: usize = 16;

/// A model with its context. The context keeps the tokens of the last request, so that one that
/// begins alike need not be read again.
pub(super) struct Session<'m> {
    model: &'m LlamaModel,
    context: LlamaContext<'m>,
    batch: LlamaBatch<'m>,
    template: ChatTemplate,
    /// The tokens in the context.
    held: Vec<LlamaToken>,
    window: usize,
}

impl<'m> Session<'m> {
    pub(super) fn new(
        backend: &LlamaBackend,
        model: &'m LlamaModel,
        settings: &EmbeddedSettings,
    ) -> Result<Self, LlmError> {
        let trained = model.n_ctx_train().max(LEAST_PIECE as u32);
        let window = settings.context_size.clamp(LEAST_PIECE as u32, trained);
        let piece = (LARGEST_PIECE as u32).min(window);
        let threads = settings.threads.unwrap_or_else(default_threads).max(1) as i32;
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(window))
            .with_n_batch(piece)
            .with_n_ubatch(piece)
            .with_n_threads(threads)
            .with_n_threads_batch(threads);
        let context = model.new_context(backend, params).map_err(|error| {
            tracing::warn!(%error, window, "no context");
            LlmError::new(
                LlmErrorKind::ModelFile,
                format!("There is not enough memory for the embedded model with a window of {window} tokens."),
                "Configure a smaller context size, or close other programs.",
            )
        })?;
        let vocabulary = model.vocab();
        let source = model.chat_template(None).ok().and_then(|template| template.to_string().ok());
        let text = |token: LlamaToken| {
            vocabulary.text(token).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
        };
        Ok(Self {
            model,
            window: window as usize,
            template: ChatTemplate::new(source, text(vocabulary.bos()), text(vocabulary.eos())),
            batch: LlamaBatch::new(piece as usize, 1),
            held: Vec::new(),
            context,
        })
    }

    /// Answers one request; the last delta is `Finish`.
    pub(super) fn answer(&mut self, job: &Job) -> Result<(), LlmError> {
        let window = job.request.context_window.map_or(self.window, |asked| self.window.min(asked as usize));
        let prompt = self.tokenise(&job.request, window)?;
        if prompt.len() + LEAST_ANSWER > window {
            return Err(too_long(&prompt.len().to_string(), window));
        }
        let cached = self.keep_common_start(&prompt);
        let result = self.read_prompt(job, &prompt).and_then(|()| self.generate(job, prompt.len(), cached, window));
        if result.as_ref().is_err_and(|error| error.kind == LlmErrorKind::Server) {
            // What the context holds after a failure is anybody's guess.
            self.context.clear_kv_cache();
            self.held.clear();
        }
        result
    }

    fn tokenise(&self, request: &ChatRequest, window: usize) -> Result<Vec<LlamaToken>, LlmError> {
        let bytes: usize = request.messages.iter().map(|message| message.content.len()).sum();
        if bytes > window * BYTES_A_TOKEN {
            return Err(too_long(&format!("more than {window}"), window));
        }
        let segments = self.template.render(&request.messages).map_err(|error| {
            LlmError::new(
                LlmErrorKind::ModelFile,
                format!("The chat template in the model file cannot be used: {error}."),
                "Choose another model file.",
            )
        })?;
        let vocabulary = self.model.vocab();
        let mut tokens = Vec::new();
        for segment in &segments {
            let (text, special) = match segment {
                Segment::Template(text) => (text, true),
                Segment::Content(text) => (text, false),
            };
            tokens.extend(vocabulary.tokenize(text.as_bytes(), false, special));
        }
        if vocabulary.should_add_bos() && tokens.first() != Some(&vocabulary.bos()) {
            tokens.insert(0, vocabulary.bos());
        }
        if tokens.is_empty() {
            return Err(LlmError::new(LlmErrorKind::BadRequest, "The prompt is empty.", "Write something to ask."));
        }
        Ok(tokens)
    }

    /// Drops from the context what differs from the prompt. Returns how many tokens stay.
    fn keep_common_start(&mut self, prompt: &[LlamaToken]) -> usize {
        let common = self.held.iter().zip(prompt).take_while(|(held, wanted)| held == wanted).count();
        // The last token has to be read in any case, for the prediction after it.
        let keep = common.min(prompt.len() - 1);
        let kept = self.context.clear_kv_cache_seq(Some(0), Some(keep as u32), None);
        if matches!(kept, Ok(true)) {
            self.held.truncate(keep);
        } else {
            // Recurrent models cannot forget a part.
            self.context.clear_kv_cache();
            self.held.clear();
        }
        self.held.len()
    }

    fn read_prompt(&mut self, job: &Job, prompt: &[LlamaToken]) -> Result<(), LlmError> {
        let (start, begun) = (self.held.len(), Instant::now());
        self.read_in_chunks(job, prompt)?;
        let read = prompt.len() - start;
        if read >= LEAST_PIECE {
            job.note_prompt_speed(read, begun.elapsed());
        }
        Ok(())
    }

    fn read_in_chunks(&mut self, job: &Job, prompt: &[LlamaToken]) -> Result<(), LlmError> {
        let mut speed = job.prompt_speed();
        while self.held.len() < prompt.len() {
            job.check()?;
            let start = self.held.len();
            let end = prompt.len().min(start + piece(speed));
            if end < prompt.len() || start > 0 {
                job.send(Delta::Status(format!("reading prompt {start}/{}", prompt.len())))?;
            }
            let begun = Instant::now();
            self.decode(&prompt[start..end], end == prompt.len())?;
            speed = Some((end - start) as f32 / begun.elapsed().as_secs_f32().max(f32::EPSILON));
        }
        Ok(())
    }

    fn decode(&mut self, tokens: &[LlamaToken], predict: bool) -> Result<(), LlmError> {
        self.batch.clear();
        for (index, token) in tokens.iter().enumerate() {
            let wanted = predict && index + 1 == tokens.len();
            self.batch
                .add(*token, (self.held.len() + index) as i32, &[0], wanted)
                .map_err(|error| failed(&error.to_string()))?;
        }
        self.context.decode(&mut self.batch).map_err(|error| failed(&error.to_string()))?;
        self.held.extend_from_slice(tokens);
        Ok(())
    }

    fn generate(&mut self, job: &Job, prompt: usize, cached: usize, window: usize) -> Result<(), LlmError> {
        let limit = job.request.max_tokens.map_or(usize::MAX, |limit| limit.max(1) as usize);
        let mut sampler = sampler(job.request.temperature);
        let mut characters = CharacterAssembler::default();
        let mut stops = StopFilter::new(&job.request.stop);
        let mut generated = 0;
        let finish = loop {
            job.check()?;
            let token = sampler.sample(&self.context, -1);
            if self.model.vocab().is_eog(token) {
                break FinishReason::Stop;
            }
            generated += 1;
            let bytes = self.model.vocab().token_to_piece(token, false, None);
            let (text, stopped) = stops.push(&characters.push(&bytes));
            if !text.is_empty() {
                job.send(Delta::Text(text))?;
            }
            if stopped {
                break FinishReason::Stop;
            }
            if generated >= limit || self.held.len() + 1 >= window {
                break FinishReason::Length;
            }
            self.decode(&[token], true)?;
        };
        let (mut rest, stopped) = stops.push(&characters.finish());
        if !stopped {
            rest.push_str(&stops.finish());
        }
        if !rest.is_empty() {
            job.send(Delta::Text(rest))?;
        }
        job.send(Delta::Usage(Usage {
            input_tokens: Some(prompt as u64),
            output_tokens: Some(generated as u64),
            cached_tokens: Some(cached as u64),
            ..Usage::default()
        }))?;
        job.send(Delta::Finish(finish))
    }
}

/// How many tokens are read next, at so many tokens a second. Few sizes: how a prompt is cut has some say in the last digits of what is computed.
fn piece(speed: Option<f32>) -> usize {
    let possible = speed.map_or(0.0, |speed| speed * PIECE_SECONDS) as usize;
    let mut piece = LEAST_PIECE;
    while piece < LARGEST_PIECE && piece * 2 <= possible {
        piece *= 2;
    }
    piece
}

/// One core is left to everybody else: a busy one makes all threads wait for each other.
fn default_threads() -> usize {
    thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1))
}

/// Without a temperature, or with 0, always the most likely token.
fn sampler(temperature: Option<f32>) -> LlamaSampler {
    match temperature {
        Some(temperature) if temperature > 0.0 => LlamaSampler::chain_simple([
            LlamaSampler::top_k(40),
            LlamaSampler::top_p(0.95, 1),
            LlamaSampler::min_p(0.05, 1),
            LlamaSampler::temp(temperature),
            LlamaSampler::dist(RandomState::new().build_hasher().finish() as u32),
        ]),
        _ => LlamaSampler::greedy(),
    }
}

fn too_long(prompt: &str, window: usize) -> LlmError {
    LlmError::new(
        LlmErrorKind::ContextTooLong,
        format!("The prompt has {prompt} tokens; the window of the embedded model has {window}, answer included."),
        "Select less code, start a new chat, or configure a larger context size.",
    )
}

fn failed(reason: &str) -> LlmError {
    LlmError::new(
        LlmErrorKind::Server,
        format!("The embedded model failed: {reason}."),
        "Ask again; if it stays, choose another model.",
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nothing_is_known(None, 64)]
    #[case::slow(Some(2.0), 64)]
    #[case::usual(Some(30.0), 128)]
    #[case::fast(Some(80.0), 256)]
    #[case::as_fast_as_can_be(Some(f32::INFINITY), 256)]
    #[case::nothing(Some(f32::NAN), 64)]
    fn a_prompt_is_read_in_pieces_of_some_seconds(#[case] speed: Option<f32>, #[case] expected: usize) {
        assert_eq!(piece(speed), expected);
    }
}
