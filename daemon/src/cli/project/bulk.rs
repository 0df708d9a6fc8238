//! What is done to several projects: to all of them or to none.

use aiia_protocol::id::ProjectId;
use aiia_protocol::operation::ProjectBulk;
use aiia_protocol::project::ChangeProjects;

use crate::cli::arguments::ProjectChange;
use crate::cli::output;
use crate::client::Client;
use crate::exit::{self, Failure};

/// What is asked for where it is about several projects.
pub(super) fn of(change: &ProjectChange) -> Option<ChangeProjects> {
    let nothing = ChangeProjects::default();
    let (projects, change) = match change {
        ProjectChange::Archive { projects } => (projects, ChangeProjects { archived: Some(true), ..nothing }),
        ProjectChange::Unarchive { projects } => (projects, ChangeProjects { archived: Some(false), ..nothing }),
        ProjectChange::Restore { projects } => (projects, ChangeProjects { deleted: Some(false), ..nothing }),
        ProjectChange::Delete { projects, move_chats_to, with_chats } => {
            let move_chats_to = move_chats_to.as_deref().map(Into::into);
            let with_chats = *with_chats;
            (projects, ChangeProjects { deleted: Some(true), move_chats_to, with_chats, ..nothing })
        }
        _ => return None,
    };
    let project_ids: Vec<ProjectId> = projects.iter().map(|project| project.as_str().into()).collect();
    (project_ids.len() > 1).then_some(ChangeProjects { project_ids, ..change })
}

/// Does `change` and says how many projects are different now.
pub(super) fn run(client: &mut Client, change: &ChangeProjects, json: bool) -> Result<u8, Failure> {
    let done = client.call::<ProjectBulk>(change)?;
    if json {
        output::json(&done);
        return Ok(exit::OK);
    }
    let how = match (change.deleted, change.archived) {
        (Some(true), _) => "deleted; `aiia project restore` brings them back",
        (Some(false), _) => "restored",
        (None, Some(true)) => "archived",
        (None, _) => "back from the archive",
    };
    output::note(&format!("{} {how}.", output::counted(done.changed, "project")));
    Ok(exit::OK)
}
