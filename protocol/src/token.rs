//! Tokens for other programs: each with what it allows, until when.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::TokenId;

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// Reading.
    Read,
    /// Reading and changing.
    Write,
    /// Everything: keys, configuration, tokens.
    Admin,
}

/// A token. The secret itself is kept nowhere, only its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// Its identifier.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// What it allows.
    pub scope: TokenScope,
    /// When it was made (RFC 3339, UTC).
    pub created_at: String,
    /// From when on it is not taken any more (RFC 3339, UTC); never where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// When it was used last (RFC 3339, UTC), to the hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<String>,
}

/// The result of `token.list`, in the order of their making.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenList {
    /// The tokens.
    pub items: Vec<Token>,
}

/// Parameters of `token.create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// What it is for, 1 to 100 characters.
    pub name: String,
    /// What it allows.
    pub scope: TokenScope,
    /// For how many days it is taken, 1 to 3650; for ever where absent.
    #[serde(default)]
    pub days: Option<u32>,
}

/// The result of `token.create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewToken {
    /// The token.
    #[serde(flatten)]
    pub token: Token,
    /// What a client sends as `Authorization: Bearer …`. It is told this once.
    pub secret: String,
}

/// Parameters of `token.delete`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRef {
    /// The token.
    pub token_id: TokenId,
}
