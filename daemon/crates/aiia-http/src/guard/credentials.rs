//! What a client can show: the daemon's token, a browser session's cookie, a one-time code.

use std::time::{Duration, Instant};

use aiia_protocol::operation::Scope;
use aiia_protocol::problem::Problem;
use axum::http::{HeaderMap, header};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::secret::Secret;

/// How long a one-time code can be traded.
pub(crate) const CODE_LIFETIME: Duration = Duration::from_mins(1);
/// How long a browser session lives after its last request.
const SESSION_LIFETIME: Duration = Duration::from_hours(12);
/// Codes that wait at the same time; the oldest one goes for another.
const MAX_CODES: usize = 16;
/// Browser sessions at the same time; the one that was used the longest time ago goes for another.
const MAX_SESSIONS: usize = 64;
/// Wrong tokens, cookies and codes in [`WINDOW`]; from this one on they are not answered any more.
pub(crate) const MAX_WRONG: u32 = 200;
/// The time in which wrong ones are counted.
const WINDOW: Duration = Duration::from_mins(1);
/// Cookies of our name in one request. Another server on this machine can plant more of them.
const MAX_COOKIES: usize = 8;

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Nothing was shown.
    Missing,
    /// A wrong token or code was shown.
    Refused,
    /// The cookie of a browser session that is over was shown, or of another daemon's.
    SignedOut,
    /// Wrong things were shown too often.
    TooMany {
        /// Seconds until it is worth trying again.
        retry_after: u64,
    },
}

/// The secrets that are in force.
#[derive(Debug)]
pub(crate) struct Credentials {
    tokens: Vec<(Secret, Scope)>,
    /// The soonest to end first.
    codes: Mutex<Vec<Timed>>,
    sessions: Mutex<Vec<Timed>>,
    attempts: Mutex<Attempts>,
}

#[derive(Debug)]
struct Timed {
    secret: Secret,
    until: Instant,
    /// Cancelled when it is not taken any more.
    ended: CancellationToken,
}

impl Timed {
    fn new(secret: Secret, until: Instant) -> Self {
        Self { secret, until, ended: CancellationToken::new() }
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        self.ended.cancel();
    }
}

#[derive(Debug, Default)]
struct Attempts {
    since: Option<Instant>,
    wrong: u32,
}

impl Credentials {
    /// Tokens with what each allows.
    pub(crate) fn new(tokens: &[(&str, Scope)]) -> Self {
        Self {
            tokens: tokens.iter().map(|(token, scope)| (Secret::new(token), *scope)).collect(),
            codes: Mutex::default(),
            sessions: Mutex::default(),
            attempts: Mutex::default(),
        }
    }

    /// What the daemon's own token `shown` allows; nothing when it is none.
    pub(crate) fn own(&self, shown: &str) -> Option<Scope> {
        // Every token is compared, so that the time does not tell which one was near.
        self.tokens.iter().fold(None, |found, (token, scope)| if token.matches(shown) { Some(*scope) } else { found })
    }

    /// What is cancelled when the browser session of the cookie ends.
    pub(crate) fn cookie(&self, headers: &HeaderMap, port: u16, now: Instant) -> Result<CancellationToken, Wrong> {
        let shown = shown_cookies(headers, port);
        if shown.is_empty() {
            return Err(Wrong::Missing);
        }
        let mut sessions = self.sessions.lock();
        sessions.retain(|session| session.until > now);
        match sessions.iter_mut().find(|session| shown.iter().any(|shown| session.secret.matches(shown))) {
            Some(session) => {
                session.until = now + SESSION_LIFETIME;
                Ok(session.ended.clone())
            }
            None => Err(match self.wrong(now) {
                Wrong::Refused => Wrong::SignedOut,
                wrong => wrong,
            }),
        }
    }

    /// Ends the browser sessions of the cookie.
    pub(crate) fn sign_out(&self, headers: &HeaderMap, port: u16) {
        let shown = shown_cookies(headers, port);
        self.sessions.lock().retain(|session| !shown.iter().any(|shown| session.secret.matches(shown)));
    }

    /// A new one-time code.
    pub(crate) fn new_code(&self, now: Instant) -> Result<Secret, Problem> {
        let secret = Secret::random()?;
        let mut codes = self.codes.lock();
        codes.retain(|code| code.until > now);
        if codes.len() >= MAX_CODES {
            codes.remove(0);
        }
        codes.push(Timed::new(secret.clone(), now + CODE_LIFETIME));
        Ok(secret)
    }

    /// Trades a one-time code for a browser session; gives its secret. The code is gone then.
    pub(crate) fn trade(&self, code: &str, now: Instant) -> Result<Result<Secret, Wrong>, Problem> {
        {
            let mut codes = self.codes.lock();
            codes.retain(|code| code.until > now);
            let Some(place) = codes.iter().position(|waiting| waiting.secret.matches(code)) else {
                return Ok(Err(self.wrong(now)));
            };
            codes.remove(place);
        }
        let secret = Secret::random()?;
        let mut sessions = self.sessions.lock();
        sessions.retain(|session| session.until > now);
        if sessions.len() >= MAX_SESSIONS {
            let oldest = (0..sessions.len()).min_by_key(|place| sessions[*place].until);
            oldest.map(|place| sessions.remove(place));
        }
        sessions.push(Timed::new(secret.clone(), now + SESSION_LIFETIME));
        Ok(Ok(secret))
    }

