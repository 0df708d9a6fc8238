//! The network: connections, time limits, retries, bounded reading.

mod answer;
mod body;
pub(crate) mod client;
mod cut_json;
pub(crate) mod departures;
mod elements;
pub(crate) mod embed;
mod framing;
pub(crate) mod generate;
pub(crate) mod lines;
pub(crate) mod listing;
pub(crate) mod manage;
mod near;
mod proxy;
pub(crate) mod stream;
pub(crate) mod thoughts;
