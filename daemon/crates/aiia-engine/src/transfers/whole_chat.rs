//! A chat as one JSON file. What goes with its messages is written while it is read, one after the other: it may be more than memory.

use std::cell::RefCell;
use std::io::{BufWriter, Write};
use std::path::Path;

use aiia_exchange::Refused;
use aiia_protocol::archive::{ChatFile, FiledAttachment};
use aiia_protocol::problem::Problem;
use aiia_store::{Store, StoreError};
use serde::ser::{Error, SerializeSeq};
use serde::{Serialize, Serializer};
use tokio::sync::mpsc;

use super::{export, fault, refused};

/// Writes `chat`, whose attachments have no content, with that content to a new file at `place`. Gives the bytes of the file.
///
/// # Errors
/// When an attachment is not there any more, or the file cannot be written.
pub(super) async fn write(store: &Store, place: &Path, mut chat: ChatFile) -> Result<u64, Problem> {
    let wanted = std::mem::take(&mut chat.attachments);
    let (send, coming) = mpsc::channel(1);
    let count = wanted.len();
    let to = place.to_path_buf();
    let writing = tokio::task::spawn_blocking(move || {
        let attachments = (count > 0).then_some(Coming { count, attachments: RefCell::new(coming) });
        let mut file = BufWriter::with_capacity(1 << 18, export::create(&to)?);
        serde_json::to_writer_pretty(&mut file, &Whole { chat: &chat, attachments }).map_err(std::io::Error::from)?;
        file.flush()?;
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok::<_, std::io::Error>(file.metadata()?.len())
    });
    for filed in wanted {
        let read = store.attachment(filed.attachment.id).await;
        let is_read = read.is_ok();
        let read = read.map(|(attachment, data)| FiledAttachment { attachment, data });
        if send.send(read).await.is_err() || !is_read {
            break;
        }
    }
    drop(send);
    writing.await.map_err(fault)?.map_err(|error| refused(Refused::Io(error)))
}

#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    chat: &'a ChatFile,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Coming>,
}

/// `count` attachments that are still being read.
struct Coming {
    count: usize,
    attachments: RefCell<mpsc::Receiver<Result<FiledAttachment, StoreError>>>,
}

impl Serialize for Coming {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.count))?;
        let mut coming = self.attachments.borrow_mut();
        for _ in 0..self.count {
            let next = coming.blocking_recv().ok_or_else(|| S::Error::custom("the export was given up"))?;
            list.serialize_element(&next.map_err(S::Error::custom)?)?;
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use aiia_protocol::chat::CreateChat;
    use aiia_protocol::project::CreateProject;
    use aiia_store::Said;

    use super::*;
    use crate::attachments::inspect;
    use crate::engine::Engine;

    #[tokio::test]
    async fn a_chat_is_written_as_it_is_with_all_that_goes_along() {
        let home = tempfile::tempdir().unwrap();
        let store = &Engine::for_tests(home.path(), &[], Vec::new()).store;
        let project = store.create_project(CreateProject::new("p")).await.unwrap();
        let chat = store.create_chat(CreateChat::new(project.id)).await.unwrap();
        for number in b'0'..b'3' {
            let data = vec![number; 3000];
            let attachment = inspect("a.txt", &data).unwrap();
            let attachments = if number == 0 { Vec::new() } else { vec![attachment.id.clone()] };
            store.create_attachment(attachment, data).await.unwrap();
            let said = Said { attachments, ..Said::by_user("see") };
            store.append_messages(chat.id.clone(), vec![said]).await.unwrap();
            let place = home.path().join(format!("{number}.json"));
            let alone = store.export_chat_alone(chat.id.clone(), false).await.unwrap();
            let bytes = write(store, &place, alone).await.unwrap();
            let whole = store.export_chat(chat.id.clone(), false).await.unwrap();
            let written = std::fs::read(&place).unwrap();
            assert_eq!(written.len() as u64, bytes);
            assert_eq!(String::from_utf8(written).unwrap(), serde_json::to_string_pretty(&whole).unwrap());
        }
        // One that is not there any more is no file without it.
        let mut alone = store.export_chat_alone(chat.id, false).await.unwrap();
        let gone = inspect("gone.txt", b"gone").unwrap();
        alone.attachments.push(FiledAttachment { attachment: gone, data: Vec::new() });
        assert!(write(store, &home.path().join("gone.json"), alone).await.is_err());
    }
}
