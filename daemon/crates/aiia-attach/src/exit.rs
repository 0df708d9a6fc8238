//! Exit codes, and the failure that carries one.

use aiia_protocol::problem::{Problem, ProblemCode};

/// It worked.
pub const OK: u8 = 0;
/// It failed, or nothing could be applied.
pub const FAILED: u8 = 1;
/// The arguments make no sense.
pub const USAGE: u8 = 2;
/// There is no daemon, and none can be started.
pub const NO_DAEMON: u8 = 3;
/// There is no model.
pub const NO_MODEL: u8 = 4;
/// It was cancelled.
pub const CANCELLED: u8 = 130;

/// The exit codes as the help shows them.
pub const HELP: &str = "Exit codes: 0 it worked; 1 it failed, or nothing could be applied; 2 the arguments make no sense; \
3 there is no daemon and none can be started; 4 there is no model; 130 cancelled.";

/// Why a command did not work.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: u8,
    /// What the user reads.
    pub problem: Box<Problem>,
}

impl Failure {
    /// A failure with its own exit code.
    pub fn new(code: u8, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        let kind = match code {
            USAGE => ProblemCode::InvalidParams,
            NO_DAEMON => ProblemCode::Unavailable,
            NO_MODEL => ProblemCode::ModelUnavailable,
            CANCELLED => ProblemCode::Cancelled,
            _ => ProblemCode::Internal,
        };
        let mut problem = Problem::new(kind, detail);
        problem.hint = Some(hint.into()).filter(|hint| !hint.is_empty());
        Self { code, problem: Box::new(problem) }
    }

    /// A failure of this machine, such as a file that cannot be read.
    pub fn local(detail: impl Into<String>) -> Self {
        Self::new(FAILED, detail, "")
    }

    /// Arguments that make no sense.
    pub fn usage(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(USAGE, detail, hint)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let code = match problem.code {
            ProblemCode::Unavailable | ProblemCode::ProtocolMismatch => NO_DAEMON,
            ProblemCode::ModelUnavailable => NO_MODEL,
            ProblemCode::Cancelled => CANCELLED,
            _ => FAILED,
        };
        Self { code, problem: Box::new(problem) }
    }
}
