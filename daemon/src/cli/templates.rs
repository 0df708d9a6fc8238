//! `aiia templates`: prompts with variables.

use std::collections::BTreeMap;
use std::path::Path;

use aiia_protocol::id::{ProjectId, TemplateId};
use aiia_protocol::operation::{
    ProjectResolve, TemplateDelete, TemplateDiff, TemplateDuplicate, TemplateExport, TemplateGet, TemplateImport,
    TemplateList, TemplatePreview, TemplateRevisions, TemplateRollback, TemplateStart, TemplateUpdate,
};
use aiia_protocol::project::ResolveProject;
use aiia_protocol::template::{
    DeleteTemplate, DiffTemplate, ExportTemplates, ImportTemplates, ListTemplates, PreviewTemplate, RollbackTemplate,
    StartTemplate, Template, TemplateRef, TemplateSource, UpdateTemplate, VariableValue,
};

use crate::cli::arguments::{TemplateArguments, TemplateVerb};
use crate::cli::given_text;
use crate::cli::interrupt::Interrupt;
use crate::cli::output::{self, Style, paint};
use crate::cli::run_view::{self, Show};
use crate::cli::sanitize::one_line;
use crate::client::Client;
use crate::exit::{self, Failure};

mod bench;

pub(crate) fn run(arguments: &TemplateArguments) -> Result<u8, Failure> {
    let interrupt = Interrupt::listen();
    let mut client = Client::open()?;
    let json = arguments.json;
    let project = project(&mut client)?;
    match &arguments.verb {
        None => list(&mut client, project, arguments),
        Some(TemplateVerb::Show { template }) => {
            let found = client.call::<TemplateGet>(&reference(template, project))?;
            if json {
                output::json(&found);
            } else {
                show(&found);
            }
            Ok(exit::OK)
        }
        Some(TemplateVerb::Preview { template, values: given }) => {
            let preview = client.call::<TemplatePreview>(&PreviewTemplate {
                template_id: Some(template.as_str().into()),
                project_id: Some(project),
                values: values(given)?,
                ..PreviewTemplate::default()
            })?;
            if json {
                output::json(&preview);
                return Ok(exit::OK);
            }
            if let Some(prompt) = &preview.system_prompt {
                output::painted_line(&paint(prompt, Style::Faint));
                output::line("");
            }
            output::line(&preview.body);
            Ok(exit::OK)
        }
        Some(TemplateVerb::Start { template, values: given, model }) => {
            let started = client.call::<TemplateStart>(&StartTemplate {
                template_id: template.as_str().into(),
                revision: None,
                project_id: project,
                values: values(given)?,
                title: None,
                model: model.clone(),
                tags: Vec::new(),
            })?;
            let Some(run) = &started.run else {
                output::note(&format!("The chat is ready: aiia ask --chat {} \"…\"", started.chat.id));
                return Ok(exit::OK);
            };
            run_view::follow(&mut client, run, if json { Show::Nothing } else { Show::Answer }, &interrupt)?;
            if json {
                output::json(&run_view::message(&mut client, run)?);
            }
            Ok(exit::OK)
        }
        Some(TemplateVerb::Copy { template }) => {
            let copy = client.call::<TemplateDuplicate>(&reference(template, project))?;
            changed(&copy, json);
            Ok(exit::OK)
        }
        Some(TemplateVerb::Favourite { template }) => favourite(&mut client, project, template, true, json),
        Some(TemplateVerb::Unfavourite { template }) => favourite(&mut client, project, template, false, json),
        Some(TemplateVerb::Versions { template }) => {
            let found = client.call::<TemplateRevisions>(&reference(template, project))?;
            if json {
                output::json(&found);
                return Ok(exit::OK);
            }
            for revision in &found.items {
                let (number, name) = (revision.revision, one_line(&revision.content.name));
                output::painted_line(&format!("{number:>4}  {}  {name}", paint(&revision.created_at, Style::Faint)));
            }
            Ok(exit::OK)
        }
        Some(TemplateVerb::Diff { template, from, to }) => {
            let params = DiffTemplate { template_id: template.as_str().into(), from: *from, to: *to };
            let found = client.call::<TemplateDiff>(&params)?;
            if json {
                output::json(&found);
            } else {
                output::diff(&found.diff);
            }
            Ok(exit::OK)
        }
        Some(TemplateVerb::Rollback { template, version }) => {
            let params = RollbackTemplate { template_id: template.as_str().into(), revision: *version };
            let back = client.call::<TemplateRollback>(&params)?;
            changed(&back, json);
            output::note(&format!("It says again what version {version} said, as version {}.", back.revision));
            Ok(exit::OK)
        }
        Some(TemplateVerb::Export { template }) => {
            let template_id = template.as_deref().map(TemplateId::from);
            output::json(&client.call::<TemplateExport>(&ExportTemplates { template_id })?);
            Ok(exit::OK)
        }
        Some(TemplateVerb::Import { from }) => {
            let params = if from.contains("://") {
                ImportTemplates { file: None, url: Some(from.clone()) }
            } else {
                let text = given_text::file_text(Path::new(from))?;
                let file = serde_json::from_str(&text)
                    .map_err(|error| Failure::local(format!("{from} is no file of templates: {error}.")))?;
                ImportTemplates { file: Some(file), url: None }
            };
            let imported = client.call::<TemplateImport>(&params)?;
            if json {
                output::json(&imported);
                return Ok(exit::OK);
            }
            imported.created.iter().for_each(line);
            output::note(&format!("{} new, {} were there already.", imported.created.len(), imported.unchanged.len()));
            Ok(exit::OK)
        }
        Some(TemplateVerb::Delete { template }) => {
            client
                .call::<TemplateDelete>(&DeleteTemplate { template_id: template.as_str().into(), if_version: None })?;
            output::note("Deleted.");
            Ok(exit::OK)
        }
        Some(TemplateVerb::Test { template, cases, models }) => {
            bench::run(&mut client, &project, template, cases, models, json, &interrupt)
        }
    }
}

