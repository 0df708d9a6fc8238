//! Test support: what black-box tests are built from.

pub mod installation;
pub mod model_server;
