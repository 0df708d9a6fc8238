//! `aiia open`: signs a browser in and opens the page.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use aiia_protocol::Empty;
use aiia_protocol::operation::SystemStatus;
use aiia_protocol::problem::{Problem, ProblemCode};
use serde_json::Value;

use crate::cli::arguments::OpenArguments;
use crate::cli::output;
use crate::client::Client;
use crate::exit::{self, Failure};

const LIMIT: Duration = Duration::from_secs(5);
const MAX_ANSWER: u64 = 64 * 1024;

pub(crate) fn run(arguments: &OpenArguments) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    // The daemon itself, not only a file, says where it serves: nobody else can have taken the port of a dead one.
    let status = client.call::<SystemStatus>(&Empty {})?;
    let address = status.http_url.as_deref().and_then(|url| url.strip_prefix("http://")?.parse::<SocketAddr>().ok());
    let Some(address) = address.or_else(|| Some((Ipv4Addr::LOCALHOST, client.runtime().http_port?).into())) else {
        return Err(Failure::new(
            exit::FAILED,
            "The daemon serves no page, because its port could not be had.",
            "Change http_port in the configuration, then `aiia stop` and try again.",
        ));
    };
    let url = one_time_url(address, &client.runtime().token)?;
    output::line(&url);
    if !arguments.print && !open_browser(&url) {
        output::note("Open this address in a browser within a minute.");
    }
    Ok(exit::OK)
}

/// Asks the daemon for an address that signs one browser in, once.
fn one_time_url(address: SocketAddr, token: &str) -> Result<String, Problem> {
    let failed = |why: String| {
        Problem::new(ProblemCode::Internal, format!("The daemon gave no address for the browser: {why}."))
            .with_hint("`aiia doctor` tells what is wrong.")
    };
    let exchange = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        let head = format!(
            "POST /auth/codes HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
        );
        stream.write_all(head.as_bytes())?;
        let mut answer = Vec::new();
        stream.take(MAX_ANSWER).read_to_end(&mut answer)?;
        Ok(answer)
    };
    let answer = exchange().map_err(|error| failed(error.to_string()))?;
    read_answer(&answer).map_err(failed)
}

fn read_answer(answer: &[u8]) -> Result<String, String> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").ok_or("it answered with nonsense")?;
    let body: Value = serde_json::from_str(body).map_err(|error| format!("it answered with nonsense ({error})"))?;
    if let Some(url) = body["url"].as_str() {
        return Ok(url.to_owned());
    }
    let status = head.lines().next().unwrap_or_default();
    Err(body["detail"].as_str().unwrap_or(status).trim_end_matches('.').to_owned())
}

/// Opens the browser when there is a display to open it on.
fn open_browser(url: &str) -> bool {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some()) {
        "xdg-open"
    } else {
        return false;
    };
    Command::new(program).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("HTTP/1.1 201 Created\r\nx: y\r\n\r\n{\"url\":\"http://x/?code=1\"}", Ok("http://x/?code=1"))]
    #[case("HTTP/1.1 401 Unauthorized\r\n\r\n{\"detail\":\"A token is needed.\"}", Err("A token is needed"))]
    #[case("HTTP/1.1 500 Oops\r\n\r\n{}", Err("HTTP/1.1 500 Oops"))]
    #[case("", Err("it answered with nonsense"))]
    fn answers(#[case] answer: &str, #[case] expected: Result<&str, &str>) {
        assert_eq!(read_answer(answer.as_bytes()), expected.map(str::to_owned).map_err(str::to_owned));
    }
}
