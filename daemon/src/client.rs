//! A client of the daemon for the command line: requests `aiia/<noun>/<verb>` over the socket, and the events of runs.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aiia_protocol::Empty;
use aiia_protocol::event::Event;
use aiia_protocol::handshake::{Purpose, RuntimeFile};
use aiia_protocol::id::{PullId, RunId, TransferId};
use aiia_protocol::model::PullRef;
use aiia_protocol::operation::{
    self, EVENT_METHOD, ModelCancelPull, Operation, RUN_EVENT_METHOD, Row, RunCancel, SystemHello, TransferCancel,
};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::{RunEvent, RunEventKind, RunEvents, RunRef};
use aiia_protocol::system::{Hello, Status as SystemStatus};
use aiia_protocol::transfer::TransferRef;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::connect::{Attempt, Connection, connect};
use crate::lifecycle;
use crate::paths::Paths;

use self::frames::read_frame;

mod frames;

/// How long an answer may take. What takes longer is a run, and tells what it does by events.
const ANSWER_LIMIT: Duration = Duration::from_mins(2);
/// How often it is looked how far something is that takes long.
const WATCH_EVERY: Duration = Duration::from_secs(1);
/// How long a run may be silent. The daemon has shorter limits for each phase of a run, so this is for a daemon that hangs.
const EVENT_LIMIT: Duration = Duration::from_mins(15);

/// A connection to the daemon.
pub(crate) struct Client {
    reader: BufReader<io::Chain<io::Cursor<Vec<u8>>, UnixStream>>,
    stream: UnixStream,
    writer: Arc<Mutex<UnixStream>>,
    runtime: RuntimeFile,
    next_id: u64,
    /// Events that arrived and were not yet asked for, by run and number.
    events: BTreeMap<String, BTreeMap<u64, RunEvent>>,
}

impl Client {
    /// Connects; starts the daemon when it does not run.
    pub(crate) fn open() -> Result<Self, Problem> {
        let paths = Paths::from_environment()?;
        Self::on(lifecycle::attach(&paths, Purpose::Cli)?)
    }

    /// The same, and tells the folder that the command is given in: files below it that nothing else holds together belong to it.
    pub(crate) fn open_here() -> Result<Self, Problem> {
        let mut client = Self::open()?;
        let folder = std::env::current_dir().ok().map(|folder| folder.display().to_string());
        client.call::<SystemHello>(&Hello { folder, ..Hello::default() })?;
        Ok(client)
    }

    /// Connects to a daemon that runs; nothing when there is none.
    pub(crate) fn existing(paths: &Paths) -> Result<Option<Self>, Problem> {
        match connect(paths, Purpose::Cli)? {
            Attempt::Connected(connection) => Self::on(connection).map(Some),
            Attempt::Absent => Ok(None),
            Attempt::Older(runtime) => Err(Problem::new(
                ProblemCode::ProtocolMismatch,
                format!("The daemon that runs has the older version {}.", runtime.version),
            )
            .with_hint("`aiia stop` ends it; the next command starts the new one.")),
        }
    }

    fn on(connection: Connection) -> Result<Self, Problem> {
        let failed = |error: io::Error| lost(&error.to_string());
        let stream = connection.stream.try_clone().map_err(failed)?;
        let writer = connection.stream.try_clone().map_err(failed)?;
        Ok(Self {
            reader: BufReader::new(io::Cursor::new(connection.early).chain(connection.stream)),
            stream,
            writer: Arc::new(Mutex::new(writer)),
            runtime: connection.runtime,
            next_id: 1,
            events: BTreeMap::new(),
        })
    }

    /// What the daemon wrote about itself.
    pub(crate) fn runtime(&self) -> &RuntimeFile {
        &self.runtime
    }

    /// Does an operation. Of a streaming one, the answer only says that the stream has begun.
    pub(crate) fn call<O: Operation>(&mut self, params: &O::Params) -> Result<O::Result, Problem> {
        parsed_result::<O>(self.request(O::ROW, &to_value(params)?)?)
    }

