//! Asking a provider which models it has.

use std::collections::HashSet;

use serde_json::Value;

use super::client::{Clients, authorised, connection_error, presentable};
use crate::dialect::{ListedModel, failure, list_url, listed_models};
use crate::error::{LlmError, LlmErrorKind};
use crate::provider::{ProviderConfig, Timeouts, shown};

/// The longest listing that is read.
const MAX_LISTING: usize = 8 * 1024 * 1024;

/// The provider's models, within the time limit for listings.
pub(crate) async fn list_models(
    clients: &Clients,
    provider: &ProviderConfig,
    timeouts: &Timeouts,
) -> Result<Vec<ListedModel>, LlmError> {
    tokio::time::timeout(timeouts.list, ask(clients, provider, timeouts)).await.unwrap_or_else(|_| {
        Err(LlmError::new(
            LlmErrorKind::FirstTokenTimeout,
            format!("{} did not list its models within {} s.", provider.shown_url(), timeouts.list.as_secs_f32()),
            "The server may be busy; its models can still be asked by name.",
        ))
    })
}

async fn ask(clients: &Clients, provider: &ProviderConfig, timeouts: &Timeouts) -> Result<Vec<ListedModel>, LlmError> {
    let url = list_url(provider)?;
    let client = clients.for_url(&url, timeouts)?;
    let mut response = authorised(client.get(url.clone()), provider)
        .send()
        .await
        .map_err(|error| connection_error(&error, provider, &url, timeouts.connect))?;
    let status = response.status().as_u16();
    if (300..400).contains(&status) {
        return Err(super::stream::redirect_error(response.status(), response.headers(), provider, &url));
    }
    let content_type = super::answer::content_type(response.headers());
    let mut body = Vec::new();
    while let Some(bytes) =
        response.chunk().await.map_err(|error| connection_error(&error, provider, &url, timeouts.connect))?
    {
        body.extend_from_slice(&bytes);
        if body.len() > MAX_LISTING {
            return Err(not_a_listing(provider));
        }
    }
    if status >= 400 {
        let error = failure::of_response(status, &content_type, &String::from_utf8_lossy(&body), &shown(&url));
        return Err(presentable(provider, error));
    }
    serde_json::from_slice::<Value>(&body)
        .ok()
        .and_then(|listing| listed_models(provider.dialect, &listing))
        .map(sound)
        .ok_or_else(|| not_a_listing(provider))
}

/// The longest name of a model, in bytes.
const MAX_NAME: usize = 512;

/// The models that can be shown and asked: each name once, and only windows that a server can mean.
fn sound(models: Vec<ListedModel>) -> Vec<ListedModel> {
    let mut seen = HashSet::new();
    let can_be = |name: &str| !name.trim().is_empty() && name.len() <= MAX_NAME && !name.chars().any(char::is_control);
    let models = models.into_iter().filter(|model| can_be(&model.name) && seen.insert(model.name.clone()));
    models.map(|model| ListedModel { context_window: believable(model.context_window), ..model }).collect()
}

/// The smallest window that is believed: servers that know none say 0 or 1.
const MIN_WINDOW: u32 = 256;

/// The window that a server tells, unless it can be none.
pub(super) fn believable(window: Option<u32>) -> Option<u32> {
    window.filter(|tokens| *tokens >= MIN_WINDOW)
}

fn not_a_listing(provider: &ProviderConfig) -> LlmError {
    LlmError::new(
        LlmErrorKind::Malformed,
        format!("{} answers, but not like a model server.", provider.shown_url()),
        "Check the provider's address and dialect.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_a_model_is_listed() {
        let model = |name: &str, window| ListedModel {
            name: name.to_owned(),
            context_window: window,
            ..ListedModel::default()
        };
        let long = "x".repeat(MAX_NAME + 1);
        let listed =
            [("a", Some(0)), ("", None), (" ", None), ("a", None), ("b\nc", None), (&long, None), ("d", Some(256))];
        let found = sound(listed.map(|(name, window)| model(name, window)).to_vec());
        assert_eq!(found, [model("a", None), model("d", Some(256))]);
    }
}
