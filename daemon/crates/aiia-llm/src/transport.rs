//! The network: connections, time limits, retries, bounded reading.

pub(crate) mod client;
pub(crate) mod embed;
pub(crate) mod generate;
pub(crate) mod lines;
pub(crate) mod listing;
pub(crate) mod manage;
pub(crate) mod stream;
