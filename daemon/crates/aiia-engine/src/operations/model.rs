//! `model.*`: those that are there, and how they are.

use std::time::Instant;

use aiia_llm::{EMBEDDED_PROVIDER, LlmErrorKind, Survey};
use aiia_protocol::Empty;
use aiia_protocol::message::Role;
use aiia_protocol::model::{
    CatalogueModel, EmbeddedStatus, Model, ModelDetails, ModelList as Models, ModelRef, ModelStatus as Status,
    ModelTest as Tested, ProviderStatus, UnavailableProvider,
};
use aiia_protocol::operation::{ModelGet, ModelList, ModelStatus, ModelTest};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::settings::Parameters;
use futures::StreamExt;

use crate::completion::{Completed, Completion, MODEL_TEST, Part, Turn};
use crate::config::Roles;
use crate::dispatch::{Handle, Reply};
use crate::models::{ASSUMED_WINDOW, problem};
use crate::prices;
use crate::session::Session;

/// What a model is asked to see whether it answers.
const QUESTION: &str = "Answer with the single word: ready";
/// The text before and after the gap that shows whether a model fills gaps.
const GAP: [&str; 2] = ["def add(a, b):\n    return ", "\n"];
/// The longest answer to it, in tokens: models that think first need some.
const ANSWER_TOKENS: u32 = 256;

impl Handle for ModelList {
    async fn handle(session: &Session, _: Empty) -> Result<Reply<Models>, Problem> {
        let directory = session.engine().models();
        let survey = directory.survey().await;
        let default = directory.default_model().await.ok();
        let items: Vec<_> = survey.models.iter().map(|model| wire(model, default.as_deref())).collect();
        let failed = survey.providers.iter().filter_map(|provider| {
            let error = provider.error.as_ref()?;
            Some(UnavailableProvider { provider: provider.name.clone(), reason: error.message.clone() })
        });
        let unusable = directory
            .unusable()
            .map(|(provider, why)| UnavailableProvider { provider: provider.to_owned(), reason: why.to_owned() });
        // Where else there could be one is of interest to those who have none.
        let elsewhere = looked(&survey).filter(|_| items.is_empty());
        let unavailable = unusable.chain(failed).chain(elsewhere).collect();
        Ok(Reply::One(Models { items, unavailable }))
    }
}

fn wire(model: &aiia_llm::ModelInfo, default: Option<&str>) -> Model {
    Model {
        id: model.name.clone(),
        provider: model.provider.clone(),
        local: model.local,
        context_window: model.context_window.map(u64::from),
        default: default == Some(&model.name),
    }
}

/// Where else was looked, without what was found there.
fn looked(survey: &Survey) -> impl Iterator<Item = UnavailableProvider> {
    survey
        .tried
        .iter()
        .filter(|tried| !survey.providers.iter().any(|provider| tried.what.contains(&provider.name)))
        .map(|tried| UnavailableProvider { provider: tried.what.clone(), reason: tried.outcome.clone() })
}

impl Handle for ModelGet {
    async fn handle(session: &Session, params: ModelRef) -> Result<Reply<ModelDetails>, Problem> {
        let engine = session.engine();
        let directory = engine.models();
        let name = directory.resolved(&params.model);
        let details = directory.details(&name).await.map_err(|error| match error.kind {
            LlmErrorKind::NoModel | LlmErrorKind::ModelMissing => {
                Problem::new(ProblemCode::NotFound, error.message).with_hint(error.hint)
            }
            _ => problem(&error),
        })?;
        let default = directory.default_model().await.ok();
        let configured = engine.configured();
        let settings = &configured.config.settings;
        let known = prices::of(&name, &settings.prices, details.info.local);
        let price = known.as_ref().map(|known| known.price);
        let leads_here = |wish: &str| directory.resolved(wish) == name;
        let aliases = settings.aliases.keys().filter(|alias| leads_here(alias)).cloned().collect();
        let used_for = |role: &&str| settings.roles.get(role).is_some_and(leads_here);
        let roles = Roles::NAMES.iter().filter(|role| used_for(role)).map(|role| (*role).to_owned()).collect();
        Ok(Reply::One(ModelDetails {
            model: wire(&details.info, default.as_deref()),
            assumed_window: details.info.context_window.is_none().then_some(u64::from(ASSUMED_WINDOW)),
            dialect: details.dialect.as_str().to_owned(),
            address: details.address,
            origin: origin(&details.origin),
            bytes: details.info.size,
            parameters: details.parameters,
            quantization: details.quantization,
            input_price: price.and_then(|price| price.input),
            output_price: price.and_then(|price| price.output),
            cached_price: price.and_then(|price| price.cached),
            cache_write_price: price.and_then(|price| price.cache_write),
            price_origin: known.map(|known| known.origin),
            aliases,
            roles,
        }))
    }
}

