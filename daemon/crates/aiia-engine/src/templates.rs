//! Prompt templates: what a file says, what a template says with values, and aiia's own library.

mod bounds;
mod library;
mod parse;
mod render;
mod repository;

pub(crate) use library::{built_in, find_built_in};
pub(crate) use parse::{to_file, validate};
pub(crate) use render::render;
pub(crate) use repository::{Found, in_folders};
