//! `aiia events`: every change as it happens, for people and, as lines of JSON, for scripts.

use aiia_protocol::event::{Change, Entity};

use crate::cli::arguments::JsonArguments;
use crate::cli::output::{self, Style, paint};
use crate::client::Client;
use crate::exit::Failure;

/// Prints until it is interrupted or the daemon ends.
pub(crate) fn run(arguments: &JsonArguments) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    let mut changes = client.changes()?;
    output::note("Following every change; Ctrl-C ends it.");
    loop {
        let event = changes.next()?;
        if arguments.json {
            output::json_line(&event);
        } else {
            let what = format!("{} {}", entity(event.entity), change(event.change));
            output::painted_line(&format!("{what}  {}", paint(&event.id, Style::Faint)));
        }
    }
}

fn entity(entity: Entity) -> &'static str {
    match entity {
        Entity::Project => "project",
        Entity::Chat => "chat",
        Entity::Message => "message",
        Entity::Run => "run",
        Entity::Edit => "edit",
        Entity::Config => "configuration",
        Entity::Template => "template",
        Entity::Model => "model",
        Entity::Transfer => "transfer",
        Entity::Token => "token",
    }
}

fn change(change: Change) -> &'static str {
    match change {
        Change::Created => "created",
        Change::Updated => "updated",
        Change::Deleted => "deleted",
    }
}
