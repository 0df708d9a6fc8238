//! Replies against files: what comes out, as a diff or as complaints.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes its literals this way")]

mod alternatives;
mod beside;
mod bounds;
mod constants;
mod contents;
mod cut_off;
mod data;
mod declarations;
mod dialects;
mod elisions;
mod examples;
mod fragments;
mod fuzz;
mod guards;
mod heads;
mod impl_heads;
mod kept;
mod leading;
mod malformed;
mod members;
mod mixed;
mod module_lines;
mod moves;
mod named_files;
mod namesakes;
mod omissions;
mod overloads;
mod pairs;
mod parts;
mod passages;
mod plain_text;
mod selections;
mod sketches;
mod spelled_otherwise;
mod statements;
mod symbols;
mod twins;
mod unified_diffs;
mod whole_actions;
mod whole_files;
mod whole_lines;
mod wholes;
mod wrapped;

use std::fmt::Write as _;

use aiia_syntax::{Language, SyntaxTree};
use expect_test::Expect;

use super::*;
use crate::Hunk;

/// Files as `(path, text)`. `$0` in a text marks what was asked about: a cursor, or a range when it
/// stands there twice. Without one nothing was asked about.
fn plan_for(files: &[(&str, &str)], reply: &str) -> EditPlan {
    let mut focus = None;
    let files: Vec<SourceFile> = files
        .iter()
        .map(|(path, marked)| {
            let text = marked.replace("$0", "");
            let language = Language::from_path(path);
            if let Some(start) = marked.find("$0") {
                let end = marked.rfind("$0").map_or(start, |end| end.saturating_sub(2).max(start));
                let range = start..end;
                let symbol = language
                    .and_then(|language| SyntaxTree::parse(language, &text).ok())
                    .and_then(|tree| tree.enclosing_symbol(&text, range.clone()))
                    .map(|symbol| symbol.name);
                let selected = (!range.is_empty()).then(|| range.clone());
                focus = Some(Focus { path: (*path).to_owned(), range, symbol, selected });
            }
            SourceFile::new(*path, text, language)
        })
        .collect();
    let context = ReplyContext { focus, ..ReplyContext::of(&files) };
    let result = plan(reply, &context);
    for file in &result.files {
        assert!(result.complaints.is_empty());
        let all: Vec<&Hunk> = file.hunks.iter().collect();
        assert_eq!(crate::apply_hunks(&file.old_text, &all), file.new_text);
    }
    result
}

fn described(plan: &EditPlan) -> String {
    let mut text = String::new();
    for file in &plan.files {
        text.push_str(&file.diff(0));
        if let Some(protection) = file.protection {
            let _ = writeln!(text, "~ {protection}");
        }
        let mut seen = Vec::new();
        for tolerance in file.hunks.iter().flat_map(|hunk| &hunk.tolerances) {
            if !seen.contains(&tolerance) {
                let _ = writeln!(text, "~ {tolerance}");
                seen.push(tolerance);
            }
        }
    }
    for left_out in &plan.left_out {
        let _ = writeln!(text, "? {left_out}");
    }
    for complaint in &plan.complaints {
        let _ = writeln!(text, "! {}: {}", complaint.kind.as_str(), complaint.message);
    }
    text
}

fn check(file: (&str, &str), reply: &str, expected: Expect) {
    expected.assert_eq(&described(&plan_for(&[file], reply)));
}

/// The new text of the only file.
fn new_text(file: (&str, &str), reply: &str) -> String {
    let plan = plan_for(&[file], reply);
    assert_eq!(plan.complaints, [], "{reply}");
    plan.files[0].new_text.clone()
}

fn complaint_kinds(file: (&str, &str), reply: &str) -> Vec<ComplaintKind> {
    let plan = plan_for(&[file], reply);
    assert_eq!(plan.files, []);
    plan.complaints.iter().map(|complaint| complaint.kind).collect()
}

fn block(old: &str, new: &str) -> String {
    format!("<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n")
}

fn fenced(code: &str) -> String {
    format!("Here it is:\n\n```\n{code}```\n")
}
