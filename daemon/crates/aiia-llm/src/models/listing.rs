//! Which providers and models there are.

use futures::future::join_all;

use super::Inner;
use crate::discovery::{Discovery, discover};
use crate::error::LlmError;
use crate::provider::{Dialect, Origin, ProviderConfig};
use crate::survey::{ModelInfo, Survey, info, named, silence};
use crate::transport::listing::list_models;
use crate::unreachable::stand_in;

impl Inner {
    pub(super) fn known(&self) -> Vec<ProviderConfig> {
        let mut providers = self.configured.clone();
        {
            let listed = self.listed.lock();
            for provider in &mut providers {
                provider.note_listed(listed.get(&provider.name).map_or(&[], Vec::as_slice));
            }
        }
        let discovered = self.discovered.lock();
        for provider in discovered.iter().flat_map(|discovery| &discovery.found) {
            if !self.unusable.contains_key(&provider.name) && !providers.iter().any(|known| known.name == provider.name)
            {
                providers.push(provider.clone());
            }
        }
        providers
    }

    async fn look_around(&self) -> Discovery {
        let Some(settings) = &self.discovery else { return Discovery::default() };
        let discovery = discover(&self.clients, settings, &self.timeouts).await;
        let mut discovered = self.discovered.lock();
        let discovery = discovery.after(discovered.as_ref());
        *discovered = Some(discovery.clone());
        discovery
    }

    /// The provider of this name; looks around if it is not known yet.
    pub(super) async fn find(&self, name: &str) -> Option<ProviderConfig> {
        let in_known = || self.known().into_iter().find(|provider| provider.name == name);
        if let Some(provider) = in_known() {
            return Some(provider);
        }
        self.look_around().await;
        in_known()
    }

    pub(super) async fn survey(&self) -> Survey {
        let discovery = self.look_around().await;
        let unclear = discovery.unclear.iter().map(|unclear| unclear.provider.name.clone()).collect();
        let mut survey = Survey { tried: discovery.tried, unclear, ..Survey::default() };
        let (keyed, asked): (Vec<_>, Vec<_>) =
            self.known().into_iter().partition(|known| matches!(known.origin, Origin::Environment(_) | Origin::Key));
        let answers = join_all(asked.iter().map(|provider| async {
            match provider.origin {
                // Discovery has just asked.
                Origin::Loopback => (Ok(named(provider)), silence(&discovery.unclear, provider)),
                _ => (self.ask(provider).await, None),
            }
        }))
        .await;
        for (provider, (answer, silence)) in asked.iter().zip(answers) {
            survey.add(provider, answer);
            if let (Some(error), Some(status)) = (silence, survey.providers.last_mut()) {
                status.error = Some(error);
            }
        }
        // What a server here has others answer comes after what stays here.
        let is_here = |model: &ModelInfo| asked.iter().any(|one| one.name == model.provider && one.is_local());
        let (passed_on, kept) = survey.models.into_iter().partition(|model| !model.local && is_here(model));
        survey.models = kept;
        self.embedded.survey(&mut survey);
        survey.models.extend::<Vec<_>>(passed_on);
        for provider in &keyed {
            survey.add(provider, Ok(named(provider)));
        }
        survey
    }

    pub(super) async fn ask(&self, provider: &ProviderConfig) -> Result<Vec<ModelInfo>, LlmError> {
        let listed = list_models(&self.clients, provider, &self.timeouts).await;
        self.silent.note(&provider.name, &listed);
        let listed = listed?;
        let provider = &{
            let mut told = provider.clone();
            told.note_listed(&listed);
            told
        };
        self.listed.lock().insert(provider.name.clone(), listed.clone());
        let mut models: Vec<ModelInfo> = listed
            .into_iter()
            .map(|model| {
                let known = info(provider, &model.name);
                // What the user says of the window wins.
                let listed = provider.context_window.or(model.context_window);
                ModelInfo { context_window: listed.or(known.context_window), size: model.size, ..known }
            })
            .collect();
        for name in &provider.models {
            if !models.iter().any(|model| model.model == *name) {
                models.push(info(provider, name));
            }
        }
        Ok(models)
    }

    pub(super) async fn default_model(&self) -> Result<String, LlmError> {
        let chats = |provider: &&ProviderConfig| {
            provider.origin == Origin::Configured && provider.dialect != Dialect::CompletionsFim
        };
        let named_first = |provider: &ProviderConfig| named(provider).into_iter().find(|model| !model.only_embeds);
        let mut gone = None;
        for model in self.configured.iter().filter(chats).filter_map(named_first) {
            if !self.silent.has(&model.provider) {
                return stand_in(gone.as_ref(), &model);
            }
            gone.get_or_insert(model);
        }
        let survey = self.survey().await;
        stand_in(gone.as_ref(), survey.default_model()?)
    }
}
