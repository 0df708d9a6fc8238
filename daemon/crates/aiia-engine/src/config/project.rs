//! The file `.aiia.toml` of a folder. It comes with the code and may be anybody's.

use std::path::Path;

use super::read::Place;
use super::{Mistake, ProjectSettings, read, schema, text_of};

/// The name of the file in a folder.
pub const PROJECT_FILE: &str = ".aiia.toml";

/// What a folder says about itself.
#[derive(Clone, Debug, Default)]
pub struct ProjectConfig {
    /// The values.
    pub settings: ProjectSettings,
    /// What is wrong with the file.
    pub mistakes: Vec<Mistake>,
    /// The keys that it sets, and the sections that it has.
    pub(super) places: Vec<Place>,
}

impl ProjectConfig {
    /// Reads the file of `folder`; nothing where there is none.
    pub fn load(folder: &Path) -> Self {
        match text_of(&folder.join(PROJECT_FILE)) {
            Ok(text) => Self::of(&text),
            Err(problem) => {
                tracing::info!(problem, "the folder's settings are not used");
                Self::default()
            }
        }
    }

    /// What a file with this text says.
    pub fn of(text: &str) -> Self {
        let mut reading = read::read(text, &read::schema_of::<ProjectSettings>());
        let everything = schema();
        for mistake in &mut reading.mistakes {
            let Some(key) =
                mistake.message.strip_prefix("There is no setting `").and_then(|rest| rest.split('`').next())
            else {
                continue;
            };
            if everything.pointer(&format!("/properties/{key}")).is_some() {
                mistake.message = format!("`{key}` cannot be set by a folder.");
                "It comes with the code; what it could redirect or open is set in your own configuration alone."
                    .clone_into(&mut mistake.hint);
            }
        }
        let settings = serde_json::from_value(reading.value).unwrap_or_default();
        Self { settings, mistakes: reading.mistakes, places: reading.places }
    }
}
