//! The real llama.cpp server, in a Python that `AIIA_LLAMA_PYTHON` names and that has xllamacpp.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A server. Dropping it ends it.
#[derive(Debug)]
pub struct LlamaServer {
    child: Child,
    url: String,
}

impl LlamaServer {
    /// Starts one on a free port with these weights; nothing where the machine has none.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(weights: impl AsRef<OsStr>, threads: usize, window: u32) -> Option<Self> {
        let python = std::env::var_os("AIIA_LLAMA_PYTHON")?;
        let mut child = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/support/llama_server.py"))
            .arg(weights)
            .args([threads.to_string(), window.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut url = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut url).expect("its address");
        let url = url.trim().to_owned();
        assert!(url.starts_with("http://"), "it tells its address: {url:?}");
        Some(Self { child, url })
    }

    /// Its address, without a path.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for LlamaServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
