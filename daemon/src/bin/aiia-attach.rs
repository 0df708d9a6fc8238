//! What `aiia lsp` becomes: see [`aiia_attach::editor`].

use std::process::ExitCode;

use aiia_attach::editor;

fn main() -> ExitCode {
    ExitCode::from(editor::run().unwrap_or_else(|failure| {
        editor::report(&failure);
        failure.code
    }))
}
