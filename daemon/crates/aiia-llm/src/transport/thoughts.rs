//! Thoughts that stand in the answer itself, at its beginning: servers that do not know how their model marks them give them so.

use std::collections::VecDeque;

use crate::chat::Delta;

/// How models mark where their thoughts begin and end.
const MARKS: [(&str, &str); 2] = [("<think>", "</think>"), ("<thinking>", "</thinking>")];
/// So many bytes of blanks may come before them.
const MOST_BLANKS: usize = 64;

/// Takes thoughts out of an answer, delta by delta.
#[derive(Debug)]
pub(crate) struct Thoughts {
    state: State,
    /// What may be the beginning of a mark.
    held: String,
    /// A thought was given.
    begun: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing was said yet.
    Beginning,
    /// Up to this mark they are thoughts.
    Thinking(&'static str),
    /// Blanks between the thoughts and the answer.
    Behind,
    Answering,
}

impl Thoughts {
    /// Takes them out.
    pub(crate) fn apart() -> Self {
        Self { state: State::Beginning, held: String::new(), begun: false }
    }

    /// Leaves everything as it is.
    pub(crate) fn in_place() -> Self {
        Self { state: State::Answering, ..Self::apart() }
    }

    /// Whether there is nothing left to look for: deltas stay as they are.
    pub(crate) fn are_over(&self) -> bool {
        self.state == State::Answering
    }

    /// Adds to `out` what a delta becomes: nothing while it may be a part of a mark.
    pub(crate) fn sort(&mut self, delta: Delta, out: &mut VecDeque<Delta>) {
        match delta {
            Delta::Text(text) if !self.are_over() => {
                self.held.push_str(&text);
                while self.advance(out) {}
                return;
            }
            // The server tells them apart itself.
            Delta::Reasoning(_) => {
                self.rest(out);
                self.state = State::Answering;
            }
            Delta::Finish(_) => self.rest(out),
            _ => {}
        }
        out.push_back(delta);
    }

    /// Adds to `out` what is held, where nothing follows.
    pub(crate) fn rest(&mut self, out: &mut VecDeque<Delta>) {
        let held = std::mem::take(&mut self.held);
        match self.state {
            State::Thinking(_) => self.think(held, out),
            State::Beginning | State::Behind | State::Answering if held.is_empty() => {}
            State::Beginning | State::Behind | State::Answering => out.push_back(Delta::Text(held)),
        }
    }

    /// Looks at what is held; whether it has to be looked at once more.
    fn advance(&mut self, out: &mut VecDeque<Delta>) -> bool {
        match self.state {
            State::Beginning => {
                let said = self.held.trim_start();
                if let Some((begin, end)) = MARKS.into_iter().find(|(begin, _)| said.starts_with(begin)) {
                    self.held = said[begin.len()..].to_owned();
                    self.state = State::Thinking(end);
                    return true;
                }
                if self.held.len() > MOST_BLANKS || !MARKS.iter().any(|(begin, _)| begin.starts_with(said)) {
                    self.state = State::Answering;
                    out.push_back(Delta::Text(std::mem::take(&mut self.held)));
                }
                false
            }
            State::Thinking(end) => {
                let found = self.held.find(end);
                // The longest end of it that may be the beginning of the mark.
                let kept = || (1..end.len()).rev().find(|count| self.held.ends_with(&end[..*count])).unwrap_or(0);
                let thought = found.unwrap_or_else(|| self.held.len() - kept());
                let rest = self.held.split_off(thought);
                let thought = std::mem::replace(&mut self.held, rest);
                self.think(thought, out);
                if found.is_some() {
                    self.held.drain(..end.len());
                    self.state = State::Behind;
                }
                found.is_some()
            }
            State::Behind => {
                let said = self.held.trim_start().to_owned();
                self.held.clear();
                if !said.is_empty() {
                    self.state = State::Answering;
                    out.push_back(Delta::Text(said));
                }
                false
            }
            State::Answering => false,
        }
    }

    fn think(&mut self, thought: String, out: &mut VecDeque<Delta>) {
        let thought = if self.begun { thought } else { thought.trim_start().to_owned() };
        if !thought.is_empty() {
            self.begun = true;
            out.push_back(Delta::Reasoning(thought));
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::chat::FinishReason;

    /// What was thought and what was said of deltas.
    fn sorted(deltas: impl IntoIterator<Item = Delta>) -> (String, String) {
        let (mut thoughts, mut out) = (Thoughts::apart(), VecDeque::new());
        deltas.into_iter().for_each(|delta| thoughts.sort(delta, &mut out));
        thoughts.rest(&mut out);
        let (mut thought, mut said) = (String::new(), String::new());
        for delta in out {
            match delta {
                Delta::Reasoning(text) => thought.push_str(&text),
                Delta::Text(text) => said.push_str(&text),
                _ => {}
            }
        }
        (thought, said)
    }

    fn text(text: &str) -> Delta {
        Delta::Text(text.to_owned())
    }

    #[rstest]
    #[case("<think>Why?</think>Because.", "Why?", "Because.")]
    #[case("\n<think>\nWhy < that?\n</think>\n\nBecause.\n", "Why < that?\n", "Because.\n")]
    #[case("<thinking>Why? </think> Hm.</thinking>Because.", "Why? </think> Hm.", "Because.")]
    #[case("<think>\n\n</think>\n\nBecause.", "", "Because.")]
    #[case("<think>Größe</thin", "Größe</thin", "")]
    #[case("<think>", "", "")]
    #[case("<thin", "", "<thin")]
    #[case("<this> is it", "", "<this> is it")]
    #[case("  two blanks", "", "  two blanks")]
    #[case("Use <think>x</think>.", "", "Use <think>x</think>.")]
    #[case("<think>a</think>b<think>c</think>", "a", "b<think>c</think>")]
    #[case("", "", "")]
    fn thoughts_are_told_from_the_answer_however_it_is_cut(
        #[case] answer: &str,
        #[case] thought: &str,
        #[case] said: &str,
    ) {
        let expected = (thought.to_owned(), said.to_owned());
        assert_eq!(sorted([text(answer)]), expected);
        assert_eq!(sorted(answer.chars().map(|letter| text(&letter.to_string()))), expected, "letter by letter");
        for cut in (0..answer.len()).filter(|cut| answer.is_char_boundary(*cut)) {
            assert_eq!(sorted([text(&answer[..cut]), text(&answer[cut..])]), expected, "cut at {cut}");
        }
    }

    #[test]
    fn a_server_that_tells_them_apart_itself_is_believed() {
        let thought = Delta::Reasoning("Why?".to_owned());
        let both = sorted([thought, text("<think>"), text("is a tag.")]);
        assert_eq!(both, ("Why?".to_owned(), "<think>is a tag.".to_owned()));
    }

    #[test]
    fn blanks_are_not_waited_through_for_ever() {
        let (mut thoughts, mut out) = (Thoughts::apart(), VecDeque::new());
        (0..=MOST_BLANKS).for_each(|_| thoughts.sort(text(" "), &mut out));
        assert_eq!(out, [text(&" ".repeat(MOST_BLANKS + 1))]);
    }

    #[test]
    fn what_is_held_comes_before_the_end() {
        let (mut thoughts, mut out) = (Thoughts::apart(), VecDeque::new());
        thoughts.sort(text("<th"), &mut out);
        thoughts.sort(Delta::Finish(FinishReason::Stop), &mut out);
        assert_eq!(out, [text("<th"), Delta::Finish(FinishReason::Stop)]);
    }
}
