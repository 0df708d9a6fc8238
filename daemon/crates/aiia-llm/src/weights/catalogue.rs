//! The weights that are known by name.

use serde::Deserialize;

/// Weights that can be got by name.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct CatalogueModel {
    /// The name.
    pub name: String,
    /// The name of the file.
    pub file: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// The licence, as an SPDX identifier.
    pub licence: String,
    /// The context window that it was trained for, in tokens.
    pub context_window: u32,
    /// Where it can be had, the best first.
    pub sources: Vec<Source>,
}

/// A place that has the file.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    /// The file itself.
    Url {
        /// Its address.
        url: String,
    },
    /// Python packages that each carry a part of it.
    PythonPackages {
        /// The name of a package; `{part}` stands for 1, 2, 3 …
        package: String,
        /// The version of each.
        version: String,
        /// How many there are.
        parts: u32,
        /// The file in a package, with `{part}` and at most one `*`.
        member: String,
    },
}

impl Source {
    /// The place in a message.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Url { url } => url::Url::parse(url)
                .ok()
                .and_then(|url| url.host_str().map(str::to_owned))
                .unwrap_or_else(|| url.clone()),
            Self::PythonPackages { package, version, .. } => format!("Python package {package} {version}"),
        }
    }
}

/// All of them, the recommended one first.
pub fn catalogue() -> Vec<CatalogueModel> {
    #[derive(Deserialize)]
    struct Catalogue {
        models: Vec<CatalogueModel>,
    }
    let catalogue: Catalogue =
        serde_json::from_str(include_str!("../../data/models.json")).expect("the catalogue is checked by a test");
    catalogue.models
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_sound() {
        let models = catalogue();
        for model in &models {
            assert!(model.sha256.len() == 64 && model.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()));
            assert!(
                model.size > 0 && model.file.strip_suffix(".gguf").is_some() && !model.file.contains('/'),
                "{}",
                model.name
            );
            assert!(!model.sources.is_empty() && model.context_window >= 2048, "{}", model.name);
            for source in &model.sources {
                match source {
                    Source::Url { url } => assert!(url.starts_with("https://"), "{url}"),
                    Source::PythonPackages { package, parts, member, .. } => {
                        assert!(*parts == 1 || package.contains("{part}"), "{package}");
                        assert!(member.matches('*').count() <= 1, "{member}");
                    }
                }
            }
        }
        assert!(!models.is_empty());
    }
}
