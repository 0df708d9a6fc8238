//! `template.*`

use std::time::Duration;

use aiia_protocol::Empty;
use aiia_protocol::chat::CreateChat;
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::{ProjectId, TemplateId};
use aiia_protocol::operation::{
    RunStart, TemplateCreate, TemplateDelete, TemplateDiff, TemplateDuplicate, TemplateExport, TemplateGet,
    TemplateImport, TemplateList, TemplatePreview, TemplateRevisions, TemplateRollback, TemplateStart, TemplateUpdate,
};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::StartRun;
use aiia_protocol::template::{
    CreateTemplate, DeleteTemplate, DiffTemplate, ExportTemplates, ImportTemplates, ImportedTemplates, ListTemplates,
    PreviewTemplate, RollbackTemplate, StartTemplate, StartedTemplate, Template, TemplateContent, TemplateDiff as Diff,
    TemplateFile, TemplateList as Templates, TemplatePreview as Preview, TemplateRef, TemplateRevisions as Revisions,
    TemplateUse, UpdateTemplate,
};

use super::chat;
use crate::dispatch::{Handle, Reply};
use crate::models;
use crate::session::Session;
use crate::templates::{self, Found};

const FORMAT: &str = "aiia-templates";
const FORMAT_VERSION: u32 = 1;
/// Templates in one file.
const MOST_IMPORTED: usize = 500;
/// What is read of an address, and how long that may take.
const FETCH_LIMIT: usize = 1024 * 1024;
const FETCH_TIME: Duration = Duration::from_secs(15);

impl Handle for TemplateList {
    async fn handle(session: &Session, params: ListTemplates) -> Result<Reply<Templates>, Problem> {
        let store = &session.engine().store;
        let found = repository(session, params.project_id.as_ref()).await?;
        let favourites = store.favourite_templates().await?;
        let mut items: Vec<Template> =
            templates::built_in().chain(store.list_templates().await?).chain(found.templates).collect();
        for template in &mut items {
            template.favourite = favourites.contains(&template.id);
        }
        let tag = params.tag.as_ref().map(|tag| tag.trim().to_lowercase());
        items.retain(|template| {
            let content = &template.content;
            params.category.as_ref().is_none_or(|category| content.category == *category)
                && tag.as_ref().is_none_or(|tag| content.tags.iter().any(|known| known.to_lowercase() == *tag))
                && params.favourite.is_none_or(|favourite| template.favourite == favourite)
                && params.source.is_none_or(|source| template.source == source)
        });
        items.sort_by_cached_key(|template| (!template.favourite, template.content.name.to_lowercase()));
        Ok(Reply::One(Templates { items, problems: found.problems }))
    }
}

impl Handle for TemplateGet {
    async fn handle(session: &Session, params: TemplateRef) -> Result<Reply<Template>, Problem> {
        let template = find(session, &params.template_id, params.revision, params.project_id.as_ref()).await?;
        Ok(Reply::One(template))
    }
}

impl Handle for TemplateCreate {
    async fn handle(session: &Session, params: CreateTemplate) -> Result<Reply<Template>, Problem> {
        Ok(Reply::One(create(session, params.content).await?))
    }
}

impl Handle for TemplateUpdate {
    async fn handle(session: &Session, params: UpdateTemplate) -> Result<Reply<Template>, Problem> {
        let store = &session.engine().store;
        let id = params.template_id;
        // Whether there is such a template, before anything of it is stored.
        find(session, &id, None, params.project_id.as_ref()).await?;
        if let Some(content) = params.content {
            own(&id)?;
            templates::validate(&content)?;
            store.update_template(id.clone(), content, params.if_version).await?;
        }
        if let Some(favourite) = params.favourite {
            store.favour_template(id.clone(), favourite).await?;
        }
        changed(session, Change::Updated, &id);
        Ok(Reply::One(find(session, &id, None, params.project_id.as_ref()).await?))
    }
}

impl Handle for TemplateDelete {
    async fn handle(session: &Session, params: DeleteTemplate) -> Result<Reply<Empty>, Problem> {
        own(&params.template_id)?;
        session.engine().store.delete_template(params.template_id.clone(), params.if_version).await?;
        changed(session, Change::Deleted, &params.template_id);
        Ok(Reply::One(Empty {}))
    }
}

impl Handle for TemplateDuplicate {
    async fn handle(session: &Session, params: TemplateRef) -> Result<Reply<Template>, Problem> {
        let template = find(session, &params.template_id, params.revision, params.project_id.as_ref()).await?;
        Ok(Reply::One(create(session, template.content).await?))
    }
}

impl Handle for TemplateRevisions {
    async fn handle(session: &Session, params: TemplateRef) -> Result<Reply<Revisions>, Problem> {
        own(&params.template_id)?;
        Ok(Reply::One(Revisions { items: session.engine().store.template_revisions(params.template_id).await? }))
    }
}

