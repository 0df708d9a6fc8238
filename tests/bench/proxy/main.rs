//! What the daemon adds to a streamed answer: the time from when the model server has sent a token until a client has it, the
//! processor's time a token, and memory a stream. Beside it in the same run: a bare pass-through in its own process as the limit,
//! and `LiteLLM`'s proxy as the peer where `AIIA_BENCH_LITELLM` names its program.
#![allow(clippy::print_stdout, reason = "the table is what a benchmark is for")]

mod clients;
mod servers;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use aiia_tests::http_client::use_crypto;
use aiia_tests::installation::use_release_program;
use aiia_tests::lsp_client::resident;
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

use clients::Marks;
use servers::{Aiia, Bare, LiteLlm, Upstream};

/// How many streams at a time, as the limits are stated for.
const LEVELS: [usize; 3] = [1, 100, 1000];
/// How long is measured.
const WINDOW: Duration = Duration::from_secs(5);
/// How long of one stream: of 250 tokens the third slowest would be the 99th percentile.
const WINDOW_OF_ONE: Duration = Duration::from_secs(20);
/// How long streams may take to begin.
const RAMP: Duration = Duration::from_mins(1);
/// How long streams go on before anything is measured: what their beginning took is not what is asked.
const SETTLE: Duration = Duration::from_secs(1);
/// Files that may be open: at 1,000 streams both ends of two connections each are in this process.
const OPEN_FILES: u64 = 8192;

/// A way from the model server to a client.
pub(crate) trait Way {
    /// What it is called.
    fn name(&self) -> &'static str;
    /// The process that forwards.
    fn process(&self) -> u32;
    /// Begins so many streams, whose marks go into `marks`.
    fn begin(&mut self, streams: usize, marks: &Marks);
    /// Whether it is only compared with: it may be unable to begin all streams in time.
    fn is_peer(&self) -> bool {
        false
    }
}

/// What was measured.
#[derive(Clone, Copy, Debug)]
struct Figures {
    tokens: usize,
    p50: f64,
    p99: f64,
    /// Microseconds of the processor for a token.
    cpu: f64,
    /// Mebibytes that the first stream takes, with all that is made once for all of them.
    first: f64,
    /// Kibibytes that each further stream takes.
    memory: f64,
    /// Streams of which nothing arrived.
    lost: usize,
}

fn main() -> ExitCode {
    use_crypto();
    if let Some(upstream) = std::env::var_os(servers::PASS_THROUGH) {
        servers::pass_through(&upstream.to_string_lossy());
        return ExitCode::SUCCESS;
    }
    use_release_program();
    allow_open_files();
    let levels: Vec<usize> = match std::env::var("AIIA_BENCH_STREAMS") {
        Ok(text) => text.split(',').filter_map(|level| level.trim().parse().ok()).collect(),
        Err(_) => LEVELS.to_vec(),
    };
    println!(
        "{:<22} {:>7} {:>9} {:>10} {:>10} {:>11} {:>10} {:>11}",
        "", "streams", "tokens", "p50 ms", "p99 ms", "CPU µs/tok", "MiB first", "KiB/stream"
    );
    let mut missed = false;
    for streams in levels {
        let bare = measure(streams, |upstream| Box::new(Bare::start(upstream)));
        let sse = measure(streams, |upstream| Box::new(Aiia::start(upstream, false)));
        let lsp = measure(streams, |upstream| Box::new(Aiia::start(upstream, true)));
        // It is slow enough that more streams only measure its queue.
        let peer =
            LiteLlm::is_there().then(|| measure(streams.min(100), |upstream| Box::new(LiteLlm::start(upstream))));
        for (way, figures) in [("SSE", sse), ("LSP", lsp)] {
            let limit = bare.p99 * 2.0;
            missed |= miss(&format!("{way}, p99 at {streams}"), figures.p99, limit, "ms, twice the pass-through");
            missed |= miss(&format!("{way}, streams of {streams} that were lost"), figures.lost as f64, 0.0, "");
            if streams > 1 {
                missed |= miss(&format!("{way}, memory of each further stream"), figures.memory, 64.0, "KiB");
            }
        }
        if let Some(peer) = peer {
            missed |=
                miss(&format!("CPU a token at {streams}"), sse.cpu, peer.cpu / 20.0, "µs, a twentieth of LiteLLM's");
        }
    }
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn miss(what: &str, value: f64, limit: f64, unit: &str) -> bool {
    let missed = value > limit;
    println!("  {what}: {value:.2}, limit {limit:.2} {unit}{}", if missed { "  MISSED" } else { "" });
    missed
}

fn measure(streams: usize, start: impl FnOnce(&Upstream) -> Box<dyn Way>) -> Figures {
    let marks = Marks::default();
    let upstream = Upstream::start(marks.epoch());
    let mut way = start(&upstream);
    let idle = resident(way.process());
    begin(&mut *way, &upstream, 1, &marks);
    let with_one = resident(way.process());
    begin(&mut *way, &upstream, streams - 1, &marks);
    marks.take();
    let before = processor(way.process());
    clients::pause(if streams == 1 { WINDOW_OF_ONE } else { WINDOW });
    let cpu = processor(way.process()).saturating_sub(before);
    let mut arrived = marks.take();
    let with_all = resident(way.process());
    upstream.stop();
    arrived.delays.sort_unstable();
    let at = |share: f64| match arrived.delays.len() {
        0 => f64::INFINITY,
        count => f64::from(arrived.delays[((count - 1) as f64 * share) as usize]) / 1e3,
    };
    let tokens = arrived.delays.len();
    let figures = Figures {
        tokens,
        p50: at(0.5),
        p99: at(0.99),
        cpu: cpu.as_secs_f64() * 1e6 / tokens.max(1) as f64,
        first: with_one.saturating_sub(idle) as f64 / f64::from(1 << 20),
        memory: with_all.saturating_sub(with_one) as f64 / 1024.0 / (streams - 1).max(1) as f64,
        lost: streams - arrived.streams.len(),
    };
    println!(
        "{:<22} {streams:>7} {:>9} {:>10.3} {:>10.3} {:>11.2} {:>10.1} {:>11.1}",
        way.name(),
        figures.tokens,
        figures.p50,
        figures.p99,
        figures.cpu,
        figures.first,
        figures.memory
    );
    figures
}

/// Begins so many streams more, and waits until the model server has been asked for all of them.
fn begin(way: &mut dyn Way, upstream: &Upstream, streams: usize, marks: &Marks) {
    let all = upstream.streaming() + streams;
    way.begin(streams, marks);
    let deadline = Instant::now() + RAMP;
    while upstream.streaming() < all && Instant::now() < deadline {
        clients::pause(Duration::from_millis(20));
    }
    let begun = upstream.streaming();
    if way.is_peer() && begun < all {
        println!("  {}: {begun} of {all} streams have begun after {} s", way.name(), RAMP.as_secs());
    } else {
        assert_eq!(begun, all, "{}: all streams begin", way.name());
    }
    clients::pause(SETTLE);
}

/// Raises the number of files that this process and those that it starts may have open.
fn allow_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(OPEN_FILES, |most| most.min(OPEN_FILES));
    if limit.current.is_some_and(|now| now < wanted) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum })
            .expect("it may be raised");
    }
}

/// What a process has used of the processor since it began, by all its threads, those that have ended included.
fn processor(pid: u32) -> Duration {
    let clock = clock_getcpuclockid(Pid::from_raw(pid as i32)).expect("it goes on");
    clock_gettime(clock).expect("it goes on").into()
}
