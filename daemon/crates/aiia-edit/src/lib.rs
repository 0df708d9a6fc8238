//! From a model's reply to a change a person can review.
//!
//! [`plan()`] reads a reply in whatever form it came, finds the places it means in the given files, checks
//! the result and gives hunks, or complaints and no change at all. [`locate`] follows a hunk when the user
//! types on, [`review`] renders hunks for a decision. The crate does no IO.

mod complaint;
mod guard;
mod hunk;
mod lines;
mod parse;
mod path;
mod placeholder;
mod plan;
mod prompt;
mod prose;
mod rebase;
mod repair;
mod resolve;
pub mod review;
mod split;
mod tolerance;
mod unified;
mod words;
mod workspace;

pub use complaint::{Complaint, ComplaintKind};
pub use hunk::{Hunk, apply_hunks, hunks};
pub use lines::{line_count, whole_lines};
pub use parse::{CodeBlock, code_blocks};
pub use path::{PathProblem, Protection, normal_path, protection};
pub use plan::{
    EditPlan, FileAction, FilePlan, Finish, Focus, Guard, LeftOut, MAX_EDITS, MAX_REPLY_BYTES, ReplyContext,
    SourceFile, plan, plan_rounds,
};
pub use prompt::{ReplyFormat, SEARCH_REPLACE, WHOLE_FILE, WHOLE_SYMBOL};
pub use prose::prose;
pub use rebase::{LocateError, locate};
pub use repair::{MAX_REPAIRS, Repair, repair};
pub use split::{split, split_at};
pub use tolerance::Tolerance;
pub use unified::{git_diff, git_header, unified_diff};
pub use words::{ShownLine, Span, shown_lines};
pub use workspace::{Entry, Workspace};
