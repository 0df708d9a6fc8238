//! Projects: where chats belong. A project is bound to any number of folders, never identified by one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::chat::Inclusion;
use crate::id::ProjectId;
use crate::message::Role;
use crate::settings::{ContextRules, Parameters, Settings};

/// A project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Project {
    /// Its identifier.
    pub id: ProjectId,
    /// Its name, shown to people.
    pub name: String,
    /// Absolute paths of its folders.
    pub folders: Vec<String>,
    /// Git remotes of its folders, such as `github.com/owner/name`: a folder with one of them belongs to the project wherever it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remotes: Vec<String>,
    /// Whether it is put away: lists leave it out unless asked.
    #[serde(default)]
    pub archived: bool,
    /// Text that precedes every chat of the project.
    pub system_prompt: Option<String>,
    /// The model of its chats, `provider/model`, where the chat names none.
    pub model: Option<String>,
    /// Why that may be no model that can be asked, and what to do; told where it was just set, as far as it is known then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_problem: Option<String>,
    /// The sampling parameters of its chats, where the chat has none.
    #[serde(default, skip_serializing_if = "Parameters::is_empty")]
    pub parameters: Parameters,
    /// Which code goes along with questions about code.
    #[serde(default, skip_serializing_if = "ContextRules::is_empty")]
    pub context: ContextRules,
    /// When it was made (RFC 3339, UTC).
    pub created_at: String,
    /// When it or one of its chats last changed (RFC 3339, UTC).
    pub updated_at: String,
    /// Counts up with every change.
    pub version: u64,
}

/// Parameters of `project.list`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ListProjects {
    /// Archived ones; left out where absent.
    pub archived: Inclusion,
    /// Deleted ones that can still be restored; left out where absent.
    pub deleted: Inclusion,
    /// Where the page starts: `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many items, 1 to 200; 50 where absent.
    pub limit: Option<u32>,
}

/// Parameters of `project.create`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateProject {
    /// Its name, 1 to 200 characters.
    pub name: String,
    /// Absolute paths of its folders. One that is in no folder of a project yet takes the scope `admin`: every token may read what is
    /// in a project's.
    #[serde(default)]
    pub folders: Vec<String>,
    /// Git remotes of its folders.
    #[serde(default)]
    pub remotes: Vec<String>,
    /// Text that precedes every chat of the project.
    #[serde(default)]
    pub system_prompt: Option<String>,
    /// The model of its chats, `provider/model`.
    #[serde(default)]
    pub model: Option<String>,
    /// The sampling parameters of its chats.
    #[serde(default)]
    pub parameters: Parameters,
    /// Which code goes along with questions about code.
    #[serde(default)]
    pub context: ContextRules,
    /// What it begins with where nothing else is said here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<ProjectTemplate>,
}

/// What a new project begins with: a system prompt, and what goes with it. All of it can be changed afterwards. The settings of another
/// project are taken over by `project.duplicate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProjectTemplate {
    /// A program for people to use: what they see and do comes first.
    Application,
    /// Code for other programmers: its interface, compatibility and documentation come first.
    Library,
    /// Scripts and analyses: right figures come first; data files are not shown.
    Data,
    /// Old code that has to go on working: small steps, tests first.
    Legacy,
    /// A course or an exercise: hints rather than solutions.
    Learning,
    /// Texts: only these are shown.
    Writing,
}

impl CreateProject {
    /// A project without folders and settings.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            folders: Vec::new(),
            remotes: Vec::new(),
            system_prompt: None,
            model: None,
            parameters: Parameters::default(),
            context: ContextRules::default(),
            template: None,
        }
    }
}

/// Parameters of `project.delete`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteProject {
    /// The project.
    pub project_id: ProjectId,
    /// The project that its chats go to. A project that has chats is deleted only with this or with `with_chats`; it is 409 without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub move_chats_to: Option<ProjectId>,
    /// Whether its chats are deleted with it. They come back with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub with_chats: bool,
    /// Only if it is as it was made and no chat is or was in it; it is then gone for good. It is 409 otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub if_unused: bool,
    /// Refuse when the project has another version than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_version: Option<u64>,
}

/// Parameters of `project.bulk`: what is done to many projects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChangeProjects {
    /// The projects, 1 to 1000.
    pub project_ids: Vec<ProjectId>,
    /// Whether they are put away.
    pub archived: Option<bool>,
    /// Whether they are deleted (`true`) or restored with the chats that went with them (`false`).
    pub deleted: Option<bool>,
    /// With `deleted`: the project, none of these, that their chats go to. Projects that have chats are deleted only with this or with
    /// `with_chats`; it is 409 without.
    pub move_chats_to: Option<ProjectId>,
    /// With `deleted`: whether their chats are deleted with them. They come back with them.
    pub with_chats: bool,
}

/// The result of `project.bulk`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedProjects {
    /// How many have changed.
    pub changed: u64,
}

/// Parameters of `project.duplicate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicateProject {
    /// The project. Its settings are copied; folders and remotes stay with it.
    pub project_id: ProjectId,
    /// The name of the copy; that of the project with “(copy)” where absent.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether its chats are copied, too, with all their branches.
    #[serde(default)]
    pub chats: bool,
}

/// How many messages somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleCount {
    /// Who.
    pub role: Role,
    /// How many, on all branches; deleted ones do not count.
    pub messages: u64,
}

/// The result of `project.statistics`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectStatistics {
    /// Its chats; deleted ones do not count.
    pub chats: u64,
    /// Those that are archived.
    pub archived_chats: u64,
    /// Its messages by who wrote them.
    pub messages: Vec<RoleCount>,
    /// Bytes of all that was said.
    pub bytes: u64,
    /// The answers that were made, ended well or not.
    pub runs: u64,
    /// The changes that were proposed.
    pub edits: u64,
    /// When something was last said (RFC 3339, UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_said_at: Option<String>,
}

/// The result of `project.settings`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectSettings {
    /// What an answer in a new chat of the project would be made with now, and where each setting comes from.
    pub settings: Settings,
}

/// Parameters of `project.get` and others that take nothing but a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectRef {
    /// The project.
    pub project_id: ProjectId,
}

/// Parameters of `project.update`: what is absent stays as it is, `null` clears.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateProject {
    /// The project.
    pub project_id: ProjectId,
    /// A new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// All its folders from now on. One that is in no folder of a project yet takes the scope `admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folders: Option<Vec<String>>,
    /// All its git remotes from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remotes: Option<Vec<String>>,
    /// Whether it is put away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// A new system prompt.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::operation::patch")]
    #[schemars(with = "Option<String>")]
    pub system_prompt: Option<Option<String>>,
    /// A new model.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::operation::patch")]
    #[schemars(with = "Option<String>")]
    pub model: Option<Option<String>>,
    /// All its sampling parameters from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Parameters>,
    /// All its context rules from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<ContextRules>,
    /// Refuse when the project has another version than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_version: Option<u64>,
}

impl UpdateProject {
    /// A change of nothing.
    pub fn new(project_id: ProjectId) -> Self {
        Self {
            project_id,
            name: None,
            folders: None,
            remotes: None,
            archived: None,
            system_prompt: None,
            model: None,
            parameters: None,
            context: None,
            if_version: None,
        }
    }
}

/// Parameters of `project.resolve`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveProject {
    /// Absolute path of a folder, or of a file inside one.
    pub folder: String,
}
