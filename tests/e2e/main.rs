//! The whole program, from outside: as a terminal, an editor and a browser use it.

mod bad_input;
mod budgets;
mod command_line;
mod configuration;
mod context_rules;
mod crash;
mod embedded_model;
mod environment;
mod generated_tests;
mod generic_editor;
mod hostile_files;
mod hostile_replies;
mod interrupted_writing;
mod model_faults;
mod models;
mod neovim;
mod proposals;
mod recovery;
mod repair;
mod reviews;
mod selections;
mod shared_chat;
mod templates;
mod terminal;
mod unusable_models;
mod usage;
