//! The terminal: what is printed and how it is set off, what goes on meanwhile, what is asked for, and Ctrl+C.

pub(crate) mod coloured_diff;
pub(crate) mod hidden_input;
pub(crate) mod interrupt;
pub(crate) mod markdown;
pub(crate) mod output;
pub(crate) mod progress;
pub(crate) mod question;
pub(crate) mod sanitize;
