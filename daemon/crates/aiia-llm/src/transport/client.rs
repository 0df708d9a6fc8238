//! HTTP clients, made when first needed, and what their failures mean.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use parking_lot::Mutex;
use reqwest::header::HeaderValue;
use reqwest::{Client, RequestBuilder, redirect};
use url::Url;

use super::departures::Departures;
use super::near::NoAnswer;
use super::proxy::{self, Proxy};
use crate::dialect::{failure, headers, key_header};
use crate::error::{LlmError, LlmErrorKind};
use crate::provider::{ProviderConfig, Timeouts, is_loopback, shown};
use crate::secret::Secret;

/// What the requests say they come from.
pub(crate) const USER_AGENT: &str = concat!("aiia/", env!("CARGO_PKG_VERSION"));

/// The clients of a set of models. Making one costs nothing until the first request.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    local: OnceLock<Client>,
    local_encrypted: OnceLock<Client>,
    remote: OnceLock<Client>,
    /// What models, as `provider/model`, have refused.
    departures: Mutex<HashMap<String, Departures>>,
}

impl Clients {
    /// What a model is known not to take.
    pub(crate) fn departures(&self, model: &str) -> Departures {
        let known = self.departures.lock();
        known.get(model).copied().unwrap_or_default()
    }

    /// Keeps in mind what a model does not take.
    pub(crate) fn note_departures(&self, model: String, told: Departures) {
        self.departures.lock().insert(model, told);
    }

    /// Whether an address is one of this machine that is spoken to in plain HTTP.
    pub(crate) fn is_near(url: &Url) -> bool {
        url.scheme() == "http" && is_loopback(url)
    }

    /// The client for an address. Requests to this machine never go through a proxy; plain ones
    /// need no certificates, which saves loading them.
    pub(crate) fn for_url(&self, url: &Url, timeouts: &Timeouts) -> Result<&Client, LlmError> {
        let local = Self::is_near(url);
        let cell = match (is_loopback(url), local) {
            (true, true) => &self.local,
            (true, false) => &self.local_encrypted,
            (false, _) => &self.remote,
        };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        // Fails only when a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(timeouts.connect)
            .user_agent(USER_AGENT);
        if is_loopback(url) {
            builder = builder.no_proxy();
        }
        if local {
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| {
            LlmError::new(
                LlmErrorKind::Tls,
                format!("Encrypted connections cannot be set up: {}.", innermost(&error)),
                "Check that the system's certificate store is in place (on Debian: the package ca-certificates).",
            )
        })?;
        Ok(cell.get_or_init(|| client))
    }
}

/// The request with what the dialect and the provider want in its head, the key included.
pub(crate) fn authorised(mut builder: RequestBuilder, provider: &ProviderConfig) -> RequestBuilder {
    for (name, value) in headers(provider.dialect) {
        builder = builder.header(*name, *value);
    }
    if let Some(key) = &provider.api_key {
        builder = match provider.quirks.key_header.as_deref().or_else(|| key_header(provider.dialect)) {
            Some(name) => with_secret(builder, name, key),
            None => builder.bearer_auth(key.expose()),
        };
    }
    for (name, value) in &provider.headers {
        builder = with_secret(builder, name, value);
    }
    builder
}

/// A header that no log shows. One that cannot be sent becomes an error when the request is.
fn with_secret(builder: RequestBuilder, name: &str, value: &Secret) -> RequestBuilder {
    match HeaderValue::from_str(value.expose()) {
        Ok(mut header) => {
            header.set_sensitive(true);
            builder.header(name, header)
        }
        Err(_) => builder.header(name, value.expose()),
    }
}

/// What a failure before the answer's head means.
pub(crate) fn connection_error(
    error: &reqwest::Error,
    provider: &ProviderConfig,
    url: &Url,
    connect: Duration,
) -> LlmError {
    let reason = || innermost(error);
    let encryption = || chain(error).find_map(rustls_error);
    let proxy = if is_loopback(url) { None } else { proxy::between(url) };
    let trouble = if error.is_builder() {
        Trouble::Request
    } else if error.is_connect() {
        if let Some(rustls::Error::InvalidMessage(_)) = encryption() {
            Trouble::Unencrypted
        } else if encryption().is_some() {
            Trouble::Untrusted(reason())
        } else if let Some(proxy) = proxy {
            Trouble::Proxy(proxy, reason())
        } else if error.is_timeout() {
            Trouble::Slow(connect)
        } else if chain(error).any(|cause| cause.to_string().contains("dns error")) {
            Trouble::Name
        } else if io_kind(error) == Some(io::ErrorKind::ConnectionRefused) {
            Trouble::Refused
        } else if url.scheme() == "https"
            && (was_reset(error) || chain(error).any(|cause| cause.to_string().contains("handshake eof")))
        {
            Trouble::NoHandshake
        } else {
            Trouble::Unreached(reason())
        }
    } else if was_reset(error) {
        Trouble::Closed
    } else {
        Trouble::NotHttp(reason())
    };
    trouble.told(provider, url)
}

