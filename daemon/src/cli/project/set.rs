//! `aiia project set`: what the answers of a project are made with.

use aiia_protocol::operation::{ProjectGet, ProjectUpdate};
use aiia_protocol::project::{Project, ProjectRef, UpdateProject};

use crate::cli::arguments::{ProjectSetting, ProjectSettingArguments};
use crate::cli::given_text;
use crate::client::Client;
use crate::exit::Failure;

/// Changes the project as it is now; refused when somebody else does at the same time.
pub(super) fn run(client: &mut Client, arguments: &ProjectSettingArguments) -> Result<Project, Failure> {
    let project_id = arguments.project.as_str().into();
    let known = client.call::<ProjectGet>(&ProjectRef { project_id })?;
    let system_prompt = arguments.system_prompt.as_deref().map(given_text::text).transpose()?;
    Ok(client.call::<ProjectUpdate>(&changed(known, arguments, system_prompt))?)
}

fn changed(known: Project, arguments: &ProjectSettingArguments, system_prompt: Option<String>) -> UpdateProject {
    let gone = |setting| arguments.unset.contains(&setting);
    let text = |given: Option<String>, setting| given.map(Some).or_else(|| gone(setting).then_some(None));
    let patterns = |given: &[String], setting, before: Option<Vec<String>>| {
        if given.is_empty() { before.filter(|_| !gone(setting)) } else { Some(given.to_vec()) }
    };
    let mut parameters = known.parameters;
    parameters.temperature =
        arguments.temperature.or(parameters.temperature.filter(|_| !gone(ProjectSetting::Temperature)));
    parameters.max_tokens = arguments.max_tokens.or(parameters.max_tokens.filter(|_| !gone(ProjectSetting::MaxTokens)));
    let mut context = known.context;
    context.budget = arguments.context_budget.or(context.budget.filter(|_| !gone(ProjectSetting::ContextBudget)));
    context.include = patterns(&arguments.include, ProjectSetting::Include, context.include);
    context.exclude = patterns(&arguments.exclude, ProjectSetting::Exclude, context.exclude);
    UpdateProject {
        model: text(arguments.model.clone(), ProjectSetting::Model),
        system_prompt: text(system_prompt, ProjectSetting::SystemPrompt),
        parameters: Some(parameters),
        context: Some(context),
        if_version: Some(known.version),
        ..UpdateProject::new(known.id)
    }
}