/// The project of the working directory: its repository may have templates.
fn project(client: &mut Client) -> Result<ProjectId, Failure> {
    let folder = std::env::current_dir()
        .map_err(|error| Failure::local(format!("The working directory cannot be used: {error}.")))?;
    Ok(client.call::<ProjectResolve>(&ResolveProject { folder: folder.display().to_string() })?.id)
}

fn reference(template: &str, project: ProjectId) -> TemplateRef {
    TemplateRef { template_id: template.into(), revision: None, project_id: Some(project) }
}

fn favourite(
    client: &mut Client,
    project: ProjectId,
    template: &str,
    favourite: bool,
    json: bool,
) -> Result<u8, Failure> {
    let marked = client.call::<TemplateUpdate>(&UpdateTemplate {
        template_id: template.into(),
        content: None,
        favourite: Some(favourite),
        project_id: Some(project),
        if_version: None,
    })?;
    changed(&marked, json);
    Ok(exit::OK)
}

fn changed(template: &Template, json: bool) {
    if json {
        output::json(template);
    } else {
        line(template);
    }
}

fn list(client: &mut Client, project: ProjectId, arguments: &TemplateArguments) -> Result<u8, Failure> {
    let found = client.call::<TemplateList>(&ListTemplates {
        category: arguments.category.clone(),
        tag: arguments.tag.clone(),
        favourite: arguments.favourite.then_some(true),
        project_id: Some(project),
        ..ListTemplates::default()
    })?;
    if arguments.json {
        output::json(&found);
        return Ok(exit::OK);
    }
    if found.items.is_empty() {
        output::note("No template is like that. `aiia templates` lists all.");
    }
    found.items.iter().for_each(line);
    for problem in &found.problems {
        output::note(problem);
    }
    Ok(exit::OK)
}

fn line(template: &Template) {
    let source = match template.source {
        TemplateSource::BuiltIn => "",
        TemplateSource::User => "  yours",
        TemplateSource::Repository => "  repository",
    };
    let (id, name) =
        (paint(template.id.as_str(), Style::Faint), paint(&one_line(&template.content.name), Style::Heading));
    let description = one_line(&template.content.description);
    let favourite = if template.favourite { "  favourite" } else { "" };
    let marks = paint(&format!("{source}{favourite}"), Style::Faint);
    output::painted_line(format!("{id}  {name}  {description}{marks}").trim_end());
}

fn show(template: &Template) {
    let content = &template.content;
    line(template);
    if let Some(prompt) = &content.system_prompt {
        output::painted_line(&format!("\n{}", paint(prompt, Style::Faint)));
    }
    if !content.body.is_empty() {
        output::line(&format!("\n{}", content.body));
    }
    for variable in &content.variables {
        let default = match &variable.default {
            Some(VariableValue::Text(text)) => format!(" = {text}"),
            Some(VariableValue::Number(number)) => format!(" = {number}"),
            Some(VariableValue::Boolean(yes)) => format!(" = {yes}"),
            None => " (needed)".to_owned(),
        };
        let choices =
            if variable.choices.is_empty() { String::new() } else { format!(" [{}]", variable.choices.join("|")) };
        output::line(&format!("  {}{default}{choices}  {}", variable.name, variable.description));
    }
}

/// Values from `NAME=VALUE`.
fn values(given: &[String]) -> Result<BTreeMap<String, VariableValue>, Failure> {
    let mut values = BTreeMap::new();
    for pair in given {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Failure::usage(format!("“{pair}” is no value."), "Write NAME=VALUE or NAME=@FILE."));
        };
        values.insert(name.to_owned(), VariableValue::Text(given_text::text(value)?));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_from_the_command_line() {
        let got = values(&["a=b=c".into(), "n=".into()]).unwrap();
        assert_eq!(got["a"], VariableValue::Text("b=c".into()));
        assert_eq!(got["n"], VariableValue::Text(String::new()));
        assert!(values(&["x".into()]).is_err());
        assert!(values(&["x=@/no/such/file".into()]).is_err());
    }
}
