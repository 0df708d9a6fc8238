//! Prompt templates: prompts with variables, kept with all their versions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::chat::Chat;
use crate::id::{ProjectId, TemplateId};
use crate::run::Run;
use crate::settings::Parameters;

/// What a variable is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VariableKind {
    /// A line of text.
    #[default]
    Text,
    /// Text of any number of lines.
    Multiline,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// One of several texts.
    Choice,
}

/// A value of a variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum VariableValue {
    /// Yes or no.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

/// A variable of a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name in the template: letters, digits and `_`, no digit first.
    pub name: String,
    /// What it is.
    #[serde(default)]
    pub kind: VariableKind,
    /// What it is for, shown to people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The value where none is given; without one it must be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<VariableValue>,
    /// The texts to choose from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
}

/// What a template says. `system_prompt` and `body` are Jinja: `{{ name }}` stands for a variable. Of its statements there are `if`, `for`,
/// `set` and `with`; what could make more than a few MiB on its way is refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateContent {
    /// Its name, 1 to 200 characters.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Its category, such as `code` or `writing`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What the user says first; nothing where it is empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// The system prompt of its chats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    /// The model of its chats, `provider/model`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The sampling parameters of its chats.
    #[serde(default, skip_serializing_if = "Parameters::is_empty")]
    pub parameters: Parameters,
    /// Its variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<Variable>,
}

/// Where a template comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TemplateSource {
    /// aiia's own library. It cannot be changed, but copied.
    BuiltIn,
    /// The user.
    User,
    /// `.aiia/templates/*.md` in a folder of the project. It is changed there.
    Repository,
}

/// A template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Template {
    /// Its identifier.
    pub id: TemplateId,
    /// Where it comes from.
    pub source: TemplateSource,
    /// What it says.
    pub content: TemplateContent,
    /// Whether it is a favourite.
    pub favourite: bool,
    /// Which version of its content this is: 1, 2, 3 …
    pub revision: u64,
    /// The file, of one from a repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// When it last changed (RFC 3339, UTC); absent where nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    /// Counts up with every change.
    pub version: u64,
}

/// Parameters of `template.list`: favourites first, then by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ListTemplates {
    /// Only those of this category.
    pub category: Option<String>,
    /// Only those with this tag, in whatever case.
    pub tag: Option<String>,
    /// Only favourites, or only others.
    pub favourite: Option<bool>,
    /// Only those from there.
    pub source: Option<TemplateSource>,
    /// Those in the folders of this project, too.
    pub project_id: Option<ProjectId>,
}

/// The result of `template.list`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateList {
    /// The templates.
    pub items: Vec<Template>,
    /// Files of the project that are no templates, and why.
    pub problems: Vec<String>,
}

/// Parameters of `template.get` and others that take a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateRef {
    /// The template.
    pub template_id: TemplateId,
    /// A version of it; the newest where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// The project in whose folders one from a repository is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
}

/// Parameters of `template.create`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTemplate {
    /// What it says.
    pub content: TemplateContent,
}

/// Parameters of `template.update`. What it said before stays as an older version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateTemplate {
    /// The template.
    pub template_id: TemplateId,
    /// All that it says from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<TemplateContent>,
    /// Whether it is a favourite. This can be said of every template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favourite: Option<bool>,
    /// The project in whose folders one from a repository is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// Refuse when the template has another version than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_version: Option<u64>,
}

/// Parameters of `template.delete`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteTemplate {
    /// The template.
    pub template_id: TemplateId,
    /// Refuse when the template has another version than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_version: Option<u64>,
}

/// The result of `template.revisions`, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateRevisions {
    /// The versions.
    pub items: Vec<TemplateRevision>,
}

/// A version of a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateRevision {
    /// 1, 2, 3 …
    pub revision: u64,
    /// What it said.
    pub content: TemplateContent,
    /// When it was written (RFC 3339, UTC).
    pub created_at: String,
}

/// Parameters of `template.diff`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiffTemplate {
    /// The template.
    pub template_id: TemplateId,
    /// The older version.
    pub from: u64,
    /// The newer version; the newest where absent.
    #[serde(default)]
    pub to: Option<u64>,
}

/// The result of `template.diff`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateDiff {
    /// The change as a unified diff of the templates as files; empty where they are the same.
    pub diff: String,
}

/// Parameters of `template.rollback`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RollbackTemplate {
    /// The template.
    pub template_id: TemplateId,
    /// The version whose content becomes the newest version.
    pub revision: u64,
}

/// Parameters of `template.preview`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PreviewTemplate {
    /// The template.
    pub template_id: Option<TemplateId>,
    /// A version of it; the newest where absent.
    pub revision: Option<u64>,
    /// The project in whose folders one from a repository is.
    pub project_id: Option<ProjectId>,
    /// What a template that is not stored yet says, in place of `template_id`.
    pub content: Option<TemplateContent>,
    /// Values of its variables.
    pub values: BTreeMap<String, VariableValue>,
}

/// The result of `template.preview`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TemplatePreview {
    /// What the user would say.
    pub body: String,
    /// The system prompt.
    pub system_prompt: Option<String>,
    /// About how many tokens both are.
    pub tokens: u64,
}

/// Parameters of `template.start`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartTemplate {
    /// The template.
    pub template_id: TemplateId,
    /// A version of it; the newest where absent.
    #[serde(default)]
    pub revision: Option<u64>,
    /// The project of the new chat.
    pub project_id: ProjectId,
    /// Values of its variables.
    #[serde(default)]
    pub values: BTreeMap<String, VariableValue>,
    /// The title of the chat; the template's name where absent.
    #[serde(default)]
    pub title: Option<String>,
    /// The model, `provider/model`; the template's where absent.
    #[serde(default)]
    pub model: Option<String>,
    /// Tags of the chat.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// The result of `template.start`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StartedTemplate {
    /// The new chat. It keeps the version of the template that it was started from.
    pub chat: Chat,
    /// The first answer; absent where the template only has a system prompt.
    pub run: Option<Run>,
}

/// Templates as they are exported and imported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateFile {
    /// `aiia-templates`.
    pub format: String,
    /// 1.
    pub version: u32,
    /// The templates.
    pub templates: Vec<TemplateContent>,
}

/// Parameters of `template.export`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExportTemplates {
    /// Only this one; all of the user where absent.
    pub template_id: Option<TemplateId>,
}

/// Parameters of `template.import`. One of the two must be given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ImportTemplates {
    /// The templates.
    pub file: Option<TemplateFile>,
    /// Where such a file is: `http` or `https`, on no private network, at most 1 MiB.
    pub url: Option<String>,
}

/// The result of `template.import`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImportedTemplates {
    /// The templates that are new.
    pub created: Vec<Template>,
    /// The names of those that were there already with the same content.
    pub unchanged: Vec<String>,
}

/// The template that a chat was started from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateUse {
    /// The template.
    pub id: TemplateId,
    /// The version that was used.
    pub revision: u64,
}