impl Handle for TemplateDiff {
    async fn handle(session: &Session, params: DiffTemplate) -> Result<Reply<Diff>, Problem> {
        let text = async |revision| -> Result<String, Problem> {
            Ok(templates::to_file(&find(session, &params.template_id, revision, None).await?.content))
        };
        let (old, new) = (text(Some(params.from)).await?, text(params.to).await?);
        let hunks = aiia_edit::hunks(&old, &new);
        let diff =
            if hunks.is_empty() { String::new() } else { aiia_edit::unified_diff("template.md", &old, &hunks, 3) };
        Ok(Reply::One(Diff { diff }))
    }
}

impl Handle for TemplateRollback {
    async fn handle(session: &Session, params: RollbackTemplate) -> Result<Reply<Template>, Problem> {
        own(&params.template_id)?;
        let old = find(session, &params.template_id, Some(params.revision), None).await?;
        let store = &session.engine().store;
        let template = store.update_template(params.template_id, old.content, None).await?;
        changed(session, Change::Updated, &template.id);
        Ok(Reply::One(template))
    }
}

impl Handle for TemplatePreview {
    async fn handle(session: &Session, params: PreviewTemplate) -> Result<Reply<Preview>, Problem> {
        let content = match (params.content, params.template_id) {
            (Some(content), None) => {
                templates::validate(&content)?;
                content
            }
            (None, Some(id)) => find(session, &id, params.revision, params.project_id.as_ref()).await?.content,
            _ => {
                return Err(Problem::new(ProblemCode::InvalidParams, "Either `template_id` or `content` is needed.")
                    .with_error("/template_id", "this or `content`"));
            }
        };
        let preview = aside(move || {
            let rendered = templates::render(&content, &params.values)?;
            let tokens = aiia_context::count_tokens(&rendered.body)
                + rendered.system_prompt.as_deref().map_or(0, aiia_context::count_tokens);
            Ok(Preview { body: rendered.body, system_prompt: rendered.system_prompt, tokens: tokens as u64 })
        });
        Ok(Reply::One(preview.await?))
    }
}

impl Handle for TemplateStart {
    async fn handle(session: &Session, params: StartTemplate) -> Result<Reply<StartedTemplate>, Problem> {
        let project_id = params.project_id;
        let template = find(session, &params.template_id, params.revision, Some(&project_id)).await?;
        let (content, values) = (template.content.clone(), params.values);
        let rendered = aside(move || templates::render(&content, &values)).await?;
        let store = &session.engine().store;
        let new = CreateChat {
            title: Some(params.title.unwrap_or_else(|| template.content.name.clone())),
            model: params.model.or(template.content.model),
            system_prompt: rendered.system_prompt,
            parameters: template.content.parameters,
            tags: params.tags,
            template: Some(TemplateUse { id: template.id, revision: template.revision }),
            ..CreateChat::new(project_id)
        };
        let chat = store.create_chat(new).await?;
        chat::changed(session, Change::Created, &chat);
        if rendered.body.is_empty() {
            return Ok(Reply::One(StartedTemplate { chat, run: None }));
        }
        let run = match session.run::<RunStart>(StartRun::new(chat.id.clone(), rendered.body)).await {
            Ok(run) => run,
            Err(problem) => {
                // A chat that never began would only be in the way.
                store.delete_chat(chat.id.clone(), None).await?;
                chat::changed(session, Change::Deleted, &chat);
                return Err(problem);
            }
        };
        let chat = store.get_chat(chat.id).await?;
        Ok(Reply::One(StartedTemplate { chat, run: Some(run) }))
    }
}

impl Handle for TemplateExport {
    async fn handle(session: &Session, params: ExportTemplates) -> Result<Reply<TemplateFile>, Problem> {
        let templates = match params.template_id {
            Some(id) => vec![find(session, &id, None, None).await?],
            None => session.engine().store.list_templates().await?,
        };
        let templates = templates.into_iter().map(|template| template.content).collect();
        Ok(Reply::One(TemplateFile { format: FORMAT.to_owned(), version: FORMAT_VERSION, templates }))
    }
}

impl Handle for TemplateImport {
    async fn handle(session: &Session, params: ImportTemplates) -> Result<Reply<ImportedTemplates>, Problem> {
        let file = match (params.file, params.url) {
            (Some(file), None) => file,
            (None, Some(url)) => fetch(&url).await?,
            _ => {
                return Err(Problem::new(ProblemCode::InvalidParams, "Either `file` or `url` is needed.")
                    .with_error("/file", "this or `url`"));
            }
        };
        if file.format != FORMAT || file.version != FORMAT_VERSION {
            let detail = format!("The file must have the format {FORMAT}, version {FORMAT_VERSION}.");
            return Err(Problem::new(ProblemCode::InvalidParams, detail).with_error("/file/format", "another format"));
        }
        if file.templates.len() > MOST_IMPORTED {
            let detail = format!("The file has {} templates; {MOST_IMPORTED} are taken at once.", file.templates.len());
            return Err(Problem::new(ProblemCode::TooLarge, detail));
        }
        // All are looked at before the first one is stored.
        for (index, content) in file.templates.iter().enumerate() {
            templates::validate(content).map_err(|mut problem| {
                for error in &mut problem.errors {
                    error.pointer = error.pointer.replacen("/content", &format!("/file/templates/{index}"), 1);
                }
                problem.detail =
                    format!("The template {} (“{}”) cannot be used. {}", index + 1, content.name, problem.detail);
                problem
            })?;
        }
        let store = &session.engine().store;
        let known: Vec<TemplateContent> =
            store.list_templates().await?.into_iter().map(|template| template.content).collect();
        let mut fresh: Vec<TemplateContent> = Vec::new();
        let mut unchanged = Vec::new();
        for content in file.templates {
            if known.contains(&content) || fresh.contains(&content) {
                unchanged.push(content.name);
            } else {
                fresh.push(content);
            }
        }
        let created = store.create_templates(fresh).await?;
        for template in &created {
            changed(session, Change::Created, &template.id);
        }
        Ok(Reply::One(ImportedTemplates { created, unchanged }))
    }
}

