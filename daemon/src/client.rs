//! A client of the daemon for the command line: requests `aiia/<noun>/<verb>` over the socket, and the events of runs.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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
use aiia_protocol::system::Hello;
use aiia_protocol::transfer::TransferRef;
use serde_json::{Value, json};

use crate::connect::{Attempt, Connection, connect};
use crate::lifecycle;
use crate::paths::Paths;

use self::frames::read_frame;

mod frames;

/// How long an answer may take. What takes longer is a run, and tells what it does by events.
const ANSWER_LIMIT: Duration = Duration::from_mins(2);
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
        let result = self.request(O::ROW, &to_value(params)?)?;
        serde_json::from_value(result)
            .map_err(|error| lost(&format!("{} was answered with nonsense ({error})", O::ROW.name)))
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
        let id = self.next_id;
        self.next_id += 1;
        let message = json!({"jsonrpc": "2.0", "id": id, "method": row.lsp_method(), "params": params});
        send(&self.writer, &message).map_err(|error| lost(&error.to_string()))?;
        let _ = self.stream.set_read_timeout(Some(ANSWER_LIMIT));
        loop {
            let mut message = self.receive()?;
            if message["id"] != json!(id) || message.get("method").is_some() {
                continue;
            }
            return match message.get_mut("error") {
                Some(error) => Err(problem_of(error.take())),
                None => Ok(message["result"].take()),
            };
        }
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
    writer.lock().unwrap_or_else(PoisonError::into_inner).write_all(frame.as_bytes())
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
