//! Which files and folders a client may have read by their path.

use std::path::{Component, Path, PathBuf};

use aiia_protocol::operation::Scope;
use aiia_protocol::problem::{Problem, ProblemCode};

use crate::session::Session;

/// What of the data directory nobody is shown, and no model: the daemon's own token, the keys of providers, the hashes of tokens.
const OWN_SECRETS: &[&str] = &["run", "keys.json", "tokens.json"];

/// Whether the client may have `path` read, a file or a folder. One with the scope `admin` may name any; others those below the
/// folders of projects, and nothing of the data directory. What a link points to decides.
///
/// # Errors
/// When it may not.
pub(crate) async fn check(session: &Session, path: &Path) -> Result<(), Problem> {
    let asked = path.to_owned();
    let data_dir = session.engine().data_dir().to_owned();
    let real = |path: PathBuf| std::fs::canonicalize(&path).unwrap_or(path);
    let found = tokio::task::spawn_blocking(move || (real(asked), real(data_dir))).await;
    let (real, data_dir) = found.map_err(|error| {
        Problem::new(ProblemCode::Internal, format!("Looking at {} failed: {error}.", path.display()))
    })?;
    if OWN_SECRETS.iter().any(|name| real.starts_with(data_dir.join(name))) {
        let detail = format!("{} holds secrets of aiia; it is never shown.", path.display());
        return Err(Problem::new(ProblemCode::Forbidden, detail));
    }
    if session.scope() >= Scope::Admin {
        return Ok(());
    }
    if !real.starts_with(&data_dir) && is_in_project(session, path, &real).await? {
        return Ok(());
    }
    let detail = format!("{} is in no folder of a project.", path.display());
    Err(Problem::new(ProblemCode::Forbidden, detail)
        .with_hint("Bind its folder to a project, or use a token with the scope “admin”."))
}

/// Whether the client may bind `folder` to a project, which lets every token read what is in it: with the scope `admin`, or where that
/// is so already.
///
/// # Errors
/// When it may not.
pub(crate) async fn check_binding(session: &Session, folder: &str) -> Result<(), Problem> {
    if session.scope() >= Scope::Admin {
        return Ok(());
    }
    check(session, Path::new(folder)).await.map_err(|problem| {
        let detail = format!("{folder} is in no folder of a project, and to bind it to one takes the scope “admin”.");
        Problem::new(problem.code, detail).with_hint("Bind it with `aiia project bind`, or use another token.")
    })
}

/// Whether `real`, which a client calls `path`, lies below a folder of a project.
async fn is_in_project(session: &Session, path: &Path, real: &Path) -> Result<bool, Problem> {
    // Where the file does not exist, nothing has followed these.
    if real.components().any(|part| part == Component::ParentDir) {
        return Ok(false);
    }
    for name in [real, path].into_iter().filter_map(Path::to_str) {
        let project = session.engine().store.project_of_folder(name.to_owned()).await?;
        for folder in project.map(|project| project.folders).unwrap_or_default() {
            // It may itself be a link.
            let folder = tokio::fs::canonicalize(&folder).await.unwrap_or_else(|_| PathBuf::from(folder));
            if real.starts_with(folder) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use aiia_protocol::audit::{AuditEntry, ListAudit};
    use aiia_protocol::operation::{ProjectCreate, ProjectResolve, ProjectUpdate};
    use aiia_protocol::project::{CreateProject, ResolveProject, UpdateProject};

    use super::*;
    use crate::engine::Engine;
    use crate::session::{ClientInfo, Transport};

    #[tokio::test]
    async fn a_token_reads_what_belongs_to_projects() {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let at = |name: &str| home.path().join(name);
        for folder in ["project", "other", "data/run"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        for file in ["project/a.py", "other/b.py", "data/keys.json", "data/run/daemon.json", "data/review.diff"] {
            fs::write(at(file), "x = 1\n").unwrap();
        }
        std::os::unix::fs::symlink(at("other/b.py"), at("project/link.py")).unwrap();
        std::os::unix::fs::symlink(at("project"), at("linked")).unwrap();
        let folders = vec![at("project").to_str().unwrap().to_owned(), at("data").to_str().unwrap().to_owned()];
        engine.store.create_project(CreateProject { folders, ..CreateProject::new("p") }).await.unwrap();
        let session = |scope| {
            engine.open_session(ClientInfo { name: "t".to_owned(), transport: Transport::Http, scope, token: None })
        };
        for (path, for_token, for_admin) in [
            ("project/a.py", true, true),
            ("project", true, true),
            ("project/missing.py", true, true),
            ("linked/a.py", true, true),
            ("other/b.py", false, true),
            ("project/link.py", false, true),
            ("project/../other/b.py", false, true),
            ("project/missing/../../other/missing.py", false, true),
            ("data/review.diff", false, true),
            ("data/keys.json", false, false),
            ("data/run/daemon.json", false, false),
        ] {
            for (scope, expected) in [(Scope::Read, for_token), (Scope::Write, for_token), (Scope::Admin, for_admin)] {
                let allowed = check(&session(scope), &at(path)).await;
                assert_eq!(allowed.is_ok(), expected, "{path} {scope:?}: {allowed:?}");
            }
        }
        // What may be bound is what may be read already.
        for (path, for_token) in
            [("project", true), ("project/missing", true), ("other", false), ("", false), ("data", false)]
        {
            for (scope, expected) in [(Scope::Write, for_token), (Scope::Admin, true)] {
                let folder = at(path).to_str().unwrap().to_owned();
                let folders = vec![folder.clone()];
                let session = session(scope);
                let project = session.run::<ProjectCreate>(CreateProject::new("q")).await.unwrap();
                let update = UpdateProject { folders: Some(folders.clone()), ..UpdateProject::new(project.id) };
                let bound = session.run::<ProjectUpdate>(update).await;
                assert_eq!(bound.is_ok(), expected, "{path} {scope:?}: {bound:?}");
                let made = session.run::<ProjectCreate>(CreateProject { folders, ..CreateProject::new("r") }).await;
                assert_eq!(made.is_ok(), expected, "{path} {scope:?}: {made:?}");
                let found = session.run::<ProjectResolve>(ResolveProject { folder }).await;
                assert_eq!(found.is_ok(), expected, "{path} {scope:?}: {found:?}");
            }
        }
        let audit = engine.store.list_audit(ListAudit { limit: Some(200), ..ListAudit::default() }).await.unwrap();
        for operation in ["project.create", "project.update", "project.resolve"] {
            let is_refusal = |entry: &&AuditEntry| entry.operation == operation && entry.refused.is_some();
            assert_eq!(audit.items.iter().filter(is_refusal).count(), 3, "{operation}");
        }
    }
}