/// How a provider came to be known, as it is shown.
fn origin(origin: &aiia_llm::Origin) -> String {
    use aiia_llm::Origin;
    match origin {
        Origin::Configured => "configuration".to_owned(),
        Origin::Loopback => "found on this machine".to_owned(),
        Origin::Environment(variable) => format!("key in {variable}"),
        Origin::Key => "key that you gave".to_owned(),
        Origin::Embedded => "part of aiia".to_owned(),
    }
}

impl Handle for ModelTest {
    async fn handle(session: &Session, params: ModelRef) -> Result<Reply<Tested>, Problem> {
        let started = Instant::now();
        let directory = session.engine().models();
        let texts: &[&str] = if directory.fills_gaps(&directory.resolved(&params.model)) { &GAP } else { &[QUESTION] };
        let asked = Completion {
            model: Some(params.model),
            messages: texts.iter().map(|text| Turn::new(Role::User, *text)).collect(),
            parameters: Parameters { max_tokens: Some(ANSWER_TOKENS), ..Parameters::default() },
            purpose: MODEL_TEST,
        };
        let Completed { model, mut parts, .. } = session.complete(asked).await?;
        let (mut answer, mut first, mut pieces) = (String::new(), None, 0);
        // Some servers do not know the limit; that the model answers is told by then.
        let usage = loop {
            if pieces == ANSWER_TOKENS {
                break None;
            }
            let Some(part) = parts.next().await else {
                return Err(Problem::new(ProblemCode::ModelError, "The model's answer ended without an end."));
            };
            match part {
                Part::Text(_) | Part::Reasoning(_) => {
                    first.get_or_insert_with(|| started.elapsed());
                    pieces += 1;
                    if let Part::Text(text) = part {
                        answer.push_str(&text);
                    }
                }
                Part::End { usage, .. } => break usage,
                Part::AnsweredBy(_) => {}
                Part::Failed(problem) => return Err(problem),
            }
        };
        let total = started.elapsed();
        Ok(Reply::One(Tested {
            model,
            answer: answer.trim().to_owned(),
            first_token_ms: first.unwrap_or(total).as_millis() as u64,
            total_ms: total.as_millis() as u64,
            usage: usage.unwrap_or_default(),
        }))
    }
}

impl Handle for ModelStatus {
    async fn handle(session: &Session, _: Empty) -> Result<Reply<Status>, Problem> {
        let engine = session.engine();
        let directory = engine.models();
        let survey = directory.survey().await;
        let embedded = directory.embedded();
        let installed = embedded.weights();
        let default = directory.default_model().await.ok();
        let mut prompt_speed = embedded.prompt_speed();
        if let (None, Some(default)) = (prompt_speed, &default) {
            prompt_speed = engine.store.prompt_speed(default.clone()).await?;
        }
        let catalogue = aiia_llm::catalogue().into_iter().map(|model| {
            let stem = model.file.trim_end_matches(".gguf");
            let here = installed.iter().find(|weights| weights.name == stem);
            CatalogueModel {
                installed: here.map(|weights| format!("{EMBEDDED_PROVIDER}/{}", weights.name)),
                name: model.name,
                bytes: model.size,
                licence: model.licence,
                context_window: u64::from(model.context_window),
            }
        });
        let providers = survey.providers.iter().map(|provider| ProviderStatus {
            name: provider.name.clone(),
            dialect: provider.dialect.as_str().to_owned(),
            address: provider.address.clone(),
            origin: origin(&provider.origin),
            models: provider.models as u64,
            reason: provider.error.as_ref().map(|error| error.message.clone()),
        });
        Ok(Reply::One(Status {
            default,
            providers: providers.collect(),
            looked: looked(&survey).collect(),
            embedded: EmbeddedStatus {
                loaded: embedded.is_loaded(),
                prompt_tokens_per_second: prompt_speed.map(f64::from),
                folder: engine.data_dir().join("models").display().to_string(),
                catalogue: catalogue.collect(),
            },
            pulls: engine.pulls.list(),
        }))
    }
}
