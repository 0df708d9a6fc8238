//! Language models: wire dialects, streaming, discovery, the embedded model.
//!
//! [`Models`] is the way in: it lists what there is and streams an answer as [`Delta`]s, whichever
//! provider gives it. A [`dialect`] is a request builder and a pure reader of events; [`transport`] is
//! the only code that touches the network; [`embedded`] runs llama.cpp on a thread of its own,
//! with what [`weights`] keeps.
//!
//! Invariants: a key is in the request's header and nowhere else; nothing is asked twice once a token
//! has arrived; every wait has a limit; whatever a server sends, what is read of it is bounded.

pub mod program;

mod chat;
mod dialect;
mod discovery;
mod embedded;
mod error;
mod fetch;
mod models;
mod nearest;
mod provider;
mod rarely;
mod secret;
mod survey;
mod transport;
mod unreachable;
mod variables;
mod weights;

pub use chat::{ChatMessage, ChatRequest, Delta, DeltaStream, FinishReason, Gap, Image, Role, Usage};
pub use discovery::{Discovery, DiscoverySettings, KeyedProvider, LoopbackServer, Preset, Tried, Unclear, presets};
pub use embedded::{Embedded, EmbeddedSettings};
pub use error::{LlmError, LlmErrorKind};
pub use fetch::fetch_text;
pub use models::{EMBEDDED_PROVIDER, ModelDetails, Models, ModelsConfig, Standing};
pub use nearest::nearest;
pub use provider::{Dialect, Origin, ProviderConfig, Quirks, Timeouts};
pub use rarely::Rarely;
pub use secret::Secret;
pub use survey::{ModelInfo, ProviderStatus, Survey};
pub use transport::embed::Embeddings;
pub use variables::{missed_variable, missed_variables};
pub use weights::{CatalogueModel, OnProgress, PullProgress, Source, Weights, WeightsFolder, catalogue};
