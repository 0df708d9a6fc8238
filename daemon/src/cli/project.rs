//! `aiia project`: what is done to a project.

use std::path::Path;

use aiia_protocol::id::ProjectId;
use aiia_protocol::operation::{
    ProjectCreate, ProjectDelete, ProjectDuplicate, ProjectGet, ProjectRestore, ProjectSettings, ProjectStatistics,
    ProjectUpdate,
};
use aiia_protocol::project::{CreateProject, DeleteProject, DuplicateProject, Project, ProjectRef, UpdateProject};

use crate::cli::arguments::{ProjectArguments, ProjectChange};
use crate::cli::output::{self, Style, paint};
use crate::cli::question;
use crate::cli::sanitize::one_line;
use crate::cli::settings_view;
use crate::client::Client;
use crate::exit::{self, Failure};

mod bulk;
mod set;

pub(crate) fn run(arguments: &ProjectArguments) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    let reference = |project: &str| ProjectRef { project_id: project.into() };
    let change = |project: &str| UpdateProject::new(ProjectId::from(project));
    if let Some(mut change) = bulk::of(&arguments.change) {
        if let ProjectChange::Delete { projects, with_chats: false, move_chats_to: None } = &arguments.change {
            change.with_chats = ask(&mut client, projects)?;
        }
        return bulk::run(&mut client, &change, arguments.json);
    }
    let project = match &arguments.change {
        ProjectChange::Create { name, template } => {
            let template = template.clone().and_then(|template| serde_json::from_value(template.into()).ok());
            client.call::<ProjectCreate>(&CreateProject { template, ..CreateProject::new(name.as_str()) })?
        }
        ProjectChange::Rename { project, name } => {
            client.call::<ProjectUpdate>(&UpdateProject { name: Some(name.clone()), ..change(project) })?
        }
        ProjectChange::Archive { projects } => {
            client.call::<ProjectUpdate>(&UpdateProject { archived: Some(true), ..change(only(projects)) })?
        }
        ProjectChange::Unarchive { projects } => {
            client.call::<ProjectUpdate>(&UpdateProject { archived: Some(false), ..change(only(projects)) })?
        }
        ProjectChange::Bind { project, folder } => {
            if !folder.is_dir() {
                let detail = format!("There is no folder {}.", folder.display());
                return Err(Failure::new(exit::FAILED, detail, "Make it first, or name another."));
            }
            let known = client.call::<ProjectGet>(&reference(project))?;
            let mut folders = known.folders;
            folders.push(absolute(folder)?);
            let change = UpdateProject { folders: Some(folders), if_version: Some(known.version), ..change(project) };
            client.call::<ProjectUpdate>(&change)?
        }
        ProjectChange::Unbind { project, folder } => {
            let known = client.call::<ProjectGet>(&reference(project))?;
            let folder = absolute(folder)?;
            let folders: Vec<String> = known.folders.iter().filter(|bound| **bound != folder).cloned().collect();
            if folders.len() == known.folders.len() {
                return Err(Failure::local(format!("{folder} is not bound to the project.")));
            }
            let change = UpdateProject { folders: Some(folders), if_version: Some(known.version), ..change(project) };
            client.call::<ProjectUpdate>(&change)?
        }
        ProjectChange::Duplicate { project, name, chats } => client.call::<ProjectDuplicate>(&DuplicateProject {
            project_id: project.as_str().into(),
            name: name.clone(),
            chats: *chats,
        })?,
        ProjectChange::Restore { projects } => client.call::<ProjectRestore>(&reference(only(projects)))?,
        ProjectChange::Set(settings) => set::run(&mut client, settings)?,
        ProjectChange::Settings { project } => {
            let settings = client.call::<ProjectSettings>(&reference(project))?.settings;
            if arguments.json {
                output::json(&settings);
            } else {
                settings_view::show(&settings);
            }
            return Ok(exit::OK);
        }
        ProjectChange::Stats { project } => return statistics(&mut client, &reference(project), arguments.json),
        ProjectChange::Delete { projects, move_chats_to, with_chats } => {
            let with_chats = *with_chats || (move_chats_to.is_none() && ask(&mut client, projects)?);
            let project = only(projects);
            client.call::<ProjectDelete>(&DeleteProject {
                project_id: project.into(),
                move_chats_to: move_chats_to.as_deref().map(Into::into),
                with_chats,
                if_unused: false,
                if_version: None,
            })?;
            output::note(&format!("Deleted. `aiia project restore {project}` brings it back."));
            return Ok(exit::OK);
        }
    };
    if arguments.json {
        output::json(&project);
    } else {
        show(&project);
        if let Some(problem) = &project.model_problem {
            output::note(problem);
        }
    }
    Ok(exit::OK)
}

/// The project where no other is named.
fn only(projects: &[String]) -> &str {
    projects.first().map_or("", String::as_str)
}

fn show(project: &Project) {
    let (id, name) = (paint(project.id.as_str(), Style::Faint), paint(&one_line(&project.name), Style::Heading));
    output::painted_line(&format!("{id}  {name}"));
    project.folders.iter().chain(&project.remotes).for_each(|place| output::line(&format!("    {place}")));
}

fn statistics(client: &mut Client, project: &ProjectRef, json: bool) -> Result<u8, Failure> {
    let counted = client.call::<ProjectStatistics>(project)?;
    if json {
        output::json(&counted);
        return Ok(exit::OK);
    }
    let messages: u64 = counted.messages.iter().map(|count| count.messages).sum();
    output::line(&format!("{}, {} of them archived", output::counted(counted.chats, "chat"), counted.archived_chats));
    output::line(&format!("{}, {} KiB", output::counted(messages, "message"), counted.bytes.div_ceil(1024)));
    let (answers, changes) =
        (output::counted(counted.runs, "answer"), output::counted(counted.edits, "proposed change"));
    output::line(&format!("{answers}, {changes}"));
    if let Some(last) = &counted.last_said_at {
        output::line(&format!("last said {last}"));
    }
    Ok(exit::OK)
}

/// Asks what becomes of the chats, where there are any.
fn ask(client: &mut Client, projects: &[String]) -> Result<bool, Failure> {
    let mut chats = 0;
    for project in projects {
        chats += client.call::<ProjectStatistics>(&ProjectRef { project_id: project.as_str().into() })?.chats;
    }
    if chats == 0 {
        return Ok(false);
    }
    let have = if projects.len() == 1 { "The project has" } else { "The projects have" };
    let have = format!("{have} {}.", output::counted(chats, "chat"));
    let hint = "Add --with-chats to delete the chats, too, or --move-chats-to PROJECT to keep them.";
    let undecided = Failure::usage(have.clone(), hint);
    let question = format!("{have} Delete the chats, too? A project that is restored brings its chats back.");
    if question::can_be_asked() && question::is_agreed(&question) { Ok(true) } else { Err(undecided) }
}

fn absolute(folder: &Path) -> Result<String, Failure> {
    let path = folder
        .canonicalize()
        .or_else(|_| std::path::absolute(folder))
        .map_err(|error| Failure::local(format!("{} cannot be used: {error}.", folder.display())))?;
    Ok(path.display().to_string())
}
