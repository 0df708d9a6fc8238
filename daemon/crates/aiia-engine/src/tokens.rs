//! Tokens of other programs. The file holds their hashes and no secret; it is no part of backups, so that restoring one
//! brings no revoked token back.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aiia_protocol::id::TokenId;
use aiia_protocol::operation::Scope;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::token::{CreateToken, NewToken, Token, TokenScope};
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::config;
use crate::hash::{hexadecimal, sha256};

/// What every secret begins with, so that it is known for what it is wherever it leaks to.
const PREFIX: &str = "aiia_";
/// Tokens at the same time.
const MOST: usize = 200;
/// The longest life of a token in days.
const LONGEST: u32 = 3650;
/// How exactly the last use is kept.
const USE_STEP: Duration = Duration::from_hours(1);

/// What the file says of a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    /// SHA-256 of the secret in hexadecimal. The secret has 256 random bits, so that no salt is needed.
    hash: String,
    #[serde(flatten)]
    token: Token,
}

/// What a client that has shown a token may do.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The name of the token.
    pub name: String,
    /// The identifier of the token.
    pub id: TokenId,
    /// What it allows.
    pub scope: Scope,
    /// How long it is taken from now on.
    pub left: Option<Duration>,
    /// Cancelled when it is revoked.
    pub revoked: CancellationToken,
}

/// The tokens of this installation.
#[derive(Debug)]
pub(crate) struct Tokens {
    file: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: Vec<Entry>,
    revoked: HashMap<TokenId, CancellationToken>,
    /// Why the file cannot be read: nothing is taken and nothing is overwritten then.
    broken: Option<String>,
}

