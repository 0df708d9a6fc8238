//! Answers that nobody reads as they come, such as summaries and those for other programs.

use aiia_llm::{Delta, DeltaStream, FinishReason};
use futures::{StreamExt, stream};

/// No token has so many bytes; a server that writes more than so many for each token that was asked for heeds no limit.
const BYTES_PER_TOKEN: usize = 16;
/// A short answer may think for longer.
const LEAST_TOKENS: u32 = 1024;

/// The deltas of an answer of `tokens`, ended as cut off where its server goes on far beyond them.
pub(crate) fn bounded(deltas: DeltaStream, tokens: u32) -> DeltaStream {
    let room = (tokens.max(LEAST_TOKENS) as usize).saturating_mul(BYTES_PER_TOKEN);
    stream::unfold((Some(deltas), room), |(deltas, room)| async move {
        let mut deltas = deltas?;
        let delta = deltas.next().await?;
        let length = match &delta {
            Ok(Delta::Text(text) | Delta::Reasoning(text)) => text.len(),
            _ => 0,
        };
        match room.checked_sub(length) {
            Some(left) => Some((delta, (Some(deltas), left))),
            // Dropping the rest closes the connection.
            None => Some((Ok(Delta::Finish(FinishReason::Length)), (None, 0))),
        }
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_without_an_end_ends_as_cut_off() {
        let piece = || Ok(Delta::Text("x".repeat(1000)));
        let endless = stream::repeat_with(piece).boxed();
        let all: Vec<_> = bounded(endless, 2000).collect().await;
        assert_eq!((all.len(), all.last()), (33, Some(&Ok(Delta::Finish(FinishReason::Length)))));
        let whole = || stream::iter([piece(), Ok(Delta::Finish(FinishReason::Stop))]);
        let all: Vec<_> = bounded(whole().boxed(), 1).collect().await;
        assert_eq!(all, whole().collect::<Vec<_>>().await);
    }
}
