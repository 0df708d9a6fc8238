//! Proxies that the environment names, and addresses without a scheme.

mod common;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

use aiia_llm::{Dialect, Models, ModelsConfig, ProviderConfig};
use common::{ask, collect};
use rstest::rstest;
use tokio_util::sync::CancellationToken;

/// Names the address that the test below is to ask; a process of its own has the proxy in its environment.
const ADDRESS: &str = "AIIA_TEST_ADDRESS";

#[tokio::test]
async fn an_address_is_asked_and_what_comes_is_told() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let provider = ProviderConfig::new("p", Dialect::OpenaiChat, address);
    let models = Models::new(ModelsConfig { providers: vec![provider], ..ModelsConfig::default() });
    let answer = collect(models.stream("p/m", ask("Hi"), CancellationToken::new())).await;
    let error = answer.error.unwrap();
    let told = format!("{}: {} {}\n", error.kind.as_str(), error.message, error.hint);
    std::io::stdout().write_all(told.as_bytes()).unwrap();
}

/// What is told of an address where the environment names this proxy.
fn told(address: &str, variable: &str, proxy: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "an_address_is_asked_and_what_comes_is_told", "--nocapture"])
        .env(ADDRESS, address)
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env_remove("HTTPS_PROXY")
        .env_remove("HTTP_PROXY")
        .env(variable, proxy)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The port of a server that answers every connection with these bytes, or of nobody.
fn port(sent: Option<&'static str>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    if let Some(sent) = sent {
        std::thread::spawn(move || {
            for mut connection in listener.incoming().flatten() {
                let _ = connection.read(&mut [0; 4096]);
                let _ = connection.write_all(sent.as_bytes());
            }
        });
    }
    port
}

const WHO_ARE_YOU: &str =
    "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>";

#[rstest]
#[case::nobody_listens("https://models.example.test/v1", "https_proxy", None, "connection refused")]
#[case::nobody_listens_in_plain("http://models.example.test/v1", "http_proxy", None, "connection refused")]
#[case::for_all("https://models.example.test/v1", "ALL_PROXY", None, "connection refused")]
#[case::who_are_you("https://models.example.test/v1", "https_proxy", Some(WHO_ARE_YOU), "proxy authorization required")]
#[case::who_are_you_in_plain("http://models.example.test/v1", "http_proxy", Some(WHO_ARE_YOU), "name and a password")]
#[case::refuses("https://models.example.test/v1", "https_proxy", Some("HTTP/1.1 403 No\r\n\r\n"), "unsuccessful")]
fn a_proxy_that_fails_is_named_without_its_password(
    #[case] address: &str,
    #[case] variable: &str,
    #[case] sent: Option<&'static str>,
    #[case] why: &str,
) {
    let port = port(sent);
    let told = told(address, variable, &format!("http://me:hidden@127.0.0.1:{port}"));
    let said = format!("The proxy 127.0.0.1:{port} makes no connection to {address}");
    assert!(told.contains(&said) && told.contains(variable) && !told.contains("hidden"), "{told}");
    assert!(told.to_lowercase().contains(why), "{told}");
}

#[test]
fn what_is_on_this_machine_is_not_asked_through_a_proxy() {
    let (server, proxy) = (port(None), port(Some(WHO_ARE_YOU)));
    for scheme in ["http", "https"] {
        let address = format!("{scheme}://127.0.0.1:{server}/v1");
        let told = told(&address, "ALL_PROXY", &format!("http://127.0.0.1:{proxy}"));
        assert!(told.contains(&format!("Nothing answers at {address}")), "{told}");
    }
}

#[rstest]
#[tokio::test]
async fn a_server_that_speaks_plain_http_is_not_asked_in_secret(#[values(true, false)] assumed: bool) {
    let port = port(Some("HTTP/1.1 400 Bad Request\r\n\r\nThis is plain HTTP"));
    let address = format!("https://0.0.0.0:{port}/v1");
    let provider =
        ProviderConfig { assumed_scheme: assumed, ..ProviderConfig::new("p", Dialect::OpenaiChat, &address) };
    let models = Models::new(ModelsConfig { providers: vec![provider], ..ModelsConfig::default() });
    let answer = collect(models.stream("p/m", ask("Hi"), CancellationToken::new())).await;
    let error = answer.error.as_ref().unwrap();
    assert_eq!((answer.outcome(), error.message.contains("does not speak HTTPS")), ("tls", true), "{error:?}");
    assert!(error.hint.contains("begin the provider's base_url with http://"), "{error:?}");
    assert_eq!(error.hint.contains("https was taken, as base_url names neither"), assumed, "{error:?}");
}

#[tokio::test]
async fn a_server_that_hangs_up_on_a_handshake_may_speak_plain_http() {
    let address = format!("https://0.0.0.0:{}/v1", port(Some("")));
    let provider = ProviderConfig::new("p", Dialect::OpenaiChat, &address);
    let models = Models::new(ModelsConfig { providers: vec![provider], ..ModelsConfig::default() });
    let error = collect(models.stream("p/m", ask("Hi"), CancellationToken::new())).await.error.unwrap();
    assert!(error.hint.contains("begin the provider's base_url with http://"), "{error:?}");
}
