//! Reads a small text from the public network, for a person who names its address. Nothing inside a network can be reached
//! this way: the name is resolved once, every address of it must be public, and the connection goes to that address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use futures::StreamExt;
use reqwest::{Client, redirect};
use url::{Host, Url};

use crate::error::{LlmError, LlmErrorKind};

/// Reads the text at `address`, of at most `limit` bytes, within `time`.
///
/// # Errors
/// When the address is none of `http` and `https` on the public network, leads elsewhere, or gives no text of that size in time.
pub async fn fetch_text(address: &str, limit: usize, time: Duration) -> Result<String, LlmError> {
    tokio::time::timeout(time, fetch(address, limit)).await.unwrap_or_else(|_| {
        Err(refused(LlmErrorKind::IdleTimeout, format!("The address did not answer within {} s.", time.as_secs())))
    })
}

async fn fetch(address: &str, limit: usize) -> Result<String, LlmError> {
    let (url, host) = check(address)?;
    let port = url.port_or_known_default().unwrap_or(443);
    let addresses: Vec<SocketAddr> = match &host {
        Host::Domain(name) => tokio::net::lookup_host((name.as_str(), port))
            .await
            .map_err(|_| refused(LlmErrorKind::Dns, format!("The name {name} could not be resolved.")))?
            .collect(),
        Host::Ipv4(ip) => vec![SocketAddr::new(IpAddr::V4(*ip), port)],
        Host::Ipv6(ip) => vec![SocketAddr::new(IpAddr::V6(*ip), port)],
    };
    if addresses.is_empty() || !addresses.iter().all(|address| is_public(address.ip())) {
        return Err(refused(LlmErrorKind::BadRequest, format!("{host} is not on the public network.")));
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .user_agent(concat!("aiia/", env!("CARGO_PKG_VERSION")));
    if let Host::Domain(name) = &host {
        // The name must not be resolved again: another answer could lead inside.
        builder = builder.resolve_to_addrs(name, &addresses);
    }
    let failed = |error: reqwest::Error| {
        refused(LlmErrorKind::Refused, format!("The address cannot be read: {}.", error.without_url()))
    };
    let response = builder.build().map_err(failed)?.get(url).send().await.map_err(failed)?;
    let status = response.status();
    if status.is_redirection() {
        let place = response.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or("elsewhere");
        let place: String = place.chars().filter(|c| !c.is_control()).take(200).collect();
        return Err(refused(LlmErrorKind::Redirect, format!("The address leads on to {place}; give that one.")));
    }
    if !status.is_success() {
        return Err(refused(LlmErrorKind::Server, format!("The address answered with {status}.")));
    }
    let mut bytes = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        bytes.extend_from_slice(&chunk.map_err(failed)?);
        if bytes.len() > limit {
            return Err(refused(
                LlmErrorKind::BadRequest,
                format!("What is there is larger than {} KiB.", limit / 1024),
            ));
        }
    }
    String::from_utf8(bytes)
        .map_err(|_| refused(LlmErrorKind::Malformed, "What is there is no text in UTF-8.".to_owned()))
}

/// The parts of an address that may be read at all, before its name is resolved.
fn check(address: &str) -> Result<(Url, Host), LlmError> {
    let wrong = |why: &str| refused(LlmErrorKind::BadRequest, format!("The address cannot be used: {why}."));
    let url = Url::parse(address).map_err(|_| wrong("it is no address such as https://example.org/templates.json"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it must begin with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it must hold no user name and no password"));
    }
    let host = url.host().ok_or_else(|| wrong("it names no host"))?.to_owned();
    let public = match &host {
        Host::Domain(name) => {
            let last = name.trim_end_matches('.').rsplit('.').next();
            !last.is_some_and(|last| ["localhost", "local"].contains(&last))
        }
        Host::Ipv4(ip) => is_public(IpAddr::V4(*ip)),
        Host::Ipv6(ip) => is_public(IpAddr::V6(*ip)),
    };
    if public { Ok((url, host)) } else { Err(wrong("it is not on the public network")) }
}

/// Whether the address belongs to the public network.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => {
            let segments = ip.segments();
            let embedded = ip.to_ipv4_mapped().or_else(|| match segments {
                // NAT64 and 6to4 carry an address of version 4.
                [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(v4(high, low)),
                _ => None,
            });
            match embedded {
                Some(ip) => is_public_v4(ip),
                None => is_global_v6(ip),
            }
        }
    }
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = a == 0
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (18..20).contains(&b));
    !(special
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_broadcast())
}

/// Only what is given out for the public network: `2000::/3` without its special parts.
fn is_global_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    let special = segments[0] == 0x2001 && (segments[1] < 0x200 || segments[1] == 0xdb8);
    segments[0] & 0xe000 == 0x2000 && !special
}

fn refused(kind: LlmErrorKind, message: String) -> LlmError {
    LlmError::new(kind, message, "Give the address of a small file on the public network, or import the file itself.")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("http://169.254.169.254/latest")]
    #[case("http://[::1]/")]
    #[case("http://2130706433/")]
    #[case("http://0x7f.1/")]
    #[case("http://127.1/")]
    #[case("http://10.0.0.1/")]
    #[case("http://192.168.1.1:8080/x")]
    #[case("http://172.20.0.1/")]
    #[case("http://100.64.0.1/")]
    #[case("http://0.0.0.0/")]
    #[case("http://localhost/")]
    #[case("http://printer.local/")]
    #[case("http://[::ffff:10.0.0.1]/")]
    #[case("http://[64:ff9b::a00:1]/")]
    #[case("http://[2002:a00:1::]/")]
    #[case("http://[fe80::1]/")]
    #[case("http://[fd00::1]/")]
    #[case("http://ok@example.org/")]
    #[case("http:\\\\127.0.0.1\\x")]
    #[case("file:///etc/passwd")]
    #[case("ftp://example.org/")]
    #[case("example.org")]
    #[case("")]
    fn what_is_not_public_is_refused(#[case] address: &str) {
        assert!(check(address).is_err(), "{address}");
    }

    #[rstest]
    #[case("https://example.org/templates.json")]
    #[case("http://93.184.215.14/x")]
    #[case("https://[2606:4700::6810:84e5]/")]
    fn what_is_public_may_be_read(#[case] address: &str) {
        assert!(check(address).is_ok(), "{address}");
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused() {
        let inside = fetch_text("http://localhost.:1/", 10, Duration::from_secs(5)).await.unwrap_err();
        assert!(!inside.message.is_empty());
    }
}
