//! The standard methods. Each hands over to its own file below `requests`.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tower_lsp::gen_lsp_types as lsp;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::{Client, ClientSocket, LanguageServer, LspService};

use crate::capabilities;
use crate::connection::Connection;
use crate::requests::{code_action, code_lens, execute_command, hover};
use crate::watching;

/// The service of a connection, the socket to its client, and its state.
pub(crate) fn build(
    connection: impl FnOnce(Client) -> Arc<Connection>,
) -> (LspService<Server>, ClientSocket, Arc<Connection>) {
    let builder = LspService::build_with_lifecycle_methods(|client| Server { connection: connection(client) })
        .custom_method("textDocument/codeAction", Server::code_action)
        .custom_method("textDocument/codeLens", Server::code_lens)
        .custom_method("textDocument/hover", Server::hover)
        .custom_method("workspace/executeCommand", Server::execute_command);
    #[cfg(test)]
    let builder = builder.custom_method("test/panic", Server::panic);
    let (service, socket) = builder.finish();
    let connection = Arc::clone(&service.inner().connection);
    (service, socket, connection)
}

/// The language server of one connection.
pub(crate) struct Server {
    connection: Arc<Connection>,
}

impl LanguageServer for Server {
    async fn initialize(&self, _: lsp::InitializeParams) -> Result<lsp::InitializeResult> {
        let engine = self.connection.engine();
        Ok(lsp::InitializeResult {
            capabilities: capabilities::server(self.connection.capabilities(), engine),
            server_info: Some(lsp::ServerInfo { name: "aiia".to_owned(), version: Some(engine.version().to_owned()) }),
        })
    }

    async fn initialized(&self, _: lsp::InitializedParams) {
        watching::register(&self.connection);
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }
}

impl Server {
    async fn code_action(&self, params: Value) -> Result<Vec<lsp::CodeActionResponse>> {
        Ok(code_action::actions(&self.connection, parsed(params)?).await)
    }

    async fn code_lens(&self, params: Value) -> Result<Vec<lsp::CodeLens>> {
        Ok(code_lens::lenses(&self.connection, parsed(params)?).await)
    }

    async fn hover(&self, params: Value) -> Result<Option<lsp::Hover>> {
        Ok(hover::hover(&self.connection, parsed(params)?).await)
    }

    async fn execute_command(&self, params: Value) -> Result<Value> {
        execute_command::execute(&self.connection, parsed(params)?).await
    }

    #[cfg(test)]
    async fn panic(&self, _: Value) -> Result<Value> {
        std::future::ready(()).await;
        panic!("as asked for")
    }
}

fn parsed<T: DeserializeOwned>(mut params: Value) -> Result<T> {
    capabilities::without_nulls(&mut params);
    serde_json::from_value(params)
        .map_err(|error| Error::invalid_params(format!("The parameters do not fit: {error}.")))
}
