//! Test support: what black-box tests are built from.

pub mod http_client;
pub mod http_server;
pub mod installation;
pub mod llama_server;
pub mod lsp_client;
pub mod model_server;

mod serving;
