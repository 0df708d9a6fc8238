//! Where a request comes from: request target, Host, Origin, Sec-Fetch-Site.

use aiia_protocol::problem::{Problem, ProblemCode};
use axum::http::{HeaderMap, HeaderValue, Uri, header};

/// What the browser says about the page that made the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// Its Origin is ours.
    OwnOrigin,
    /// It has no Origin, but the browser says that the page is ours (a GET, a script, a style sheet).
    SameOriginWithoutOrigin,
    /// No page made it: an address that the user typed or that another program opened.
    ByUser,
    /// Nothing is said: no browser, or an old one.
    Unknown,
}

/// Refuses a target that is more than a path: a proxy's form would leave open which host is meant.
pub(super) fn check_target(uri: &Uri) -> Result<(), Problem> {
    if uri.scheme().is_some() || uri.authority().is_some() {
        return Err(invalid("The request target must be a path, not a whole address."));
    }
    Ok(())
}

/// The one Host, which must be this machine's own name with `port`.
pub(super) fn check_host(headers: &HeaderMap, port: u16) -> Result<&str, Problem> {
    let mut all = headers.get_all(header::HOST).iter();
    let (Some(value), None) = (all.next(), all.next()) else {
        return Err(invalid("There must be exactly one Host header."));
    };
    let host = value.to_str().map_err(|_| invalid("The Host header is not ASCII text."))?;
    if host.is_empty() || host.contains(|c: char| c == '@' || c == '/' || c == '\\' || c == ',' || c.is_whitespace()) {
        return Err(invalid("The Host header is not a host."));
    }
    if own_hosts(port).any(|own| own == host) {
        return Ok(host);
    }
    Err(Problem::new(ProblemCode::Forbidden, "The Host header names another host or port than this daemon's.")
        .with_hint(format!("Use http://127.0.0.1:{port}.")))
}

/// What is known of the page that made the request; refuses the pages of others. The Origin must belong to the very `host`
/// that the request names: another of our names may be another program's address.
pub(super) fn check_origin(headers: &HeaderMap, host: &str) -> Result<Fetched, Problem> {
    let foreign = || Problem::new(ProblemCode::Forbidden, "The request comes from a web page that is not aiia's own.");
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (Some(origin), None) => {
            let own = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://")) == Some(host);
            return if own { Ok(Fetched::OwnOrigin) } else { Err(foreign()) };
        }
        (Some(_), Some(_)) => return Err(invalid("There is more than one Origin header.")),
        (None, _) => {}
    }
    let mut sites = headers.get_all("sec-fetch-site").iter();
    match (sites.next().map(HeaderValue::as_bytes), sites.next()) {
        (None, _) => Ok(Fetched::Unknown),
        (Some(b"same-origin"), None) => Ok(Fetched::SameOriginWithoutOrigin),
        (Some(b"none"), None) => Ok(Fetched::ByUser),
        _ => Err(foreign()),
    }
}

fn own_hosts(port: u16) -> impl Iterator<Item = String> {
    ["localhost", "127.0.0.1", "[::1]"].into_iter().flat_map(move |name| {
        // Clients leave the port out where it is the scheme's own.
        let short = (port == 80).then(|| name.to_owned());
        std::iter::once(format!("{name}:{port}")).chain(short)
    })
}

fn invalid(detail: &str) -> Problem {
    Problem::new(ProblemCode::InvalidParams, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(of: &[(&'static str, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in of {
            headers.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    fn host(value: &[u8]) -> Option<u16> {
        check_host(&headers(&[("host", value)]), 4242).err().map(|problem| problem.status)
    }

    #[test]
    fn own_names_with_the_own_port() {
        for name in ["localhost:4242", "127.0.0.1:4242", "[::1]:4242"] {
            assert_eq!(host(name.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn other_hosts_are_forbidden() {
        for name in [
            "evil.example",
            "evil.example:4242",
            "localhost.evil.example:4242",
            "127.0.0.1.evil.example:4242",
            "localhost:4242.evil",
            "0.0.0.0:4242",
            "[::]:4242",
            "127.1:4242",
            "2130706433:4242",
            "[::ffff:127.0.0.1]:4242",
            "localhost",
            "localhost:4243",
            "localhost:",
            "localhost:04242",
            "localhost.:4242",
        ] {
            assert_eq!(host(name.as_bytes()), Some(403), "{name}");
        }
    }

    #[test]
    fn what_is_no_host_is_invalid() {
        for name in
            ["", "user@localhost:4242", "local host:4242", "localhost:4242/x", "a,localhost:4242", "l\u{f6}c:4242"]
        {
            assert_eq!(host(name.as_bytes()), Some(400), "{name}");
        }
        let status = |headers: HeaderMap| check_host(&headers, 4242).unwrap_err().status;
        assert_eq!(status(headers(&[])), 400);
        assert_eq!(status(headers(&[("host", b"localhost:4242"), ("host", b"localhost:4242")])), 400);
    }

    #[test]
    fn the_port_of_the_scheme_may_be_left_out() {
        assert_eq!(check_host(&headers(&[("host", b"localhost")]), 80).unwrap(), "localhost");
        assert!(check_host(&headers(&[("host", b"localhost:80")]), 80).is_ok());
    }

    #[test]
    fn targets() {
        for (target, fine) in [("/a?b=c", true), ("*", true), ("http://localhost:4242/", false), ("localhost:1", false)]
        {
            assert_eq!(check_target(&target.parse().unwrap()).is_ok(), fine, "{target}");
        }
    }

    #[test]
    fn origins() {
        let check = |origin: &str| {
            check_origin(&headers(&[("origin", origin.as_bytes())]), "localhost:4242").map_err(|problem| problem.status)
        };
        assert_eq!(check("http://localhost:4242"), Ok(Fetched::OwnOrigin));
        for origin in [
            "https://evil.example",
            "null",
            "",
            "http://localhost:4243",
            "https://localhost:4242",
            "http://localhost:4242@evil",
            "http://localhost:4242.evil.com",
            "http://127.0.0.1:4242",
            "http://localhost:4242 http://evil.example",
        ] {
            assert_eq!(check(origin), Err(403), "{origin}");
        }
    }

    #[test]
    fn pages_without_an_origin() {
        for (site, expected) in [
            ("same-origin", Ok(Fetched::SameOriginWithoutOrigin)),
            ("none", Ok(Fetched::ByUser)),
            ("same-site", Err(403)),
            ("cross-site", Err(403)),
            ("SAME-ORIGIN", Err(403)),
        ] {
            let got = check_origin(&headers(&[("sec-fetch-site", site.as_bytes())]), "localhost:4242");
            assert_eq!(got.map_err(|problem| problem.status), expected, "{site}");
        }
        assert_eq!(check_origin(&headers(&[]), "localhost:4242").unwrap(), Fetched::Unknown);
    }
}
