//! The exports of other programs, each as a tree of messages that becomes a chat.

pub(crate) mod chatgpt;
pub(crate) mod claude;
pub(crate) mod open_webui;

use std::collections::HashMap;

use aiia_protocol::archive::{ChatFile, FiledMessage, ProjectFile};
use aiia_protocol::chat::Chat;
use aiia_protocol::id::{MessageId, ProjectId};
use aiia_protocol::message::{Message, MessageStatus, Rating, Role};
use aiia_protocol::project::Project;
use aiia_protocol::settings::{ContextRules, Parameters};
use aiia_protocol::transfer::ImportSource;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::source::Item;

const LONGEST_TITLE: usize = 200;
const LONGEST_NOTE: usize = 10_000;

/// A conversation of another program.
#[derive(Debug, Default)]
pub(crate) struct Conversation {
    /// Its identifier there.
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) updated_at: Option<Timestamp>,
    pub(crate) system_prompt: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) pinned: bool,
    pub(crate) favourite: bool,
    pub(crate) archived: bool,
    /// The end of the branch that was shown there.
    pub(crate) current: Option<String>,
    pub(crate) nodes: Vec<Node>,
    /// What could not be taken over, such as `image`, with how often.
    pub(crate) lost: Vec<&'static str>,
}

/// A place in the tree. One without a message only joins those below it to what is above.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) parent: Option<String>,
    pub(crate) said: Option<Said>,
}

/// A message of another program.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) role: Role,
    pub(crate) content: String,
    pub(crate) model: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) rating: Option<Rating>,
    pub(crate) note: Option<String>,
}

impl Conversation {
    /// The chat. What refers to itself is refused; what refers to nothing begins a branch, and that is said.
    pub(crate) fn into_item(mut self, source: ImportSource, number: u64) -> Item {
        let title = if self.title.trim().is_empty() { format!("chat {number}") } else { self.title.clone() };
        if self.id.is_empty() {
            return Item::broken(title, "It has no identifier, by which a second import would know it again.");
        }
        let places: HashMap<&str, usize> =
            self.nodes.iter().zip(0..).map(|(node, at)| (node.id.as_str(), at)).collect();
        if places.len() < self.nodes.len() {
            return Item::broken(title, "Two of its messages have the same identifier.");
        }
        let parents: Vec<Option<usize>> =
            self.nodes.iter().map(|node| node.parent.as_deref().and_then(|id| places.get(id).copied())).collect();
        let orphans =
            self.nodes.iter().zip(&parents).filter(|(node, place)| node.parent.is_some() && place.is_none()).count();
        let Some(order) = in_order(&parents) else {
            return Item::broken(title, "Its messages follow each other in a circle.");
        };
        let current = self.current.as_deref().and_then(|id| places.get(id).copied());
        drop(places);

        let chat_id = derived(source, &["chat", &self.id]);
        let name = |at: usize, nodes: &[Node]| derived(source, &["message", &self.id, &nodes[at].id]);
        let start = self.created_at.unwrap_or(Timestamp::UNIX_EPOCH);
        // The nearest message at or above each node, and its time.
        let mut nearest: Vec<Option<MessageId>> = vec![None; self.nodes.len()];
        let mut times = vec![start; self.nodes.len()];
        let mut messages: Vec<FiledMessage> = Vec::new();
        for at in order {
            let above = parents[at];
            if let Some(above) = above {
                let inherited = nearest[above].clone();
                nearest[at] = inherited;
                times[at] = times[above];
            }
            let id = name(at, &self.nodes);
            let Some(said) = self.nodes[at].said.take() else { continue };
            times[at] = said.created_at.unwrap_or(times[at]);
            let message = Message {
                id: id.clone().into(),
                chat_id: chat_id.clone().into(),
                parent_id: nearest[at].take(),
                role: said.role,
                content: said.content,
                status: MessageStatus::Complete,
                model: said.model,
                run_id: None,
                rating: said.rating,
                note: said.note.map(|note| note.chars().take(LONGEST_NOTE).collect()),
                notices: Vec::new(),
                attachments: Vec::new(),
                siblings: Vec::new(),
                created_at: shown(times[at]),
                version: 1,
            };
            nearest[at] = Some(id.into());
            messages.push(FiledMessage { message, deleted_at: None });
        }
        if messages.is_empty() {
            return Item::broken(title, "It has no message that can be shown.");
        }
        let last = times.iter().max().copied().unwrap_or(start);
        let head = current.and_then(|at| nearest[at].clone());
        let project = project(source, start);
        let own_title: String = self.title.trim().chars().take(LONGEST_TITLE).collect();
        let chat = Chat {
            id: chat_id.into(),
            project_id: project.project.id.clone(),
            title_is_automatic: own_title.is_empty(),
            title: own_title,
            model: None,
            system_prompt: self.system_prompt.filter(|prompt| !prompt.trim().is_empty()),
            parameters: Parameters::default(),
            tags: usable_tags(&self.tags),
            pinned: self.pinned,
            favourite: self.favourite,
            archived: self.archived,
            forked_from: None,
            template: None,
            head_id: head.or_else(|| messages.last().map(|filed| filed.message.id.clone())),
            message_count: messages.len() as u64,
            created_at: shown(start),
            updated_at: shown(self.updated_at.unwrap_or(last)),
            deleted_at: None,
            version: 1,
        };
        let chat = Box::new(ChatFile { project: Some(project), ..ChatFile::new(chat, messages) });
        match lost(&self.lost, orphans) {
            Some(detail) => Item::Partly { chat, detail },
            None => Item::Chat(chat),
        }
    }
}

