//! One file a request.

pub(crate) mod code_action;
pub(crate) mod code_lens;
pub(crate) mod execute_command;
pub(crate) mod hover;
