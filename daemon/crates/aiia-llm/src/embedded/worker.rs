//! The thread the model lives on, and the queue before it.

use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::{LogOptions, send_logs_to_tracing};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::EmbeddedSettings;
use super::gguf::{file_error, full_check};
use super::session::Session;
use crate::chat::{ChatRequest, Delta};
use crate::error::{LlmError, LlmErrorKind};
use crate::transport::generate::DeltaSink;

/// One request on its way to the model.
pub(super) struct Job {
    pub(super) path: PathBuf,
    pub(super) request: ChatRequest,
    cancel: CancellationToken,
    reply: mpsc::Sender<Result<Delta, LlmError>>,
    place: Place,
}

impl Job {
    /// Sends a delta. An error means that nobody listens any more.
    pub(super) fn send(&self, delta: Delta) -> Result<(), LlmError> {
        self.reply.blocking_send(Ok(delta)).map_err(|_| LlmError::cancelled())
    }

    /// The error to stop with once the request is cancelled or its consumer gone.
    pub(super) fn check(&self) -> Result<(), LlmError> {
        if self.is_dead() { Err(LlmError::cancelled()) } else { Ok(()) }
    }

    /// How many tokens of a prompt were read in a second last time.
    pub(super) fn prompt_speed(&self) -> Option<f32> {
        self.place.0.prompt_speed()
    }

    /// Keeps in mind how fast the prompt was read.
    pub(super) fn note_prompt_speed(&self, tokens: usize, time: Duration) {
        let speed = tokens as f32 / time.as_secs_f32().max(f32::EPSILON);
        self.place.0.prompt_speed.store(speed.to_bits(), Ordering::Release);
    }

    fn is_dead(&self) -> bool {
        self.cancel.is_cancelled() || self.reply.is_closed()
    }

    fn fail(&self, error: LlmError) {
        let _ = self.reply.blocking_send(Err(error));
    }
}

/// A place in the queue, given up when the request is over.
struct Place(Arc<Shared>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.accepted.fetch_sub(1, Ordering::AcqRel);
    }
}

#[derive(Debug, Default)]
struct Shared {
    /// The way to the running thread; `None` while there is none.
    jobs: Mutex<Option<Sender<Job>>>,
    /// Requests waiting or being answered.
    accepted: AtomicUsize,
    loaded: AtomicBool,
    /// Prompt tokens a second of the last prompt of some length, as the bits of an `f32`; 0 is unknown.
    prompt_speed: AtomicU32,
    /// Held by the thread that may load the model, so that it is never in memory twice.
    running: Mutex<()>,
}

impl Shared {
    /// Prompt tokens a second, as they were measured last.
    fn prompt_speed(&self) -> Option<f32> {
        Some(f32::from_bits(self.prompt_speed.load(Ordering::Acquire))).filter(|speed| *speed > 0.0)
    }

    fn jobs(&self) -> MutexGuard<'_, Option<Sender<Job>>> {
        self.jobs.lock()
    }
}

/// The async side of the thread.
#[derive(Debug)]
pub(super) struct Worker {
    settings: EmbeddedSettings,
    shared: Arc<Shared>,
}

impl Worker {
    pub(super) fn new(settings: EmbeddedSettings) -> Self {
        Self { settings, shared: Arc::default() }
    }

    pub(super) fn is_loaded(&self) -> bool {
        self.shared.loaded.load(Ordering::Acquire)
    }

    pub(super) fn prompt_speed(&self) -> Option<f32> {
        self.shared.prompt_speed()
    }

    /// Lets the thread end once its queue is empty.
    pub(super) fn stop(&self) {
        self.shared.jobs().take();
    }

    pub(super) async fn stream(
        &self,
        path: PathBuf,
        request: ChatRequest,
        cancel: &CancellationToken,
        sink: &mut DeltaSink,
    ) -> Result<(), LlmError> {
        let ahead = self.shared.accepted.fetch_add(1, Ordering::AcqRel);
        let place = Place(Arc::clone(&self.shared));
        // While it loads, that is what is told.
        if ahead > 0 && self.is_loaded() {
            let requests = if ahead == 1 { "one other request" } else { &format!("{ahead} other requests") };
            sink.send(Ok(Delta::Status(format!("waiting for {requests}")))).await;
        }
        // A child, cancelled also when this future is dropped: the thread must not go on for nobody.
        let cancel = cancel.child_token();
        let _guard = cancel.clone().drop_guard();
        let (reply, mut answers) = mpsc::channel(32);
        self.submit(Job { path, request, cancel, reply, place })?;
        while let Some(delta) = answers.recv().await {
            let delta = delta?;
            let finished = matches!(delta, Delta::Finish(_));
            sink.send(Ok(delta)).await;
            if finished {
                return Ok(());
            }
        }
        Err(LlmError::new(
            LlmErrorKind::Server,
            "The embedded model stopped unexpectedly.",
            "Ask again; it is loaded anew. If it happens again, choose another model.",
        ))
    }