/// The places so that each comes after the one above it; nothing where some go in a circle. Siblings stay in their order.
fn in_order(parents: &[Option<usize>]) -> Option<Vec<usize>> {
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); parents.len()];
    let mut order = Vec::with_capacity(parents.len());
    for (at, parent) in parents.iter().enumerate() {
        match parent {
            Some(parent) => below[*parent].push(at),
            None => order.push(at),
        }
    }
    let mut next = 0;
    while next < order.len() {
        order.extend_from_slice(&below[order[next]]);
        next += 1;
    }
    (order.len() == parents.len()).then_some(order)
}

/// The project of what comes from `source`, always the same one.
fn project(source: ImportSource, created_at: Timestamp) -> ProjectFile {
    let id = ProjectId::from(derived(source, &["project"]));
    let created_at = shown(created_at);
    let project = Project {
        id,
        name: format!("Imported from {}", source.name()),
        folders: Vec::new(),
        remotes: Vec::new(),
        archived: false,
        system_prompt: None,
        model: None,
        model_problem: None,
        parameters: Parameters::default(),
        context: ContextRules::default(),
        updated_at: created_at.clone(),
        created_at,
        version: 1,
    };
    ProjectFile { project, deleted_at: None }
}

/// The identifier that something from elsewhere has here: the same at every import.
fn derived(source: ImportSource, names: &[&str]) -> String {
    let mut hash = Sha256::new();
    for name in std::iter::once(&source.name()).chain(names) {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Uuid::new_v8(bytes).to_string()
}

fn shown(time: Timestamp) -> String {
    format!("{time:.3}")
}

fn usable_tags(tags: &[String]) -> Vec<String> {
    let plain = |tag: &String| tag.chars().filter(|c| !c.is_control()).take(50).collect::<String>().trim().to_owned();
    tags.iter().map(plain).filter(|tag| !tag.is_empty()).take(32).collect()
}

fn lost(lost: &[&'static str], orphans: usize) -> Option<String> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for what in lost {
        match counts.iter_mut().find(|(known, _)| known == what) {
            Some((_, count)) => *count += 1,
            None => counts.push((what, 1)),
        }
    }
    let mut parts: Vec<String> = counts.iter().map(|(what, count)| format!("{count} × {what}")).collect();
    parts.sort();
    let mut sentences = Vec::new();
    if !parts.is_empty() {
        sentences.push(format!("Not taken over: {}.", parts.join(", ")));
    }
    if orphans > 0 {
        sentences.push(format!("{orphans} of its messages answer one that is missing, and begin a branch now."));
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// Seconds since 1970, or an RFC 3339 text.
pub(crate) fn time(value: Option<&Value>) -> Option<Timestamp> {
    match value? {
        Value::Number(number) => {
            let seconds = number.as_f64()?;
            // Some programs count milliseconds or nanoseconds.
            let seconds = [1.0, 1e3, 1e6, 1e9].into_iter().map(|unit| seconds / unit).find(|time| time.abs() < 1e11)?;
            Timestamp::from_millisecond((seconds * 1000.0) as i64).ok()
        }
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(json!(1_700_000_000), Some("2023-11-14T22:13:20.000Z"))]
    #[case(json!(1_700_000_000.5), Some("2023-11-14T22:13:20.500Z"))]
    #[case(json!(1_700_000_000_000_u64), Some("2023-11-14T22:13:20.000Z"))]
    #[case(json!("2023-11-14T22:13:20.123456Z"), Some("2023-11-14T22:13:20.123Z"))]
    #[case(json!("yesterday"), None)]
    #[case(json!(1e300), None)]
    #[case(json!(null), None)]
    fn times(#[case] value: Value, #[case] expected: Option<&str>) {
        assert_eq!(time(Some(&value)).map(shown).as_deref(), expected);
    }

    #[rstest]
    #[case(&[None, Some(0), Some(1), Some(0)], Some(vec![0, 1, 3, 2]))]
    #[case(&[Some(1), None], Some(vec![1, 0]))]
    #[case(&[Some(0)], None)]
    #[case(&[None, Some(2), Some(1)], None)]
    #[case(&[], Some(vec![]))]
    fn orders(#[case] parents: &[Option<usize>], #[case] expected: Option<Vec<usize>>) {
        assert_eq!(in_order(parents), expected);
    }
}
