//! Asking one model, and the next where it cannot answer.

use tokio_util::sync::CancellationToken;

use super::{EMBEDDED_PROVIDER, Inner};
use crate::chat::{ChatRequest, Delta};
use crate::error::{LlmError, LlmErrorKind};
use crate::provider::ProviderConfig;
use crate::transport::generate::DeltaSink;
use crate::transport::stream;

/// Whether another model may do better.
fn passes_on(kind: LlmErrorKind) -> bool {
    use LlmErrorKind as Kind;
    !matches!(kind, Kind::Cancelled | Kind::ContentFilter | Kind::IdleTimeout)
}

impl Inner {
    pub(super) async fn serve_first(
        &self,
        models: &[String],
        mut request: ChatRequest,
        cancel: &CancellationToken,
        sink: &mut DeltaSink,
    ) -> Result<(), LlmError> {
        let mut rest = models.iter();
        let mut model = rest.next().map_or("", String::as_str);
        loop {
            // What the last one is asked is let go once it was sent: a conversation may be long, and so may the answer.
            let asked = if rest.len() == 0 { std::mem::take(&mut request) } else { request.clone() };
            let error = match self.serve(model, Box::new(asked), cancel, sink).await {
                Err(error) if !sink.has_answered() && passes_on(error.kind) => error,
                result => return result,
            };
            let Some(next) = rest.next() else { return Err(error) };
            sink.send(Ok(Delta::Fallback { from: model.to_owned(), to: next.clone(), because: error.sentence() }))
                .await;
            // The window that was given is the first one's.
            let window = self.window(next).await;
            if let (Some(limit), Some(window)) = (request.max_tokens, window)
                && request.context_window.is_some_and(|first| window < first)
            {
                request.max_tokens = Some(limit.min(window / 2));
            }
            request.context_window = window;
            model = next;
        }
    }

    async fn serve(
        &self,
        model: &str,
        mut request: Box<ChatRequest>,
        cancel: &CancellationToken,
        sink: &mut DeltaSink,
    ) -> Result<(), LlmError> {
        // What an answer does not need while it goes on is apart from it, so that a stream stays small.
        let name = match model {
            "" | "default" => Box::pin(self.default_model()).await?,
            name => name.to_owned(),
        };
        let Some((provider_name, own_name)) = name.split_once('/').filter(|(_, own_name)| !own_name.is_empty()) else {
            return Err(Box::pin(self.unknown(&name, "Model names have the form provider/model.")).await);
        };
        request.model = own_name.to_owned();
        if provider_name == EMBEDDED_PROVIDER {
            return match self.embedded.stream(*request, cancel, sink).await {
                Err(error) if error.kind == LlmErrorKind::NoModel => Err(Box::pin(self.no_model()).await),
                result => result,
            };
        }
        let Some(provider) = Box::pin(self.find(provider_name)).await else {
            return Err(Box::pin(self.unknown(&name, &format!("There is no provider '{provider_name}'."))).await);
        };
        if !self.places.are_taken(&provider.name) {
            let _place = self.places.take(&provider.name).await?;
            return self.serve_by(&provider, own_name, request, sink).await;
        }
        let waiting = format!("waiting for '{}', which has as many requests as it may", provider.name);
        sink.send(Ok(Delta::Status(waiting))).await;
        let _place = self.places.take(&provider.name).await?;
        // What was changed meanwhile counts: address, key, and whether there is such a provider.
        let newest = self.newest.lock().upgrade();
        let now = newest.as_deref().unwrap_or(self);
        let Some(changed) = Box::pin(now.find(provider_name)).await else {
            return Err(
                Box::pin(now.unknown(&name, &format!("There is no provider '{provider_name}' any more."))).await
            );
        };
        if provider.keeps(own_name) && !changed.keeps(own_name) {
            return Err(LlmError::new(
                LlmErrorKind::BadRequest,
                format!("'{provider_name}' was on this machine when this was asked, and is not any more."),
                "Ask again to send it there.",
            ));
        }
        now.serve_by(&changed, own_name, request, sink).await
    }

    /// Has the provider answer, at which there is a place.
    async fn serve_by(
        &self,
        provider: &ProviderConfig,
        own_name: &str,
        request: Box<ChatRequest>,
        sink: &mut DeltaSink,
    ) -> Result<(), LlmError> {
        let result = stream::run(&self.clients, provider, request, &self.timeouts, sink).await;
        self.silent.note(&provider.name, &result);
        match result {
            Err(error) if error.kind == LlmErrorKind::ModelMissing => {
                Err(Box::pin(self.with_nearest(error, provider, own_name)).await)
            }
            result => result,
        }
    }
}
