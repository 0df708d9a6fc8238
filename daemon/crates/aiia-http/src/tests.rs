//! Tests of the whole adapter: the real engine on a directory of its own behind the real router.

mod support;

mod attachments;
mod budgets;
mod connection;
mod conversations;
mod guard;
mod library;
mod limits;
mod openai;
mod page;
mod resources;
mod stream;
mod tokens;
mod transfers;