    /// Counts something wrong.
    pub(crate) fn wrong(&self, now: Instant) -> Wrong {
        let mut attempts = self.attempts.lock();
        let since = match attempts.since {
            Some(since) if now.saturating_duration_since(since) < WINDOW => since,
            _ => {
                attempts.wrong = 0;
                *attempts.since.insert(now)
            }
        };
        attempts.wrong = attempts.wrong.saturating_add(1);
        if attempts.wrong < MAX_WRONG {
            return Wrong::Refused;
        }
        let left = WINDOW.saturating_sub(now.saturating_duration_since(since));
        Wrong::TooMany { retry_after: left.as_secs() + 1 }
    }
}

/// The token of the one Authorization header, whatever it is worth.
pub(crate) fn shown_token(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (all.next(), all.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn shown_cookies(headers: &HeaderMap, port: u16) -> Vec<&str> {
    let name = cookie_name(port);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix(name.as_str())?.strip_prefix('='))
        .take(MAX_COOKIES)
        .collect()
}

/// The cookie's name. Cookies do not know ports, so that the port is in the name: two daemons do not sign each other out.
pub(crate) fn cookie_name(port: u16) -> String {
    format!("aiia_session_{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, value.parse().unwrap())])
    }

    fn authorization(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())])
    }

    fn allowed(credentials: &Credentials, headers: &HeaderMap) -> Option<Scope> {
        shown_token(headers).and_then(|shown| credentials.own(shown))
    }

    #[test]
    fn bearer_tokens() {
        let credentials = Credentials::new(&[("abcd", Scope::Admin), ("ef01", Scope::Read)]);
        for (value, expected) in [
            ("Bearer abcd", Some(Scope::Admin)),
            ("bearer ef01", Some(Scope::Read)),
            ("Bearer ABCD", None),
            ("Bearer abc", None),
            ("Bearer abcde", None),
            ("Bearer  abcd", None),
            ("Bearer ", None),
            ("Bearer", None),
            ("Basic abcd", None),
            ("abcd", None),
        ] {
            assert_eq!(allowed(&credentials, &authorization(value)), expected, "{value}");
        }
        let mut twice = authorization("Bearer abcd");
        twice.append(header::AUTHORIZATION, "Bearer abcd".parse().unwrap());
        assert_eq!(allowed(&credentials, &twice), None);
    }

    #[test]
    fn an_empty_token_opens_nothing() {
        let credentials = Credentials::new(&[("", Scope::Admin)]);
        assert_eq!(allowed(&credentials, &authorization("Bearer ")), None);
    }

    #[test]
    fn a_code_is_good_once_and_for_a_minute() {
        let credentials = Credentials::new(&[]);
        let start = Instant::now();
        let (first, second) = (credentials.new_code(start).unwrap(), credentials.new_code(start).unwrap());
        let trade = |code: &Secret, at: Duration| credentials.trade(code.reveal(), start + at).unwrap();
        assert!(trade(&first, Duration::from_secs(59)).is_ok());
        assert_eq!(trade(&first, Duration::from_secs(59)).unwrap_err(), Wrong::Refused);
        assert_eq!(trade(&second, CODE_LIFETIME).unwrap_err(), Wrong::Refused);
    }

    #[test]
    fn a_session_lives_from_use_to_use() {
        let credentials = Credentials::new(&[]);
        let start = Instant::now();
        let code = credentials.new_code(start).unwrap();
        let session = credentials.trade(code.reveal(), start).unwrap().unwrap();
        let hours = |hours| start + Duration::from_hours(hours);
        let shown = cookie(&format!("a=b; aiia_session_1=wrong; aiia_session_1={}", session.reveal()));
        let cookie = |port, at| credentials.cookie(&shown, port, at).map(drop);
        assert_eq!(cookie(1, hours(11)), Ok(()));
        assert_eq!(cookie(1, hours(22)), Ok(()));
        assert_eq!(cookie(2, hours(22)), Err(Wrong::Missing), "the cookie of another port");
        let ended = credentials.cookie(&shown, 1, hours(23)).unwrap();
        assert_eq!(cookie(1, hours(35)), Err(Wrong::SignedOut));
        assert!(ended.is_cancelled());
    }

    #[test]
    fn codes_and_sessions_are_bounded() {
        let credentials = Credentials::new(&[]);
        let now = Instant::now();
        let first = credentials.new_code(now).unwrap();
        for _ in 0..MAX_CODES {
            credentials.new_code(now).unwrap();
        }
        assert!(credentials.trade(first.reveal(), now).unwrap().is_err());
        for _ in 0..MAX_SESSIONS + 5 {
            let code = credentials.new_code(now).unwrap();
            credentials.trade(code.reveal(), now).unwrap().unwrap();
        }
        assert_eq!(credentials.sessions.lock().len(), MAX_SESSIONS);
    }

    #[test]
    fn wrong_ones_are_counted_and_the_right_one_is_always_taken() {
        let credentials = Credentials::new(&[("abcd", Scope::Admin)]);
        let start = Instant::now();
        for _ in 1..MAX_WRONG {
            assert_eq!(credentials.wrong(start), Wrong::Refused);
        }
        let later = start + Duration::from_secs(20);
        assert_eq!(credentials.wrong(later), Wrong::TooMany { retry_after: 41 });
        assert_eq!(credentials.trade("x", later).unwrap().unwrap_err(), Wrong::TooMany { retry_after: 41 });
        assert_eq!(credentials.own("abcd"), Some(Scope::Admin));
        assert_eq!(credentials.wrong(start + WINDOW), Wrong::Refused);
    }
}
