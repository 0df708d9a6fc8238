//! The gate: the one way to a model. What goes out is sealed here, with key-like strings replaced by placeholders; what
//! comes back has them put in again.

mod restore;
mod secrets;

use aiia_llm::ChatMessage;
use std::path::Path;
use std::sync::Arc;

use aiia_protocol::problem::{Problem, ProblemCode};

pub(crate) use restore::Restorer;

use crate::chat_excerpt;
use crate::source::Source;
use crate::workspace;

/// How every placeholder begins; a number and [`PLACEHOLDER_END`] follow.
pub(crate) const PLACEHOLDER_START: &str = "__AIIA_SECRET_";
const PLACEHOLDER_END: &str = "__";

/// A request that may leave: only [`seal`] makes one, and only such a one is sent. Cloning gives the same messages again.
#[derive(Clone)]
pub(crate) struct Sealed {
    messages: Arc<Vec<ChatMessage>>,
    secrets: Vec<String>,
}

impl Sealed {
    /// What is sent.
    pub(crate) fn messages(&self) -> &[ChatMessage] {
        &self.messages
    }

    /// How many different secrets were replaced.
    pub(crate) fn redactions(&self) -> usize {
        self.secrets.len()
    }

    /// The same with further messages, whose key-like strings are replaced where there is anything to replace with `redact`.
    pub(crate) fn and(&self, more: Vec<ChatMessage>, redact: bool) -> Self {
        let mut sealed = self.clone();
        for mut message in more {
            // What was replaced once must not leave by another way.
            for (number, secret) in sealed.secrets.iter().enumerate() {
                message.content =
                    message.content.replace(secret, &format!("{PLACEHOLDER_START}{}{PLACEHOLDER_END}", number + 1));
            }
            if redact {
                message.content = secrets::replace(&message.content, &mut sealed.secrets);
            }
            Arc::make_mut(&mut sealed.messages).push(message);
        }
        sealed
    }

    /// The same with a summary of what was said before behind the system prompt.
    pub(crate) fn remembering(&self, summary: &str, redact: bool) -> Self {
        let (mut sealed, Some(first)) = (self.clone(), self.messages.first()) else { return self.clone() };
        let last = sealed.and(vec![ChatMessage::new(first.role, summary)], redact);
        sealed.secrets = last.secrets;
        let summary = last.messages.last().map(|message| message.content.as_str()).unwrap_or_default();
        Arc::make_mut(&mut sealed.messages)[0].content = chat_excerpt::introduced(&first.content, summary);
        sealed
    }

    /// Puts the secrets back into the answer.
    pub(crate) fn restorer(&self) -> Restorer {
        Restorer::new(self.secrets.clone())
    }
}

/// Seals messages; with `redact`, key-like strings are replaced.
pub(crate) fn seal(messages: Vec<ChatMessage>, redact: bool) -> Sealed {
    let mut secrets = Vec::new();
    let messages = messages
        .into_iter()
        .map(|mut message| {
            if redact {
                message.content = secrets::replace(&message.content, &mut secrets);
            }
            message
        })
        .collect();
    Sealed { messages: Arc::new(messages), secrets }
}

/// The text with key-like strings replaced, and how many were.
pub(crate) fn redacted(text: &str, secrets: &mut Vec<String>) -> String {
    secrets::replace(text, secrets)
}

/// Whether `source` may be shown to a model at all.
///
/// # Errors
/// When it is a file for keys, or excluded by `.aiiaignore`.
pub(crate) fn admit(source: &Source) -> Result<(), Problem> {
    match &source.root {
        Some(root) => admit_file(Path::new(&source.path), root, &source.name),
        None => Ok(()),
    }
}

/// Whether the file `path` below `root`, which the user knows as `name`, may be shown to a model at all.
///
/// # Errors
/// When it is a file for keys, or excluded by `.aiiaignore`.
pub(crate) fn admit_file(path: &Path, root: &Path, name: &str) -> Result<(), Problem> {
    // What a link points to decides, not its name.
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if workspace::is_secret_file(path) || workspace::is_secret_file(&real) {
        return Err(Problem::new(
            ProblemCode::Forbidden,
            format!("{name} looks like a file for keys or passwords; it is never sent to a model."),
        )
        .with_hint("Copy the part in question into another file, without the secrets."));
    }
    if workspace::is_excluded(root, path) {
        return Err(Problem::new(
            ProblemCode::Forbidden,
            format!("{name} is excluded by .aiiaignore; it is never sent to a model."),
        )
        .with_hint("Take it out of .aiiaignore if it may be."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use aiia_llm::Role;

    use super::*;

    #[test]
    fn what_was_replaced_stays_replaced_in_what_follows() {
        let key = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
        let sealed = seal(vec![ChatMessage::new(Role::User, format!("password = '{key}'"))], true);
        let more = sealed.and(vec![ChatMessage::new(Role::Assistant, format!("It was {key}."))], true);
        assert_eq!(more.messages()[1].content, "It was __AIIA_SECRET_1__.");
        assert_eq!((more.messages().len(), more.redactions()), (2, 1));
        let sealed = seal(vec![ChatMessage::new(Role::System, "Be brief."), ChatMessage::new(Role::User, key)], true);
        let remembering = sealed.remembering(&format!("The password is {key}."), true);
        let system = &remembering.messages()[0].content;
        assert!(system.starts_with("Be brief.") && system.ends_with("The password is __AIIA_SECRET_1__."), "{system}");
        assert_eq!((remembering.messages().len(), remembering.redactions()), (2, 1));
    }
}