/// What it means that there is no answer of a server on this machine.
pub(crate) fn near_error(error: NoAnswer, provider: &ProviderConfig, url: &Url, connect: Duration) -> LlmError {
    let trouble = match error {
        NoAnswer::Slow => Trouble::Slow(connect),
        NoAnswer::Unreached(error) if error.kind() == io::ErrorKind::ConnectionRefused => Trouble::Refused,
        NoAnswer::Unreached(error) => Trouble::Unreached(error.to_string()),
        NoAnswer::Closed => Trouble::Closed,
        NoAnswer::NotHttp(reason) => Trouble::NotHttp(reason.to_owned()),
    };
    trouble.told(provider, url)
}

/// Whether it may pass by itself that there is no answer.
pub(crate) fn passes(error: &NoAnswer) -> bool {
    matches!(error, NoAnswer::Closed)
}

/// Why there is no answer.
enum Trouble {
    /// The request cannot be made.
    Request,
    /// No connection within the limit.
    Slow(Duration),
    /// No connection that can be trusted.
    Untrusted(String),
    /// What came is not encrypted.
    Unencrypted,
    /// The other side closed the connection before it was encrypted.
    NoHandshake,
    /// The proxy in between makes no connection.
    Proxy(Proxy, String),
    /// The name leads nowhere.
    Name,
    /// Nobody listens.
    Refused,
    /// No connection, for another reason.
    Unreached(String),
    /// The other side closed the connection.
    Closed,
    /// What came is not of HTTP.
    NotHttp(String),
}

impl Trouble {
    /// The error that tells of it.
    fn told(self, provider: &ProviderConfig, url: &Url) -> LlmError {
        let (place, name) = (shown(url), &provider.name);
        let (kind, message, hint) = match self {
            Self::Request => (
                LlmErrorKind::BadRequest,
                format!(
                    "The request to '{name}' cannot be made: its key or one of its headers holds what no header may."
                ),
                "Set the key again, without line breaks and special characters.".to_owned(),
            ),
            Self::Slow(limit) => (
                LlmErrorKind::ConnectTimeout,
                format!("No connection to {place} within {} s.", limit.as_secs_f32()),
                "Check the address, the network and any firewall or proxy.".to_owned(),
            ),
            Self::Untrusted(reason) => (
                LlmErrorKind::Tls,
                format!("No trusted connection to {place}: {reason}."),
                "Check the address (http or https), the clock and the server's certificate.".to_owned(),
            ),
            Self::Unencrypted => (
                LlmErrorKind::Tls,
                format!("{place} does not speak HTTPS."),
                "If the server speaks plain HTTP, begin the provider's base_url with http://.".to_owned(),
            ),
            Self::NoHandshake => (
                LlmErrorKind::Tls,
                format!("{place} closed the connection before it was encrypted."),
                "If the server speaks plain HTTP, begin the provider's base_url with http://; if not, look into its log."
                    .to_owned(),
            ),
            Self::Proxy(proxy, reason) => (
                LlmErrorKind::Refused,
                format!("The proxy {} makes no connection to {place}: {reason}.", proxy.place),
                proxy.hint(),
            ),
            Self::Name => (
                LlmErrorKind::Dns,
                format!("The name {} could not be resolved.", url.host_str().unwrap_or("?")),
                "Check the provider's address and the network connection.".to_owned(),
            ),
            Self::Refused => (
                LlmErrorKind::Refused,
                format!("Nothing answers at {place} (connection refused)."),
                format!("Start the server of the provider '{name}', or correct its address."),
            ),
            Self::Unreached(reason) => (
                LlmErrorKind::Refused,
                format!("No connection to {place}: {reason}."),
                "Check the address and the network connection.".to_owned(),
            ),
            Self::Closed => (
                LlmErrorKind::CutOff,
                format!("{place} closed the connection without an answer."),
                "Ask again, or look into the model server's log.".to_owned(),
            ),
            Self::NotHttp(reason) => (
                LlmErrorKind::Malformed,
                format!("{place} did not answer in HTTP: {reason}."),
                match url.scheme() {
                    "http" => "Check that the provider's address is that of a model server; if that speaks HTTPS, begin base_url with https://.",
                    _ => "Check that the provider's address is that of a model server.",
                }
                .to_owned(),
            ),
        };
        let is_about_the_address = matches!(
            kind,
            LlmErrorKind::Tls | LlmErrorKind::Refused | LlmErrorKind::ConnectTimeout | LlmErrorKind::Malformed
        );
        let assumed = if provider.assumed_scheme && is_about_the_address {
            format!(" {} was taken, as base_url names neither http nor https.", url.scheme())
        } else {
            String::new()
        };
        LlmError::new(kind, redacted(provider, &message), hint + &assumed)
    }
}