impl Tokens {
    /// The tokens kept in `data_dir`.
    pub(crate) fn new(data_dir: &Path) -> Self {
        let file = data_dir.join("tokens.json");
        let mut state = State::default();
        let read = match std::fs::read_to_string(&file) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| error.to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok(entries) => state.entries = entries,
            Err(error) => {
                tracing::error!(file = %file.display(), %error, "no token is taken");
                state.broken = Some(error);
            }
        }
        Self { file, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Why no token is taken at all, where that is so.
    pub(crate) fn problem(&self) -> Option<String> {
        let broken = self.state().broken.clone()?;
        Some(format!("{} cannot be read, so that no token is taken: {broken}.", self.file.display()))
    }

    /// The tokens, in the order of their making.
    pub(crate) fn list(&self) -> Vec<Token> {
        self.state().entries.iter().map(|entry| entry.token.clone()).collect()
    }

    /// What the client that shows `secret` may do at the time `now`; nothing when it is no token, or one that has expired.
    pub(crate) fn grant(&self, secret: &str, now: Timestamp) -> Option<Grant> {
        if !secret.starts_with(PREFIX) {
            return None;
        }
        let hash = sha256(secret);
        let mut state = self.state();
        let place = state.entries.iter().position(|entry| entry.hash == hash)?;
        let token = &mut state.entries[place].token;
        let left = match &token.expires_at {
            // A time that cannot be read allows nothing.
            Some(time) => Some(Duration::try_from(time.parse::<Timestamp>().ok()?.duration_since(now)).ok()?),
            None => None,
        };
        if left.is_some_and(|left| left.is_zero()) {
            return None;
        }
        let stale = |time: &String| {
            time.parse().is_ok_and(|last: Timestamp| now.duration_since(last).unsigned_abs() >= USE_STEP)
        };
        let token = if token.last_used_at.as_ref().is_none_or(stale) {
            token.last_used_at = Some(now.to_string());
            let token = token.clone();
            if let Err(problem) = self.write(&state.entries) {
                tracing::warn!(%problem, "the last use of a token could not be kept");
            }
            token
        } else {
            token.clone()
        };
        let revoked = state.revoked.entry(token.id.clone()).or_default().clone();
        let scope = match token.scope {
            TokenScope::Read => Scope::Read,
            TokenScope::Write => Scope::Write,
            TokenScope::Admin => Scope::Admin,
        };
        Some(Grant { name: token.name, id: token.id, scope, left, revoked })
    }

    /// Makes a token.
    ///
    /// # Errors
    /// When a parameter is wrong, when there are too many, or the file cannot be written.
    pub(crate) fn create(&self, params: CreateToken, now: Timestamp) -> Result<NewToken, Problem> {
        let name = params.name.trim();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            let detail = "The name of a token has 1 to 100 characters on one line.";
            return Err(Problem::new(ProblemCode::InvalidParams, detail).with_error("/name", detail));
        }
        if params.days.is_some_and(|days| !(1..=LONGEST).contains(&days)) {
            let detail = format!("A token is taken for 1 to {LONGEST} days.");
            return Err(Problem::new(ProblemCode::InvalidParams, detail.clone()).with_error("/days", detail));
        }
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|error| {
            Problem::new(ProblemCode::Internal, format!("The system gives no random numbers: {error}."))
        })?;
        let secret = format!("{PREFIX}{}", hexadecimal(&bytes));
        let expires = params.days.map(|days| now + jiff::SignedDuration::from_hours(24 * i64::from(days)));
        let token = Token {
            id: TokenId(uuid::Uuid::now_v7().to_string()),
            name: name.to_owned(),
            scope: params.scope,
            created_at: now.to_string(),
            expires_at: expires.map(|time| time.to_string()),
            last_used_at: None,
        };
        let mut state = self.usable()?;
        if state.entries.len() >= MOST {
            return Err(Problem::new(ProblemCode::Conflict, format!("There are {MOST} tokens already."))
                .with_hint("Revoke those that nobody needs: `aiia tokens`."));
        }
        state.entries.push(Entry { hash: sha256(&secret), token: token.clone() });
        if let Err(problem) = self.write(&state.entries) {
            state.entries.pop();
            return Err(problem);
        }
        Ok(NewToken { token, secret })
    }

    /// Revokes a token.
    ///
    /// # Errors
    /// When there is none, or the file cannot be written; it is revoked until the daemon ends all the same then.
    pub(crate) fn revoke(&self, id: &TokenId) -> Result<(), Problem> {
        let mut state = self.usable()?;
        let before = state.entries.len();
        state.entries.retain(|entry| entry.token.id != *id);
        if state.entries.len() == before {
            return Err(Problem::not_found("token", id).with_hint("`aiia tokens` lists them."));
        }
        if let Some(revoked) = state.revoked.remove(id) {
            revoked.cancel();
        }
        self.write(&state.entries)
    }

    fn usable(&self) -> Result<MutexGuard<'_, State>, Problem> {
        let state = self.state();
        if let Some(broken) = &state.broken {
            let detail = format!("{} cannot be read: {broken}.", self.file.display());
            return Err(Problem::new(ProblemCode::StoreUnavailable, detail)
                .with_hint("Mend the file or move it away, then restart the daemon: `aiia stop`."));
        }
        Ok(state)
    }

    fn write(&self, entries: &[Entry]) -> Result<(), Problem> {
        let failed = |error: String| {
            Problem::new(ProblemCode::StoreUnavailable, format!("{} cannot be written: {error}.", self.file.display()))
        };
        let text = serde_json::to_string_pretty(entries).map_err(|error| failed(error.to_string()))?;
        config::replace_file(&self.file, &text, 0o600).map_err(|error| failed(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(1_760_000_000 + day * 86_400).unwrap()
    }

    fn wanted(name: &str, scope: TokenScope, days: Option<u32>) -> CreateToken {
        CreateToken { name: name.to_owned(), scope, days }
    }

    #[test]
    fn a_token_is_taken_for_what_it_allows_until_it_expires_or_is_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Tokens::new(folder.path());
        let read = tokens.create(wanted("ci", TokenScope::Read, Some(2)), at(0)).unwrap();
        let admin = tokens.create(wanted("me", TokenScope::Admin, None), at(0)).unwrap();
        assert_eq!(tokens.grant(&read.secret, at(1)).unwrap().scope, Scope::Read);
        assert_eq!(tokens.grant(&read.secret, at(1)).unwrap().left, Some(Duration::from_hours(24)));
        assert!(tokens.grant(&read.secret, at(2)).is_none());
        assert!(tokens.grant(&read.secret.to_uppercase(), at(1)).is_none());
        assert!(tokens.grant("", at(1)).is_none());

        let again = Tokens::new(folder.path());
        assert_eq!(again.list().iter().map(|token| token.name.as_str()).collect::<Vec<_>>(), ["ci", "me"]);
        let grant = again.grant(&admin.secret, at(1000)).unwrap();
        again.revoke(&admin.token.id).unwrap();
        assert!(grant.revoked.is_cancelled());
        assert!(again.grant(&admin.secret, at(1)).is_none());
        assert_eq!(again.revoke(&admin.token.id).unwrap_err().code, ProblemCode::NotFound);
        assert!(Tokens::new(folder.path()).grant(&admin.secret, at(1)).is_none());
    }

    #[test]
    fn the_file_has_no_secret_and_is_the_users_alone() {
        let folder = tempfile::tempdir().unwrap();
        let new = Tokens::new(folder.path()).create(wanted("ci", TokenScope::Read, None), at(0)).unwrap();
        let file = folder.path().join("tokens.json");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains(&new.secret[PREFIX.len()..]), "{text}");
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_file_lets_nobody_in_and_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens.json");
        std::fs::write(&file, "[{").unwrap();
        let tokens = Tokens::new(folder.path());
        assert!(tokens.problem().is_some());
        let refused = tokens.create(wanted("ci", TokenScope::Read, None), at(0)).unwrap_err();
        assert_eq!(refused.code, ProblemCode::StoreUnavailable);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "[{");
    }

    #[test]
    fn wrong_wishes_are_refused_with_their_place() {
        let tokens = Tokens::new(tempfile::tempdir().unwrap().path());
        for (name, days, pointer) in
            [("", None, "/name"), ("a\nb", None, "/name"), ("x", Some(0), "/days"), ("x", Some(3651), "/days")]
        {
            let refused = tokens.create(wanted(name, TokenScope::Read, days), at(0)).unwrap_err();
            assert_eq!(refused.errors[0].pointer, pointer, "{name:?} {days:?}");
        }
    }
}