async fn fetch(url: &str) -> Result<TemplateFile, Problem> {
    let text = aiia_llm::fetch_text(url, FETCH_LIMIT, FETCH_TIME).await.map_err(|error| {
        let problem = models::problem(&error);
        Problem::new(ProblemCode::InvalidParams, problem.detail)
            .with_hint(problem.hint.unwrap_or_default())
            .with_error("/url", "cannot be read")
    })?;
    serde_json::from_str(&text).map_err(|error| {
        Problem::new(ProblemCode::InvalidParams, format!("What is at the address is no file of templates: {error}."))
            .with_error("/url", "no file of templates")
    })
}

async fn create(session: &Session, content: TemplateContent) -> Result<Template, Problem> {
    templates::validate(&content)?;
    let mut made = session.engine().store.create_templates(vec![content]).await?;
    let template = made.pop().ok_or_else(|| Problem::new(ProblemCode::Internal, "No template was made."))?;
    changed(session, Change::Created, &template.id);
    Ok(template)
}

/// The template, wherever it comes from, in its newest or another version.
async fn find(
    session: &Session,
    id: &TemplateId,
    revision: Option<u64>,
    project_id: Option<&ProjectId>,
) -> Result<Template, Problem> {
    let store = &session.engine().store;
    let fixed = if let Some(template) = templates::find_built_in(id) {
        Some(template)
    } else if is_repository(id) {
        let found = repository(session, project_id).await?;
        let template = found.templates.into_iter().find(|template| template.id == *id);
        Some(template.ok_or_else(|| {
            Problem::not_found("template", id).with_hint("Name the project in whose folders it is with `project_id`.")
        })?)
    } else {
        None
    };
    let Some(mut template) = fixed else {
        let mut template = store.get_template(id.clone()).await?;
        if let Some(revision) = revision.filter(|revision| *revision != template.revision) {
            let old = store.template_revisions(id.clone()).await?;
            let old = old.into_iter().find(|old| old.revision == revision);
            let old = old.ok_or_else(|| {
                Problem::new(ProblemCode::NotFound, format!("The template has no version {revision}."))
            })?;
            template = Template { content: old.content, revision, updated_at: Some(old.created_at), ..template };
        }
        return Ok(template);
    };
    if revision.is_some_and(|revision| revision != 1) {
        return Err(Problem::new(ProblemCode::NotFound, "Of this template only one version is kept."));
    }
    template.favourite = store.favourite_templates().await?.contains(id);
    Ok(template)
}

/// The templates in the folders of the project; none where they are not trusted.
async fn repository(session: &Session, project_id: Option<&ProjectId>) -> Result<Found, Problem> {
    let Some(id) = project_id.filter(|_| session.is_trusted()) else { return Ok(Found::default()) };
    let folders = session.engine().store.get_project(id.clone()).await?.folders;
    tokio::task::spawn_blocking(move || templates::in_folders(&folders))
        .await
        .map_err(|error| Problem::new(ProblemCode::Internal, format!("Reading the templates failed: {error}.")))
}

/// Does what may take seconds where nobody waits for the thread.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    let fault = |error| Problem::new(ProblemCode::Internal, format!("Filling in the template failed: {error}."));
    tokio::task::spawn_blocking(work).await.map_err(fault)?
}

fn is_repository(id: &TemplateId) -> bool {
    id.as_str().starts_with("repo-")
}

/// Refuses to change what is not the user's.
fn own(id: &TemplateId) -> Result<(), Problem> {
    if templates::find_built_in(id).is_some() {
        return Err(Problem::new(ProblemCode::Conflict, "aiia's own templates cannot be changed.")
            .with_hint("Make a copy (`aiia templates copy`) and change that."));
    }
    if is_repository(id) {
        return Err(Problem::new(ProblemCode::Conflict, "A template of a repository is changed in its file."));
    }
    Ok(())
}

fn changed(session: &Session, change: Change, id: &TemplateId) {
    session.engine().publish((Entity::Template, change), id, None, None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_users_is_not_changed() {
        assert!(own(&"builtin-explainer".into()).is_err());
        assert!(own(&"repo-x".into()).is_err());
        assert!(own(&"0190a0a0-0000-7000-8000-000000000000".into()).is_ok());
    }
}