    /// Does an operation that may take long. As long as there is no answer, `has_gone_on` is asked again and again with the state of the
    /// daemon; that it says no for as long as an answer may take is an error.
    pub(crate) fn call_watched<O: Operation>(
        &mut self,
        params: &O::Params,
        has_gone_on: impl FnMut(&SystemStatus) -> bool,
    ) -> Result<O::Result, Problem> {
        self.call_watched_within::<O>(params, has_gone_on, WATCH_EVERY, ANSWER_LIMIT)
    }

    fn call_watched_within<O: Operation>(
        &mut self,
        params: &O::Params,
        mut has_gone_on: impl FnMut(&SystemStatus) -> bool,
        every: Duration,
        limit: Duration,
    ) -> Result<O::Result, Problem> {
        let id = self.send_request(O::ROW, &to_value(params)?)?;
        let (mut asked, mut last) = (None, Instant::now());
        let result = loop {
            if !self.has_message(every) {
                if asked.is_none() {
                    asked = Some(self.send_request(operation::SystemStatus::ROW, &to_value(&Empty {})?)?);
                }
                if last.elapsed() > limit {
                    return Err(lost("it was at the same for too long"));
                }
                continue;
            }
            let message = self.receive()?;
            if let Some(status) = asked.and_then(|asked| answer_to(asked, &message)) {
                asked = None;
                let status = serde_json::from_value::<SystemStatus>(status.clone()).ok();
                if status.is_some_and(|status| has_gone_on(&status)) {
                    last = Instant::now();
                }
            } else if message["id"] == json!(id) && message.get("method").is_none() {
                break outcome(message)?;
            }
        };
        parsed_result::<O>(result)
    }

    /// Whether something arrives within the time. What arrives in part counts.
    fn has_message(&mut self, limit: Duration) -> bool {
        let _ = self.stream.set_read_timeout(Some(limit));
        let arrived = self.reader.fill_buf().map(|_| ());
        let _ = self.stream.set_read_timeout(Some(ANSWER_LIMIT));
        !arrived.is_err_and(|error| matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut))
    }

    /// Does the operation of the row, whose types are not known here. Not for a streaming one.
    pub(crate) fn call_by_name(&mut self, row: &Row, params: &Value) -> Result<Value, Problem> {
        self.request(row, params)
    }

    /// The events of a run, from the first to `done`.
    pub(crate) fn run_events(&mut self, run: &RunId) -> Result<RunEventStream<'_>, Problem> {
        let params = RunEvents { run_id: run.clone(), after: 0 };
        self.request(operation::RunEvents::ROW, &to_value(&params)?)?;
        Ok(RunEventStream { client: self, run: run.clone(), last: 0, done: false })
    }

    /// Every change from now on.
    pub(crate) fn changes(&mut self) -> Result<Changes<'_>, Problem> {
        self.request(operation::EventsSubscribe::ROW, &to_value(&Empty {})?)?;
        let _ = self.stream.set_read_timeout(None);
        Ok(Changes { client: self })
    }

    /// Can cancel a run from another thread.
    pub(crate) fn canceller(&self) -> Canceller {
        Canceller(Arc::clone(&self.writer))
    }

    fn request(&mut self, row: &Row, params: &Value) -> Result<Value, Problem> {
        let id = self.send_request(row, params)?;
        loop {
            let message = self.receive()?;
            if message["id"] == json!(id) && message.get("method").is_none() {
                return outcome(message);
            }
        }
    }

    /// Sends a request and gives its number.
    fn send_request(&mut self, row: &Row, params: &Value) -> Result<u64, Problem> {
        let id = self.next_id;
        self.next_id += 1;
        let message = json!({"jsonrpc": "2.0", "id": id, "method": row.lsp_method(), "params": params});
        send(&self.writer, &message).map_err(|error| lost(&error.to_string()))?;
        let _ = self.stream.set_read_timeout(Some(ANSWER_LIMIT));
        Ok(id)
    }

    /// The next message; events are put aside, requests of the daemon are answered.
    fn receive(&mut self) -> Result<Value, Problem> {
        let message = read_frame(&mut self.reader).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => lost("it was silent for too long"),
            io::ErrorKind::UnexpectedEof => lost("it has ended"),
            _ => lost(&error.to_string()),
        })?;
        if message["method"] == RUN_EVENT_METHOD {
            if let Ok(event) = serde_json::from_value::<RunEvent>(message["params"].clone()) {
                self.events.entry(event.run_id.0.clone()).or_default().insert(event.seq, event);
            }
        } else if message.get("method").is_some() && message.get("id").is_some() {
            let error = json!({"code": -32601, "message": "The command line answers no requests."});
            let _ = send(&self.writer, &json!({"jsonrpc": "2.0", "id": message["id"], "error": error}));
        }
        Ok(message)
    }
}