    fn submit(&self, mut job: Job) -> Result<(), LlmError> {
        let mut jobs = self.shared.jobs();
        if let Some(sender) = &*jobs {
            match sender.send(job) {
                Ok(()) => return Ok(()),
                // The thread has died; the next one takes over.
                Err(refused) => job = refused.0,
            }
        }
        let (sender, receiver) = channel();
        let (shared, settings) = (Arc::clone(&self.shared), self.settings.clone());
        thread::Builder::new()
            .name("embedded-model".to_owned())
            .spawn(move || {
                let _alone = shared.running.lock();
                let _flag = LoadedFlag(&shared.loaded);
                run(&settings, &shared, &receiver);
                give_memory_back();
            })
            .map_err(|error| {
                LlmError::new(
                    LlmErrorKind::Server,
                    format!("No thread could be started for the embedded model: {error}."),
                    "Close other programs and ask again.",
                )
            })?;
        // The receiver is alive as long as its thread: this cannot fail.
        let _ = sender.send(job);
        *jobs = Some(sender);
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Says "not loaded" however the thread ends.
struct LoadedFlag<'s>(&'s AtomicBool);

impl Drop for LoadedFlag<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// Hands freed memory to the system: the C library would keep tens of megabytes of small pieces.
fn give_memory_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[allow(unsafe_code, reason = "a function of the C library that Rust has no name for")]
        // SAFETY: it takes no pointer and may be called at any time from any thread.
        unsafe {
            unsafe extern "C" {
                fn malloc_trim(pad: usize) -> std::ffi::c_int;
            }
            malloc_trim(0);
        }
    }
}

/// Answers requests until there have been none for a while. All that was loaded is freed on return.
fn run(settings: &EmbeddedSettings, shared: &Shared, jobs: &Receiver<Job>) {
    let mut next_job = next(settings, shared, jobs);
    while let Some(job) = next_job.take() {
        if job.is_dead() {
            job.fail(LlmError::cancelled());
        } else {
            match load(&job) {
                Ok(model) => {
                    shared.loaded.store(true, Ordering::Release);
                    match serve(settings, shared, jobs, &model, job) {
                        Served::Idle => return,
                        Served::Broken => {}
                        Served::Other(job) => next_job = Some(job),
                    }
                    shared.loaded.store(false, Ordering::Release);
                }
                Err(error) => job.fail(error),
            }
        }
        if next_job.is_none() {
            next_job = next(settings, shared, jobs);
        }
    }
}

/// Why a loaded model is given up.
enum Served {
    /// Nobody has asked for a while.
    Idle,
    /// It could not be put to work; others may still wait.
    Broken,
    /// The next one asks another model.
    Other(Job),
}

/// Answers requests with a loaded model.
fn serve(settings: &EmbeddedSettings, shared: &Shared, jobs: &Receiver<Job>, model: &LlamaModel, first: Job) -> Served {
    let mut session = match backend().and_then(|backend| Session::new(backend, model, settings)) {
        Ok(session) => session,
        Err(error) => {
            first.fail(error);
            return Served::Broken;
        }
    };
    let path = first.path.clone();
    let mut next_job = Some(first);
    while let Some(job) = next_job {
        if job.path != path {
            return Served::Other(job);
        }
        if let Err(error) = job.check().and_then(|()| session.answer(&job)) {
            job.fail(error);
        }
        drop(job);
        next_job = next(settings, shared, jobs);
    }
    Served::Idle
}

/// The next request; `None` when there was none for so long that the thread should end.
fn next(settings: &EmbeddedSettings, shared: &Shared, jobs: &Receiver<Job>) -> Option<Job> {
    match jobs.recv_timeout(settings.idle_unload) {
        Ok(job) => Some(job),
        Err(RecvTimeoutError::Disconnected) => None,
        Err(RecvTimeoutError::Timeout) => {
            // A request may have come in this very moment; under the lock none can.
            let mut sender = shared.jobs();
            let late = jobs.try_recv().ok();
            if late.is_none() {
                *sender = None;
                tracing::debug!("the embedded model was idle and is unloaded");
            }
            late
        }
    }
}

fn backend() -> Result<&'static LlamaBackend, LlmError> {
    static BACKEND: OnceLock<Option<LlamaBackend>> = OnceLock::new();
    let backend = BACKEND.get_or_init(|| {
        send_logs_to_tracing(LogOptions::default());
        LlamaBackend::init().ok()
    });
    backend
        .as_ref()
        .ok_or_else(|| LlmError::new(LlmErrorKind::Server, "llama.cpp could not be started.", "Restart the program."))
}

fn load(job: &Job) -> Result<LlamaModel, LlmError> {
    check_processor()?;
    let told = full_check(&job.path)?;
    super::fits(&job.path, told.size)?;
    let backend = backend()?;
    job.send(Delta::Status("loading model".to_owned()))?;
    let (reply, cancel) = (job.reply.clone(), job.cancel.clone());
    let mut shown = 0;
    let params = LlamaModelParams::default().with_progress_callback(move |progress| {
        let percent = (progress * 100.0) as u32 / 5 * 5;
        if percent > shown && percent < 100 {
            shown = percent;
            // Progress that nobody takes right now is no reason to wait.
            let _ = reply.try_send(Ok(Delta::Status(format!("loading model {percent} %"))));
        }
        !cancel.is_cancelled()
    });
    let params = pin!(params);
    let model = LlamaModel::load_from_file(backend, &job.path, &params);
    job.check()?;
    model.map_err(|error| {
        tracing::warn!(path = %job.path.display(), %error, "the model file was refused");
        let kind = told.architecture.unwrap_or_else(|| "not named".to_owned());
        file_error(
            &job.path,
            &format!("is whole, but llama.cpp does not take it: its architecture, “{kind}”, may be unknown, or memory too little"),
            "Choose another model file; the log has llama.cpp's own words.",
        )
    })
}

/// llama.cpp is compiled for what every desktop processor of the last ten years has; on others it
/// would be killed by the system.
fn check_processor() -> Result<(), LlmError> {
    #[cfg(target_arch = "x86_64")]
    if !(is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c")
        && is_x86_feature_detected!("bmi2"))
    {
        return Err(LlmError::new(
            LlmErrorKind::ModelFile,
            "The embedded model needs a processor with AVX2, which this one does not have.",
            "Use a model server on another machine, or a provider.",
        ));
    }
    Ok(())
}
