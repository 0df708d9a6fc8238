//! What is asked of the model when a part of its reply could not be applied.
//!
//! Only the failing edits are asked for again, with the real lines that come nearest; what has found its place is kept by
//! [`crate::plan_rounds`]. When a format did not work twice, the next surer one is asked for.

use std::fmt::Write as _;

use crate::complaint::{Complaint, ComplaintKind};
use crate::plan::{EditPlan, SourceFile};
use crate::prompt::ReplyFormat;

/// So many times a model is asked again, at most.
pub const MAX_REPAIRS: usize = 2;
/// Lines shown above and below a candidate.
const CONTEXT_LINES: usize = 4;
/// The most lines of files in a request.
const MAX_LINES: usize = 120;
/// The most complaints in a request.
const MAX_COMPLAINTS: usize = 8;

/// A larger file is not asked for as a whole.
const MAX_WHOLE_FILE_BYTES: usize = 16 * 1024;

/// A request for what failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repair {
    /// The text to send to the model, behind its own reply.
    pub text: String,
    /// The form in which it is to answer.
    pub format: ReplyFormat,
}

/// The request after `round` rounds (0: none yet) that were in `format`; nothing when the plan was made, when asking again cannot help,
/// or when the model was asked often enough. `files` are those of the plan.
pub fn repair(plan: &EditPlan, files: &[SourceFile], format: ReplyFormat, round: usize) -> Option<Repair> {
    if round >= MAX_REPAIRS
        || plan.complaints.is_empty()
        || !plan.complaints.iter().all(|complaint| can_help(complaint.kind))
    {
        return None;
    }
    let surer = if round == 0 { format } else { format.surer() };
    let is_large = |file: &SourceFile| file.text.len() > MAX_WHOLE_FILE_BYTES;
    let format = if surer == ReplyFormat::WholeFile && files.iter().any(is_large) { format } else { surer };
    let mut text = String::from("Not all of that could be applied.\n");
    if !plan.kept.is_empty() {
        let _ = write!(text, "\nThese edits are in their places; do not repeat them: {}.\n", plan.kept.join("; "));
    }
    text.push_str("\nThese failed:\n");
    let mut budget = MAX_LINES;
    for complaint in plan.complaints.iter().take(MAX_COMPLAINTS) {
        let _ = writeln!(text, "\n- {}", first_line(&complaint.message));
        quote(complaint, files, &mut budget, &mut text);
    }
    if plan.complaints.len() > MAX_COMPLAINTS {
        let _ = writeln!(text, "\n- and {} more.", plan.complaints.len() - MAX_COMPLAINTS);
    }
    let _ = write!(text, "\nGive the failed edits once more, and only those.\n{}", format.instructions());
    Some(Repair { text, format })
}

/// What asking again cannot mend is not asked again.
fn can_help(kind: ComplaintKind) -> bool {
    !matches!(
        kind,
        ComplaintKind::NoChange
            | ComplaintKind::ChangesNothing
            | ComplaintKind::TooLarge
            | ComplaintKind::UnsafePath
            | ComplaintKind::CutOff
    )
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}