/// The result in the answer to the request of that number; nothing in another message, or where it failed.
fn answer_to(id: u64, message: &Value) -> Option<&Value> {
    (message["id"] == json!(id) && message.get("method").is_none()).then(|| &message["result"])
}

/// What the answer to a request says.
fn outcome(mut answer: Value) -> Result<Value, Problem> {
    match answer.get_mut("error") {
        Some(error) => Err(problem_of(error.take())),
        None => Ok(answer["result"].take()),
    }
}

fn parsed_result<O: Operation>(result: Value) -> Result<O::Result, Problem> {
    serde_json::from_value(result)
        .map_err(|error| lost(&format!("{} was answered with nonsense ({error})", O::ROW.name)))
}

/// The events of a run in order, each once.
pub(crate) struct RunEventStream<'a> {
    client: &'a mut Client,
    run: RunId,
    last: u64,
    done: bool,
}

impl Iterator for RunEventStream<'_> {
    type Item = Result<RunEventKind, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let _ = self.client.stream.set_read_timeout(Some(EVENT_LIMIT));
        loop {
            // The daemon may send an event both as a repetition and as it happens.
            let waiting = self.client.events.entry(self.run.0.clone()).or_default();
            waiting.retain(|seq, _| *seq > self.last);
            if let Some(event) = waiting.remove(&(self.last + 1)) {
                self.last = event.seq;
                self.done = matches!(event.kind, RunEventKind::Done { .. });
                return Some(Ok(event.kind));
            }
            if let Err(problem) = self.client.receive() {
                self.done = true;
                return Some(Err(problem));
            }
        }
    }
}

/// The changes that any client makes, as they happen.
pub(crate) struct Changes<'a> {
    client: &'a mut Client,
}

impl Changes<'_> {
    /// Waits for the next one, for as long as it takes.
    pub(crate) fn next(&mut self) -> Result<Event, Problem> {
        loop {
            let mut message = self.client.receive()?;
            if message["method"] == EVENT_METHOD
                && let Ok(event) = serde_json::from_value(message["params"].take())
            {
                return Ok(event);
            }
        }
    }
}

/// Cancels runs and pulls while the client waits for them.
#[derive(Clone)]
pub(crate) struct Canceller(Arc<Mutex<UnixStream>>);

impl Canceller {
    /// Asks for the end of `run`; its last event tells that it has ended.
    pub(crate) fn cancel(&self, run: &RunId) -> io::Result<()> {
        self.send::<RunCancel>(&RunRef { run_id: run.clone() })
    }

    /// Asks for the end of a pull; its state tells that it has ended.
    pub(crate) fn cancel_pull(&self, pull: &PullId) -> io::Result<()> {
        self.send::<ModelCancelPull>(&PullRef { pull_id: pull.clone() })
    }

    /// Asks for the end of `transfer`.
    pub(crate) fn cancel_transfer(&self, transfer: &TransferId) -> io::Result<()> {
        self.send::<TransferCancel>(&TransferRef { transfer_id: transfer.clone() })
    }

    /// Sends a request whose answer nobody waits for.
    fn send<O: Operation>(&self, params: &O::Params) -> io::Result<()> {
        let params = serde_json::to_value(params)?;
        // Several may be on their way at once; an id that is in use would be refused.
        let id = format!("cancel {params}");
        send(&self.0, &json!({"jsonrpc": "2.0", "id": id, "method": O::ROW.lsp_method(), "params": params}))
    }
}

fn send(writer: &Mutex<UnixStream>, message: &Value) -> io::Result<()> {
    let body = message.to_string();
    let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    writer.lock().write_all(frame.as_bytes())
}