/// The error of a proxy that wants to know who asks.
pub(crate) fn proxy_error(provider: &ProviderConfig, url: &Url) -> Option<LlmError> {
    let proxy = proxy::between(url)?;
    let wants = "it wants a name and a password".to_owned();
    Some(Trouble::Proxy(proxy, wants).told(provider, url).with_status(407))
}

/// Whether the other side closed the connection before it answered.
pub(crate) fn was_reset(error: &reqwest::Error) -> bool {
    matches!(
        io_kind(error),
        Some(
            io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::UnexpectedEof
        )
    ) || chain(error).any(|cause| cause.to_string().contains("connection closed before message completed"))
}

/// `text` without the provider's key, the values of its headers, and what its address says of who asks.
pub(crate) fn redacted(provider: &ProviderConfig, text: &str) -> String {
    let secrets = provider.api_key.iter().chain(provider.headers.iter().map(|(_, value)| value));
    let text = secrets.fold(text.to_owned(), |text, secret| secret.redact(&text));
    if !provider.base_url.contains('@') {
        return text;
    }
    in_address(&provider.base_url).iter().fold(text, |text, secret| secret.redact(&text))
}

/// The name and the password in an address, as they are sent and as they may be repeated.
fn in_address(base_url: &str) -> Vec<Secret> {
    let Ok(url) = Url::parse(base_url) else { return Vec::new() };
    let plain = |part: &str| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
    let (name, password) = (url.username(), url.password().unwrap_or_default());
    if name.is_empty() && password.is_empty() {
        return Vec::new();
    }
    let both = format!("{}:{}", plain(name), plain(password));
    let mut all = vec![Secret::new(BASE64_STANDARD.encode(&both)), Secret::new(both)];
    // A password is one by itself; of a name alone, which is a token then, as much holds.
    let single = if password.is_empty() { name } else { password };
    all.extend([Secret::new(plain(single)), Secret::new(single)]);
    all
}

/// The longest message of an error that holds a server's own words, in letters.
const MAX_MESSAGE: usize = 400;

/// The error without the provider's secrets, and cut to a readable length only then: half a key is not found any more.
pub(crate) fn presentable(provider: &ProviderConfig, error: LlmError) -> LlmError {
    let mut message = redacted(provider, &error.message);
    if let Some((end, _)) = message.char_indices().nth(MAX_MESSAGE) {
        message.truncate(end);
        message.push('…');
    }
    let hint = match &provider.api_key {
        None if error.kind == LlmErrorKind::Unauthorized => {
            let why = provider.key_note.as_deref().unwrap_or("No key was sent, because none is known.");
            format!("{why} `aiia config set-key {}` takes one.", provider.name)
        }
        _ if failure::is_no_server(&error) => failure::hint_of_address(provider.dialect).to_owned(),
        _ => error.hint,
    };
    LlmError { message, hint, ..error }
}

fn chain<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}

fn innermost(error: &(dyn StdError + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

fn io_kind(error: &(dyn StdError + 'static)) -> Option<io::ErrorKind> {
    chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind).last()
}

fn rustls_error<'e>(cause: &'e (dyn StdError + 'static)) -> Option<&'e rustls::Error> {
    // An io::Error gives as its source that of its payload, never the payload: look inside.
    match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(payload) => rustls_error(payload),
        None => cause.downcast_ref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Dialect;

    #[test]
    fn what_an_address_tells_of_who_asks_is_not_shown() {
        let provider = ProviderConfig::new("p", Dialect::OpenaiChat, "http://user:p%40ss-word@host/v1");
        let said = "no Basic dXNlcjpwQHNzLXdvcmQ= of user:p@ss-word (p%40ss-word), user";
        assert_eq!(redacted(&provider, said), "no Basic [key] of [key] ([key]), user");
        let token = ProviderConfig::new("p", Dialect::OpenaiChat, "http://tok-12345@host/v1");
        assert_eq!(redacted(&token, "tok-12345 is wrong"), "[key] is wrong");
    }

    #[test]
    fn a_wrong_address_is_explained_as_the_dialect_has_it() {
        for (dialect, hint) in [
            (Dialect::Ollama, "has no path"),
            (Dialect::Gemini, "/v1beta"),
            (Dialect::AnthropicMessages, "anthropic_messages"),
            (Dialect::OpenaiChat, "OpenAI-like"),
        ] {
            let provider = ProviderConfig::new("p", dialect, "http://h");
            let error =
                presentable(&provider, failure::of_response(404, "text/plain", "404 page not found", "http://h"));
            assert!(error.hint.contains(hint), "{}", error.hint);
        }
    }
}
