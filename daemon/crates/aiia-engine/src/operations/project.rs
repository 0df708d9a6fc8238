//! `project.*`

use aiia_protocol::Empty;
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::ProjectId;
use aiia_protocol::operation::{
    ProjectCreate, ProjectDelete, ProjectDuplicate, ProjectGet, ProjectList, ProjectResolve, ProjectRestore,
    ProjectSettings, ProjectStatistics, ProjectUpdate,
};
use aiia_protocol::page::Page;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::project::{
    CreateProject, DeleteProject, DuplicateProject, ListProjects, Project, ProjectRef, ProjectSettings as Settings,
    ProjectStatistics as Statistics, ResolveProject, UpdateProject,
};
use std::path::Path;
use std::time::Duration;

use super::run;
use crate::context_rules;
use crate::dispatch::{Handle, Reply};
use crate::folder_traces;
use crate::project_templates;
use crate::session::Session;
use crate::settings;
use crate::workspace;

/// How long it may take to look at a folder.
const LOOK_LIMIT: Duration = Duration::from_secs(2);

impl Handle for ProjectList {
    async fn handle(session: &Session, params: ListProjects) -> Result<Reply<Page<Project>>, Problem> {
        Ok(Reply::One(session.engine().store.list_projects(params).await?))
    }
}

impl Handle for ProjectCreate {
    async fn handle(session: &Session, mut params: CreateProject) -> Result<Reply<Project>, Problem> {
        project_templates::apply(&mut params);
        context_rules::check(&params.context)?;
        let project = session.engine().store.create_project(params).await?;
        changed(session, Change::Created, &project.id);
        Ok(Reply::One(project))
    }
}

impl Handle for ProjectResolve {
    async fn handle(session: &Session, params: ResolveProject) -> Result<Reply<Project>, Problem> {
        let folder = Path::new(&params.folder);
        if !folder.is_absolute() {
            return Err(Problem::new(
                ProblemCode::InvalidParams,
                format!("“{}” is not an absolute path.", params.folder),
            )
            .with_error("/folder", "an absolute path is needed"));
        }
        let root = workspace::root_of(folder, &session.folders());
        Ok(Reply::One(resolve(session, &root).await?))
    }
}

/// The project bound to `root`; made where there is none.
pub(super) async fn resolve(session: &Session, root: &Path) -> Result<Project, Problem> {
    let store = &session.engine().store;
    let (folder, place) = (root.to_string_lossy().into_owned(), root.to_owned());
    let mut traces = looked_at(move || folder_traces::of(&place)).await.unwrap_or_default();
    if let Some(identity) = &traces.identity
        && store.project_of_folder(folder.clone()).await?.is_none()
    {
        let bound = store.folders_of_identity(identity.clone()).await?;
        traces.gone = looked_at(move || folder_traces::gone(bound)).await.unwrap_or_default();
    }
    let (project, created) = store.resolve_project(folder, traces).await?;
    if created {
        changed(session, Change::Created, &project.id);
    }
    Ok(project)
}

/// What `look` finds on the disk; nothing where that takes too long, as on a disk that does not answer.
async fn looked_at<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::time::timeout(LOOK_LIMIT, tokio::task::spawn_blocking(look)).await.ok()?.ok()
}

impl Handle for ProjectGet {
    async fn handle(session: &Session, params: ProjectRef) -> Result<Reply<Project>, Problem> {
        Ok(Reply::One(session.engine().store.get_project(params.project_id).await?))
    }
}

impl Handle for ProjectSettings {
    async fn handle(session: &Session, params: ProjectRef) -> Result<Reply<Settings>, Problem> {
        let engine = session.engine();
        let project = engine.store.get_project(params.project_id).await?;
        Ok(Reply::One(Settings { settings: settings::in_force(session, &project, None).await }))
    }
}

impl Handle for ProjectUpdate {
    async fn handle(session: &Session, params: UpdateProject) -> Result<Reply<Project>, Problem> {
        if let Some(rules) = &params.context {
            context_rules::check(rules)?;
        }
        let project = session.engine().store.update_project(params).await?;
        changed(session, Change::Updated, &project.id);
        Ok(Reply::One(project))
    }
}

impl Handle for ProjectDelete {
    async fn handle(session: &Session, params: DeleteProject) -> Result<Reply<Empty>, Problem> {
        let (id, other) = (params.project_id.clone(), params.move_chats_to.clone());
        session.engine().store.delete_project(params).await?;
        changed(session, Change::Deleted, &id);
        if let Some(other) = other {
            changed(session, Change::Updated, &other);
        }
        run::stop_of_deleted(session.engine()).await;
        Ok(Reply::One(Empty {}))
    }
}

impl Handle for ProjectRestore {
    async fn handle(session: &Session, params: ProjectRef) -> Result<Reply<Project>, Problem> {
        let project = session.engine().store.restore_project(params.project_id).await?;
        changed(session, Change::Created, &project.id);
        Ok(Reply::One(project))
    }
}

impl Handle for ProjectDuplicate {
    async fn handle(session: &Session, params: DuplicateProject) -> Result<Reply<Project>, Problem> {
        let project = session.engine().store.duplicate_project(params).await?;
        changed(session, Change::Created, &project.id);
        Ok(Reply::One(project))
    }
}

impl Handle for ProjectStatistics {
    async fn handle(session: &Session, params: ProjectRef) -> Result<Reply<Statistics>, Problem> {
        Ok(Reply::One(session.engine().store.project_statistics(params.project_id).await?))
    }
}

fn changed(session: &Session, change: Change, id: &ProjectId) {
    session.engine().publish((Entity::Project, change), id, Some(id), None);
}

#[cfg(test)]
mod tests {
    use aiia_protocol::operation::Scope;

    use super::*;
    use crate::engine::Engine;
    use crate::session::{ClientInfo, Transport};

    #[tokio::test]
    async fn a_folder_that_was_moved_is_found_again() {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let client = ClientInfo { name: "t".to_owned(), transport: Transport::Cli, scope: Scope::Admin, token: None };
        let session = engine.open_session(client);
        let (old, new) = (home.path().join("old"), home.path().join("new"));
        std::fs::create_dir(&old).unwrap();
        let project = resolve(&session, &old).await.unwrap();
        std::fs::rename(&old, &new).unwrap();
        let moved = resolve(&session, &new).await.unwrap();
        // Some file systems know no time of birth: the folder is another one then.
        if folder_traces::of(&new).identity.is_some() {
            assert_eq!((moved.id, moved.folders), (project.id, vec![new.to_str().unwrap().to_owned()]));
        }
    }
}
