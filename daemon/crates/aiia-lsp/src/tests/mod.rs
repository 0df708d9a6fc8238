//! Whole connections over memory, with a real engine.

mod actions;
mod client;
mod configuration;
mod following;
mod indexing;
mod lifecycle;
mod look_up;
mod operations;
mod review;
mod text;
mod unsaved;
