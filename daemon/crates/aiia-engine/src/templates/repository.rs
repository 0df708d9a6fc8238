//! Templates that a repository brings along: `.aiia/templates/*.md` in the folders of a project.

use std::io::Read;
use std::path::Path;

use aiia_protocol::id::TemplateId;
use aiia_protocol::template::{Template, TemplateSource};

use super::parse;

/// How the identifiers of templates from repositories begin.
const PREFIX: &str = "repo-";
const MOST_FILES: usize = 200;
const LARGEST_FILE: u64 = 256 * 1024;

/// What the folders hold.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) templates: Vec<Template>,
    /// Files that are no templates, and why.
    pub(crate) problems: Vec<String>,
}

/// The templates in the folders of a project; of two with the same name the first one counts. Blocks.
pub(crate) fn in_folders(folders: &[String]) -> Found {
    let mut found = Found::default();
    for folder in folders {
        let place = Path::new(folder).join(".aiia").join("templates");
        let Ok(entries) = std::fs::read_dir(&place) else { continue };
        let mut files: Vec<_> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
            .collect();
        files.sort();
        if files.len() > MOST_FILES {
            found
                .problems
                .push(format!("{} has more than {MOST_FILES} templates; the rest is left out.", place.display()));
            files.truncate(MOST_FILES);
        }
        for file in files {
            match read(&file) {
                Ok(template) if found.templates.iter().any(|known| known.id == template.id) => {
                    found.problems.push(format!("{}: another folder has a template of this name.", file.display()));
                }
                Ok(template) => found.templates.push(template),
                Err(why) => found.problems.push(format!("{}: {why}", file.display())),
            }
        }
    }
    found
}

fn read(path: &Path) -> Result<Template, String> {
    let failed = |error: std::io::Error| format!("it cannot be read: {error}.");
    // A link could lead out of the repository, a pipe would wait for its writer.
    let metadata = path.symlink_metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err("it is no regular file.".to_owned());
    }
    if metadata.len() > LARGEST_FILE {
        return Err(format!("it is larger than {} KiB.", LARGEST_FILE / 1024));
    }
    let mut text = String::new();
    std::fs::File::open(path).and_then(|file| file.take(LARGEST_FILE).read_to_string(&mut text)).map_err(failed)?;
    let name = path.file_stem().and_then(|stem| stem.to_str()).ok_or("its name is not UTF-8.")?;
    let content = parse::from_file(&text, name)?;
    parse::validate(&content).map_err(|problem| problem.detail)?;
    let updated_at = metadata.modified().ok().and_then(|time| jiff::Timestamp::try_from(time).ok());
    Ok(Template {
        id: TemplateId(format!("{PREFIX}{name}")),
        source: TemplateSource::Repository,
        content,
        favourite: false,
        revision: 1,
        path: Some(path.display().to_string()),
        updated_at: updated_at.map(|time| format!("{time:.3}")),
        version: 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_read_and_what_is_none_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join(".aiia/templates");
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join("review.md"), "+++\nname = 'Our review'\n+++\nReview it.").unwrap();
        std::fs::write(place.join("plain.md"), "Explain it.").unwrap();
        std::fs::write(place.join("bad.md"), "+++\nnam = 1\n+++\n").unwrap();
        std::fs::write(place.join("note.txt"), "no template").unwrap();
        std::os::unix::fs::symlink("/etc/hostname", place.join("link.md")).unwrap();
        let found = in_folders(&[folder.path().display().to_string(), "/no/such/folder".into()]);
        let names: Vec<_> = found.templates.iter().map(|t| (t.id.as_str(), t.content.name.as_str())).collect();
        assert_eq!(names, [("repo-plain", "plain"), ("repo-review", "Our review")]);
        assert_eq!(found.problems.len(), 2, "{:?}", found.problems);
    }
}