/// The lines of the file around the candidates, with their numbers.
fn quote(complaint: &Complaint, files: &[SourceFile], budget: &mut usize, text: &mut String) {
    let Some(file) = complaint.path.as_deref().and_then(|path| files.iter().find(|file| file.path == path)) else {
        return;
    };
    // Those are lines of the changed text, which nobody has.
    if matches!(complaint.kind, ComplaintKind::SyntaxErrors | ComplaintKind::Elision | ComplaintKind::CodeChanged) {
        return;
    }
    let lines: Vec<&str> = file.text.lines().collect();
    let mut shown = 0;
    for candidate in complaint.candidates.iter().take(5) {
        let from = candidate.saturating_sub(CONTEXT_LINES + 1).max(shown);
        let to = (candidate + CONTEXT_LINES).min(lines.len());
        if from >= to || *budget == 0 {
            continue;
        }
        if shown == 0 {
            let _ = writeln!(text, "  {} has these lines (the numbers are not part of them):", file.path);
        } else if from > shown {
            text.push_str("  …\n");
        }
        for (number, line) in lines.iter().enumerate().take(to).skip(from).take(*budget) {
            let _ = writeln!(text, "  {:>5} | {line}", number + 1);
        }
        *budget = budget.saturating_sub(to - from);
        shown = to;
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::plan::{ReplyContext, plan, plan_rounds};

    const FILE: &str = "def a():\n    one()\n    return 1\n\n\ndef b():\n    one()\n    return 2\n";

    fn block(old: &str, new: &str) -> String {
        format!("a.py\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n")
    }

    fn files() -> Vec<SourceFile> {
        vec![SourceFile::new("a.py", FILE, aiia_syntax::Language::from_path("a.py"))]
    }

    #[test]
    fn only_what_failed_is_asked_again() {
        let files = files();
        let reply = block("    return 1\n", "    return 10\n")
            + &block("    one()\n", "    two()\n")
            + &block("    return 3\n", "");
        let plan = plan(&reply, &ReplyContext::of(&files));
        let request = repair(&plan, &files, ReplyFormat::SearchReplace, 0).unwrap();
        let (asked, _) = request.text.split_once("Answer with").unwrap();
        expect![[r"
            Not all of that could be applied.

            These edits are in their places; do not repeat them: a.py line 3.

            These failed:

            - The text to replace stands 2 times in a.py, at lines 2, 7. Select the place that is meant, or ask the model to quote more lines around it.
              a.py has these lines (the numbers are not part of them):
                  1 | def a():
                  2 |     one()
                  3 |     return 1
                  4 | 
                  5 | 
                  6 | def b():
                  7 |     one()
                  8 |     return 2

            - The text to replace is not in a.py. It begins with `return 3`. The nearest lines are:
              a.py has these lines (the numbers are not part of them):
                  1 | def a():
                  2 |     one()
                  3 |     return 1
                  4 | 
                  5 | 
                  6 | def b():
                  7 |     one()
                  8 |     return 2

            Give the failed edits once more, and only those.
        "]]
        .assert_eq(asked);
    }

    #[test]
    fn what_was_right_stays_and_what_comes_is_added() {
        let files = files();
        let first = block("    return 1\n", "    return 10\n") + &block("    return 3\n", "    return 30\n");
        let second = block("    return 2\n", "    return 20\n");
        let plan = plan_rounds(&[&first, &second], &ReplyContext::of(&files));
        assert_eq!(plan.complaints, []);
        assert_eq!(plan.files[0].new_text, FILE.replace("return 1", "return 10").replace("return 2", "return 20"));
        let again = plan_rounds(&[&first, &block("    return 4\n", "")], &ReplyContext::of(&files));
        assert_eq!(again.complaints.len(), 1);
        assert_eq!(again.files, []);
    }

    #[test]
    fn a_file_that_became_wrong_as_a_whole_is_asked_for_as_a_whole() {
        let files = files();
        let first = block("    return 1\n", "    return (\n");
        let refused = plan(&first, &ReplyContext::of(&files));
        assert_eq!(refused.kept, Vec::<String>::new());
        let plan = plan_rounds(&[&first, &block("    return 1\n", "    return ()\n")], &ReplyContext::of(&files));
        assert_eq!(plan.files[0].new_text, FILE.replace("return 1", "return ()"));
    }

    #[test]
    fn formats_become_surer_and_rounds_end() {
        let files = files();
        let plan = plan(&block("    return 3\n", ""), &ReplyContext::of(&files));
        let format = |format, round| repair(&plan, &files, format, round).map(|repair| repair.format);
        assert_eq!(format(ReplyFormat::SearchReplace, 0), Some(ReplyFormat::SearchReplace));
        assert_eq!(format(ReplyFormat::SearchReplace, 1), Some(ReplyFormat::WholeSymbol));
        assert_eq!(format(ReplyFormat::WholeSymbol, 1), Some(ReplyFormat::WholeFile));
        assert_eq!(format(ReplyFormat::SearchReplace, 2), None);
        let nothing = crate::plan("I would leave it.", &ReplyContext::of(&files));
        assert_eq!(repair(&nothing, &files, ReplyFormat::SearchReplace, 0), None);
    }
}