fn to_value(params: &impl serde::Serialize) -> Result<Value, Problem> {
    serde_json::to_value(params).map_err(|error| Problem::new(ProblemCode::Internal, error.to_string()))
}

fn problem_of(mut error: Value) -> Problem {
    serde_json::from_value(error["data"].take()).unwrap_or_else(|_| {
        Problem::new(
            ProblemCode::Internal,
            error["message"].as_str().unwrap_or("The daemon refused the request.").to_owned(),
        )
    })
}

fn lost(why: &str) -> Problem {
    Problem::new(ProblemCode::Unavailable, format!("The connection to the daemon is lost: {why}."))
        .with_hint("Try again; `aiia doctor` tells what is wrong.")
}

#[cfg(test)]
mod tests {
    use aiia_protocol::operation::WorkspaceIndex;
    use aiia_protocol::workspace::{IndexProgress, IndexWorkspace};

    use super::*;

    /// A client, and what a daemon does with its requests: gives the result of each, or nothing as long as it is at work.
    fn client_of(mut answer: impl FnMut(&str) -> Vec<(u64, Value)> + Send + 'static) -> Client {
        let (ours, theirs) = UnixStream::pair().unwrap();
        std::thread::spawn(move || {
            let writer = Mutex::new(theirs.try_clone().unwrap());
            let mut reader = BufReader::new(theirs);
            while let Ok(request) = read_frame(&mut reader) {
                let method = request["method"].as_str().unwrap_or_default().to_owned();
                for (id, result) in answer(&method) {
                    let id = if id == 0 { request["id"].clone() } else { json!(id) };
                    if send(&writer, &json!({"jsonrpc": "2.0", "id": id, "result": result})).is_err() {
                        return;
                    }
                }
            }
        });
        let runtime = json!({"pid": 1, "version": "1", "protocol": 1, "socket": "", "token": "", "started_at": ""});
        let runtime = serde_json::from_value(runtime).unwrap();
        Client::on(Connection { stream: ours, early: Vec::new(), runtime }).unwrap()
    }

    fn status(parsed: u64) -> Value {
        let progress =
            IndexProgress { path: "/w".to_owned(), files: 9, parsed, is_complete: false, skipped: Vec::new() };
        let indexes = serde_json::to_value([progress]).unwrap();
        json!({"version": "1", "pid": 1, "started_at": "", "data_dir": "", "sessions": [], "active_runs": 0, "indexes": indexes,
            "config_problems": []})
    }

    fn result() -> Value {
        json!({"path": "/w", "files": 9, "bytes": 1, "changed": 9, "removed": 0, "skipped": [], "symbols": 1, "references": 1,
            "memory_bytes": 1, "seconds": {"load": 0.0, "walk": 0.0, "skim": 0.0, "parse": 0.0}})
    }

    fn index(mut client: Client) -> Result<u64, Problem> {
        let mut last = None;
        let has_gone_on = |status: &SystemStatus| {
            let now = status.indexes.first().map(|index| index.parsed);
            std::mem::replace(&mut last, now) != now
        };
        let params = IndexWorkspace { path: "/w".to_owned() };
        let (every, limit) = (Duration::from_millis(1), Duration::from_millis(200));
        client.call_watched_within::<WorkspaceIndex>(&params, has_gone_on, every, limit).map(|index| index.files)
    }

    #[test]
    fn what_gets_on_is_waited_for() {
        let began = Instant::now();
        let mut parsed = 0;
        let client = client_of(move |method| {
            if !method.ends_with("status") {
                return Vec::new();
            }
            parsed += 1;
            // Three times as long as it may stand still.
            let mut answers = vec![(0, status(parsed))];
            if began.elapsed() > Duration::from_millis(600) {
                answers.push((1, result()));
            }
            answers
        });
        assert_eq!(index(client), Ok(9));
    }

    #[test]
    fn what_stands_still_is_not_waited_for() {
        let client = client_of(|method| if method.ends_with("status") { vec![(0, status(1))] } else { Vec::new() });
        let problem = index(client).unwrap_err();
        assert!(problem.sentence().contains("at the same for too long"), "{}", problem.sentence());
    }
}
