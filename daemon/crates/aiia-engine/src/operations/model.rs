//! `model.*`

use aiia_protocol::Empty;
use aiia_protocol::model::{Model, ModelList as Models, UnavailableProvider};
use aiia_protocol::operation::ModelList;
use aiia_protocol::problem::Problem;

use crate::dispatch::{Handle, Reply};
use crate::session::Session;

impl Handle for ModelList {
    async fn handle(session: &Session, _: Empty) -> Result<Reply<Models>, Problem> {
        let directory = session.engine().models();
        let survey = directory.survey().await;
        let default = directory.default_model().await.ok();
        let items = survey
            .models
            .iter()
            .map(|model| Model {
                id: model.name.clone(),
                provider: model.provider.clone(),
                local: model.local,
                context_window: model.context_window.map(u64::from),
                default: default.as_deref() == Some(&model.name),
            })
            .collect();
        let failed = survey.providers.iter().filter_map(|provider| {
            let error = provider.error.as_ref()?;
            Some(UnavailableProvider { provider: provider.name.clone(), reason: error.message.clone() })
        });
        let looked = survey
            .tried
            .iter()
            .filter(|tried| !survey.providers.iter().any(|provider| tried.what.contains(&provider.name)))
            .map(|tried| UnavailableProvider { provider: tried.what.clone(), reason: tried.outcome.clone() });
        Ok(Reply::One(Models { items, unavailable: failed.chain(looked).collect() }))
    }
}
