//! The first line each way on the daemon's socket. After it, LSP base protocol frames (`Content-Length`) follow.

use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// What the client wants of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A language server session of an editor.
    Lsp,
    /// The command line: custom methods only.
    Cli,
    /// Ask the daemon to end its runs and exit. It answers, then closes.
    Drain,
}

/// The client's line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientHello {
    /// What the client wants.
    pub purpose: Purpose,
    /// The version of the client's binary.
    pub version: String,
    /// The oldest protocol version that the client speaks.
    pub protocol_min: u32,
    /// The newest protocol version that the client speaks.
    pub protocol_max: u32,
    /// The token of the runtime file.
    pub token: String,
}

/// The daemon's line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerHello {
    /// Go on.
    Welcome {
        /// The protocol version of the connection.
        protocol: u32,
        /// The version of the daemon's binary.
        version: String,
        /// The daemon's process.
        pid: u32,
    },
    /// No; the connection is closed after this line.
    Refused(Problem),
}

/// What a client finds in the runtime file (mode 0600) of a running daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeFile {
    /// The daemon's process.
    pub pid: u32,
    /// The version of its binary.
    pub version: String,
    /// The newest protocol version that it speaks.
    pub protocol: u32,
    /// Path of its socket.
    pub socket: String,
    /// Its HTTP port; absent when it serves none.
    pub http_port: Option<u16>,
    /// The secret that a client shows, 64 hexadecimal digits.
    pub token: String,
    /// When it started (RFC 3339, UTC).
    pub started_at: String,
}

/// The protocol version that two ranges have in common, the newest one.
///
/// # Errors
/// A problem that says which side to update when there is none.
pub fn negotiate(client: (u32, u32), daemon: (u32, u32)) -> Result<u32, Problem> {
    let newest = client.1.min(daemon.1);
    if newest >= client.0.max(daemon.0) {
        return Ok(newest);
    }
    let behind = if client.1 < daemon.0 { "client" } else { "daemon" };
    Err(Problem::new(
        crate::problem::ProblemCode::ProtocolMismatch,
        format!("The client speaks protocol {}–{}, the daemon {}–{}.", client.0, client.1, daemon.0, daemon.1),
    )
    .with_hint(format!("Update the {behind}; `aiia stop` ends a daemon of another version.")))
}

#[cfg(test)]
mod tests {
    use super::negotiate;

    #[test]
    fn the_newest_common_version_wins() {
        for (client, daemon, expected) in [
            ((1, 1), (1, 1), Some(1)),
            ((1, 3), (2, 5), Some(3)),
            ((2, 2), (1, 4), Some(2)),
            ((1, 1), (2, 3), None),
            ((4, 5), (1, 3), None),
        ] {
            assert_eq!(negotiate(client, daemon).ok(), expected, "{client:?} {daemon:?}");
        }
    }

    #[test]
    fn the_side_to_update_is_named() {
        assert!(negotiate((1, 1), (2, 2)).unwrap_err().hint.unwrap().contains("Update the client"));
        assert!(negotiate((3, 3), (2, 2)).unwrap_err().hint.unwrap().contains("Update the daemon"));
    }
}
