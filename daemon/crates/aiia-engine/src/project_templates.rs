//! What new projects begin with.

use aiia_protocol::project::{CreateProject, ProjectTemplate};

/// What a template sets.
struct Preset {
    system_prompt: &'static str,
    temperature: Option<f64>,
    include: &'static [&'static str],
    exclude: &'static [&'static str],
}

const PLAIN: Preset = Preset { system_prompt: "", temperature: None, include: &[], exclude: &[] };

/// Gives the project what its template sets, where the request says nothing of it.
pub(crate) fn apply(new: &mut CreateProject) {
    let Some(template) = new.template.take() else { return };
    let preset = preset(template);
    let patterns = |patterns: &[&str]| patterns.iter().map(|&pattern| pattern.to_owned()).collect::<Vec<_>>();
    new.system_prompt.get_or_insert_with(|| preset.system_prompt.to_owned());
    new.parameters.temperature = new.parameters.temperature.or(preset.temperature);
    if !preset.include.is_empty() {
        new.context.include.get_or_insert_with(|| patterns(preset.include));
    }
    if !preset.exclude.is_empty() {
        new.context.exclude.get_or_insert_with(|| patterns(preset.exclude));
    }
}

fn preset(template: ProjectTemplate) -> Preset {
    match template {
        ProjectTemplate::Application => Preset {
            system_prompt: "This is a program that people use. Think of them first: what they see, what they wait for, what happens when \
                            something fails and what they are told then. Keep to the conventions of the code around.",
            ..PLAIN
        },
        ProjectTemplate::Library => Preset {
            system_prompt: "This is a library for other programmers. Its public interface is a promise: say so when a change breaks it, \
                            and prefer one that does not. What is public is documented with an example. Add a dependency only where it \
                            is worth it to everybody who depends on this.",
            ..PLAIN
        },
        ProjectTemplate::Data => Preset {
            system_prompt: "These are scripts and analyses of data. Right figures come first: say what is assumed of the data, check it \
                            in the code, and treat missing values on purpose. Results can be made again from the inputs by one command.",
            temperature: Some(0.0),
            exclude: &["*.csv", "*.tsv", "*.jsonl", "*.parquet", ".ipynb_checkpoints/"],
            ..PLAIN
        },
        ProjectTemplate::Legacy => Preset {
            system_prompt: "This is old code that has to go on working. Change as little as does the task, one step at a time. Where no \
                            test shows what the code does now, write that test first. Do not tidy what was not asked about; name it \
                            instead.",
            ..PLAIN
        },
        ProjectTemplate::Learning => Preset {
            system_prompt: "The user is learning. Explain in small steps and ask what they think comes next. Give a hint before a \
                            solution, and the solution only when they ask for it. Say what is right in their code before what is not.",
            ..PLAIN
        },
        ProjectTemplate::Writing => Preset {
            system_prompt: "This is about texts. Keep the author's voice and meaning; make sentences clear and short. Say what you \
                            changed and why where it is more than a word, and ask where the meaning is open.",
            include: &["*.md", "*.txt", "*.rst", "*.adoc", "*.tex", "*.org"],
            ..PLAIN
        },
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::context_rules;

    #[rstest]
    #[case(ProjectTemplate::Application)]
    #[case(ProjectTemplate::Library)]
    #[case(ProjectTemplate::Data)]
    #[case(ProjectTemplate::Legacy)]
    #[case(ProjectTemplate::Learning)]
    #[case(ProjectTemplate::Writing)]
    fn each_says_something_that_can_be_stored(#[case] template: ProjectTemplate) {
        let mut new = CreateProject { template: Some(template), ..CreateProject::new("p") };
        apply(&mut new);
        assert!(new.system_prompt.is_some_and(|prompt| !prompt.contains("  ")), "one paragraph");
        assert!(context_rules::check(&new.context).is_ok());
        assert_eq!(new.template, None);
    }

    #[test]
    fn what_is_said_wins_over_the_template() {
        let mut new = CreateProject { template: Some(ProjectTemplate::Data), ..CreateProject::new("p") };
        new.system_prompt = Some("mine".to_owned());
        new.context.exclude = Some(Vec::new());
        apply(&mut new);
        assert_eq!((new.system_prompt.as_deref(), new.parameters.temperature), (Some("mine"), Some(0.0)));
        assert_eq!(new.context.exclude, Some(Vec::new()));
    }
}
