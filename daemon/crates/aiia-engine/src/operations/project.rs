//! `project.*`

use aiia_protocol::Empty;
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::ProjectId;
use aiia_protocol::operation::{
    ProjectBulk, ProjectCreate, ProjectDelete, ProjectDuplicate, ProjectGet, ProjectList, ProjectResolve,
    ProjectRestore, ProjectSettings, ProjectStatistics, ProjectUpdate,
};
use aiia_protocol::page::Page;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::project::{
    ChangeProjects, ChangedProjects, CreateProject, DeleteProject, DuplicateProject, ListProjects, Project, ProjectRef,
    ProjectSettings as Settings, ProjectStatistics as Statistics, ResolveProject, UpdateProject,
};
use aiia_protocol::settings::{ContextRules, Parameters};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::run;
use crate::context_rules;
use crate::dispatch::{Handle, Reply};
use crate::folder_traces;
use crate::project_templates;
use crate::reach;
use crate::session::Session;
use crate::settings;
use crate::source::Source;
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
        check_folders(session, &params.folders).await?;
        folder_traces::normalize(&mut params.remotes);
        let project = session.engine().store.create_project(params).await?;
        changed(session, Change::Created, &project.id);
        Ok(Reply::One(doubted(session, project).await))
    }
}

/// The project with what speaks against its model.
async fn doubted(session: &Session, mut project: Project) -> Project {
    if let Some(model) = &project.model {
        project.model_problem = session.engine().models().doubt(model).await.map(|doubt| doubt.sentence());
    }
    project
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
        let root = workspace::root_of(folder, &session.folders(), None);
        reach::check_binding(session, &root.to_string_lossy()).await?;
        Ok(Reply::One(resolve(session, &root).await?))
    }
}

/// Whether the client may bind `folders` to a project.
async fn check_folders(session: &Session, folders: &[String]) -> Result<(), Problem> {
    for folder in folders {
        reach::check_binding(session, folder).await?;
    }
    Ok(())
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

/// The project that [`resolve`] would give, which is not made: where there is none, it is what a new one would be.
pub(super) async fn known(session: &Session, root: &Path) -> Result<Project, Problem> {
    let (folder, place) = (root.to_string_lossy().into_owned(), root.to_owned());
    let traces = looked_at(move || folder_traces::of(&place)).await.unwrap_or_default();
    let known = session.engine().store.known_project(folder.clone(), traces).await?;
    Ok(known.unwrap_or_else(|| unmade(folder)))
}

/// What a project of `folder` is before anybody makes it.
fn unmade(folder: String) -> Project {
    Project {
        id: ProjectId(String::new()),
        name: String::new(),
        folders: vec![folder],
        remotes: Vec::new(),
        archived: false,
        system_prompt: None,
        model: None,
        model_problem: None,
        parameters: Parameters::default(),
        context: ContextRules::default(),
        created_at: String::new(),
        updated_at: String::new(),
        version: 0,
    }
}

/// The folder whose project a question about `source` belongs to. A file that lies in no project, such as one of the system, is
/// asked about from the folder that the client works in.
pub(super) fn home_of(session: &Session, source: &Source) -> PathBuf {
    let folders = session.project_folders();
    let works_in = || {
        let folder = session.working_folder()?;
        let root = workspace::root_of(&folder, &session.folders(), Some(&folder));
        workspace::is_project(&root, &folders).then_some(root)
    };
    match &source.root {
        Some(root) if workspace::is_project(root, &folders) => root.clone(),
        Some(root) => works_in().unwrap_or_else(|| root.clone()),
        None => session
            .folders()
            .into_iter()
            .next()
            .or_else(works_in)
            .unwrap_or_else(|| session.engine().data_dir().join("untitled")),
    }
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
    async fn handle(session: &Session, mut params: UpdateProject) -> Result<Reply<Project>, Problem> {
        if let Some(rules) = &params.context {
            context_rules::check(rules)?;
        }
        check_folders(session, params.folders.as_deref().unwrap_or_default()).await?;
        if let Some(remotes) = &mut params.remotes {
            folder_traces::normalize(remotes);
        }
        let names_model = matches!(params.model, Some(Some(_)));
        let project = session.engine().store.update_project(params).await?;
        changed(session, Change::Updated, &project.id);
        Ok(Reply::One(if names_model { doubted(session, project).await } else { project }))
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

impl Handle for ProjectBulk {
    async fn handle(session: &Session, params: ChangeProjects) -> Result<Reply<ChangedProjects>, Problem> {
        let change = match params.deleted {
            Some(true) => Change::Deleted,
            Some(false) => Change::Created,
            None => Change::Updated,
        };
        let other = params.move_chats_to.clone();
        let projects = session.engine().store.change_projects(params).await?;
        for project in &projects {
            changed(session, change, &project.id);
        }
        if let Some(other) = other {
            changed(session, Change::Updated, &other);
        }
        if change == Change::Deleted {
            run::stop_of_deleted(session.engine()).await;
        }
        Ok(Reply::One(ChangedProjects { changed: projects.len() as u64 }))
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
    async fn what_is_only_looked_at_is_not_made() {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let session = engine.session_for_tests();
        let folder = home.path().join("plain");
        std::fs::create_dir(&folder).unwrap();
        let unmade = known(&session, &folder).await.unwrap();
        assert_eq!(unmade.folders, [folder.to_str().unwrap()]);
        assert_eq!(engine.store.list_projects(ListProjects::default()).await.unwrap().items, []);
        let made = resolve(&session, &folder).await.unwrap();
        assert_eq!(known(&session, &folder).await.unwrap(), made);
    }

    #[tokio::test]
    async fn every_project_that_was_changed_with_others_is_told_of() {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let session = engine.session_for_tests();
        let mut ids = Vec::new();
        for name in ["kept", "one", "other"] {
            ids.push(engine.store.create_project(CreateProject::new(name)).await.unwrap().id);
        }
        let mut events = engine.subscribe_events();
        let [kept, deleted @ ..] = ids.as_slice() else { panic!("three were made") };
        let params = ChangeProjects {
            project_ids: deleted.to_vec(),
            deleted: Some(true),
            move_chats_to: Some(kept.clone()),
            ..ChangeProjects::default()
        };
        let Reply::One(done) = ProjectBulk::handle(&session, params).await.unwrap() else { panic!("one answer") };
        assert_eq!(done.changed, 2);
        let told: Vec<_> =
            std::iter::from_fn(|| events.try_recv().ok()).map(|event| (event.change, event.id)).collect();
        let expected = [(Change::Deleted, &deleted[0]), (Change::Deleted, &deleted[1]), (Change::Updated, kept)];
        assert_eq!(told, expected.map(|(change, id)| (change, id.0.clone())));
    }

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
        let known = known(&session, &new).await.unwrap();
        let moved = resolve(&session, &new).await.unwrap();
        // Some file systems know no time of birth: the folder is another one then.
        if folder_traces::of(&new).identity.is_some() {
            assert_eq!(
                (known.id, moved.id, moved.folders),
                (project.id.clone(), project.id, vec![new.to_str().unwrap().to_owned()])
            );
        }
    }
}
