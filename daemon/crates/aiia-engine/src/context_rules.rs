//! Which files of a folder may go along with a question, by the rules of the project and of the configuration.

use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::settings::{self, Settings};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The rules in force for one request.
#[derive(Clone, Debug)]
pub(crate) struct ContextRules {
    include: Option<Gitignore>,
    exclude: Gitignore,
    /// A pattern that cannot be read must not show more than was wanted: nothing is shown then.
    broken: bool,
}

impl ContextRules {
    /// The rules of `settings`, and what the user should know about them.
    pub(crate) fn of(settings: &Settings) -> (Self, Option<String>) {
        let patterns = |sourced: &Option<settings::Sourced<Vec<String>>>| {
            sourced.as_ref().map(|sourced| sourced.value.clone()).unwrap_or_default()
        };
        let (include, exclude) = (patterns(&settings.context_include), patterns(&settings.context_exclude));
        match (compile(&include), compile(&exclude)) {
            (Ok(only), Ok(exclude)) => {
                (Self { include: (!include.is_empty()).then_some(only), exclude, broken: false }, None)
            }
            (Err((_, why)), _) | (_, Err((_, why))) => {
                let rules = Self { include: None, exclude: Gitignore::empty(), broken: true };
                (rules, Some(format!("No other file is shown: {why} Mend the context rules of the project.")))
            }
        }
    }

    /// Whether the file of that path, relative to its folder, may be shown.
    pub(crate) fn admits(&self, path: &str) -> bool {
        // The patterns have no place for a path that leads out of the folder.
        let path = path.trim_start_matches('/');
        let named = |patterns: &Gitignore| patterns.matched_path_or_any_parents(path, false).is_ignore();
        !self.broken && self.include.as_ref().is_none_or(named) && !named(&self.exclude)
    }
}

/// Refuses rules with a pattern that cannot be read.
///
/// # Errors
/// `InvalidParams`, with the place of the first such pattern.
pub(crate) fn check(rules: &settings::ContextRules) -> Result<(), Problem> {
    for (name, patterns) in [("include", &rules.include), ("exclude", &rules.exclude)] {
        compile(patterns.as_deref().unwrap_or_default()).map_err(|(index, why)| {
            Problem::new(ProblemCode::InvalidParams, why.clone()).with_error(format!("/context/{name}/{index}"), why)
        })?;
    }
    Ok(())
}

fn compile(patterns: &[String]) -> Result<Gitignore, (usize, String)> {
    let mut builder = GitignoreBuilder::new("");
    for (index, pattern) in patterns.iter().enumerate() {
        builder.add_line(None, pattern).map_err(|_| (index, format!("“{pattern}” is no pattern as in .gitignore.")))?;
    }
    builder.build().map_err(|_| (0, "The patterns are too large.".to_owned()))
}

#[cfg(test)]
mod tests {
    use aiia_protocol::settings::Origin;
    use rstest::rstest;

    use super::*;

    fn rules(include: &[&str], exclude: &[&str]) -> ContextRules {
        let list = |patterns: &[&str]| Some(patterns.iter().map(|pattern| (*pattern).to_owned()).collect());
        let mut settings = Settings::default();
        let rules = settings::ContextRules { budget: None, include: list(include), exclude: list(exclude) };
        settings.lay_context(Origin::Project, &rules);
        ContextRules::of(&settings).0
    }

    #[rstest]
    #[case(&[], &[], "src/a.rs", true)]
    #[case(&[], &["vendor/"], "vendor/deep/a.rs", false)]
    #[case(&[], &["vendor/"], "src/vendor/a.rs", false)]
    #[case(&[], &["/vendor/"], "src/vendor/a.rs", true)]
    #[case(&[], &["*.gen.ts"], "src/a.gen.ts", false)]
    #[case(&[], &["*.gen.ts", "!keep.gen.ts"], "keep.gen.ts", true)]
    #[case(&["src/"], &[], "src/a.rs", true)]
    #[case(&["src/"], &[], "docs/a.rs", false)]
    #[case(&["src/", "docs/*.md"], &["src/old/"], "src/old/a.rs", false)]
    #[case(&["src/", "docs/*.md"], &["src/old/"], "docs/a.md", true)]
    #[case(&[], &["[z-a]"], "src/a.rs", false)]
    #[case(&[], &["x"], "/x", false)]
    fn files_are_shown_by_the_rules(
        #[case] include: &[&str],
        #[case] exclude: &[&str],
        #[case] path: &str,
        #[case] shown: bool,
    ) {
        assert_eq!(rules(include, exclude).admits(path), shown);
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_named() {
        let exclude = Some(vec!["ok".to_owned(), "[z-a]".to_owned()]);
        let problem = check(&settings::ContextRules { exclude, ..settings::ContextRules::default() }).unwrap_err();
        assert_eq!(problem.errors[0].pointer, "/context/exclude/1");
        assert!(problem.detail.contains("[z-a]"), "{}", problem.detail);
    }
}
