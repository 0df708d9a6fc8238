//! Which proxy stands between here and an address, as the environment says it and reqwest follows it.

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

/// A proxy that a request goes through.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Proxy {
    /// Its host and port, without its password.
    pub(super) place: String,
    /// The variable that names it.
    pub(super) variable: &'static str,
}

impl Proxy {
    /// What to do where it does not work.
    pub(super) fn hint(&self) -> String {
        format!(
            "It is named by {} in the environment of the daemon. Correct that, or add the host to NO_PROXY, and start the daemon again.",
            self.variable
        )
    }
}

/// The proxy that requests to `url` go through.
pub(super) fn between(url: &Url) -> Option<Proxy> {
    let environment = |name: &str| std::env::var(name).ok();
    // Under CGI, reqwest takes none: a request could name one.
    if environment("REQUEST_METHOD").is_some() { None } else { named(url, environment) }
}

fn named(url: &Url, environment: impl Fn(&str) -> Option<String>) -> Option<Proxy> {
    let first = |names: [&'static str; 2]| {
        names.into_iter().find_map(|name| environment(name).map(|value| (name, value))).unwrap_or_default()
    };
    let own = if url.scheme() == "https" { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
    let excepted = first(["NO_PROXY", "no_proxy"]).1;
    [own, ["ALL_PROXY", "all_proxy"]].into_iter().find_map(|names| {
        let (variable, value) = first(names);
        let matcher = Matcher::builder().all(value).no(excepted.clone()).build();
        let proxy = matcher.intercept(&url.as_str().parse().ok()?)?;
        let host = proxy.uri().host()?;
        let port = proxy.uri().port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        Some(Proxy { place: format!("{host}{port}"), variable })
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::none(&[], "https://models.example/v1", None)]
    #[case::of_the_scheme(
        &[("https_proxy", "http://10.0.0.1:3128"), ("http_proxy", "http://10.0.0.2:3128")],
        "https://models.example/v1",
        Some(("10.0.0.1:3128", "https_proxy"))
    )]
    #[case::of_the_other(&[("https_proxy", "http://10.0.0.1:3128")], "http://models.example/v1", None)]
    #[case::without_its_password(
        &[("HTTP_PROXY", "http://me:secret@proxy.example:8080/x")],
        "http://models.example/v1",
        Some(("proxy.example:8080", "HTTP_PROXY"))
    )]
    #[case::for_all(&[("all_proxy", "proxy.example:1")], "https://models.example", Some(("proxy.example:1", "all_proxy")))]
    #[case::empty(&[("HTTPS_PROXY", "")], "https://models.example", None)]
    #[case::excepted(
        &[("https_proxy", "http://10.0.0.1:3128"), ("no_proxy", "other.example, models.example")],
        "https://models.example/v1",
        None
    )]
    fn the_environment_names_it(
        #[case] variables: &[(&str, &str)],
        #[case] url: &str,
        #[case] expected: Option<(&str, &str)>,
    ) {
        let environment =
            |name: &str| variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned());
        let found = named(&url.parse().unwrap(), environment);
        assert_eq!(found.as_ref().map(|proxy| (proxy.place.as_str(), proxy.variable)), expected);
    }
}
