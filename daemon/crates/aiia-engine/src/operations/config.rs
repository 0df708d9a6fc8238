//! `config.*` and `key.*`

use std::path::Path;

use aiia_protocol::Empty;
use aiia_protocol::config::{
    CheckConfig, Config, ConfigCheck as Check, ConfigMistake, ConfigSchema as Schema, GetConfig, Key,
    KeyList as AllKeys, KeyRef, SetKey, UpdateConfig,
};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::operation::{ConfigCheck, ConfigGet, ConfigSchema, ConfigUpdate, KeyDelete, KeyList, KeySet};
use aiia_protocol::problem::{Problem, ProblemCode};

use crate::config::{self, Mistake, ProjectConfig, effective};
use crate::dispatch::{Handle, Reply};
use crate::engine::Engine;
use crate::session::Session;

/// The longest text that is checked.
const MAX_TEXT: usize = 1024 * 1024;

impl Handle for ConfigGet {
    async fn handle(session: &Session, params: GetConfig) -> Result<Reply<Config>, Problem> {
        let folder = params.folder.as_deref().filter(|_| session.is_trusted());
        Ok(Reply::One(report(session.engine(), folder)))
    }
}

fn report(engine: &Engine, folder: Option<&str>) -> Config {
    let configured = engine.configured();
    let project = folder.map(|folder| (Path::new(folder), ProjectConfig::load(Path::new(folder))));
    let mut problems = engine.config_problems();
    if let Some((folder, project)) = &project {
        let file = folder.join(config::PROJECT_FILE);
        problems.extend(project.mistakes.iter().map(|mistake| mistake.sentence(&file)));
    }
    Config {
        file: engine.options.config_file.display().to_string(),
        values: effective(&configured.config, project.as_ref().map(|(folder, project)| (*folder, project))),
        problems,
    }
}

/// What only the model servers know to be wrong with the configuration in force.
pub(super) async fn doubts(engine: &Engine) -> Vec<String> {
    let configured = engine.configured();
    configured.models.doubts(&configured.config, engine.config_file()).await
}

impl Handle for ConfigUpdate {
    async fn handle(session: &Session, params: UpdateConfig) -> Result<Reply<Config>, Problem> {
        let engine = session.engine().clone();
        let changed = tokio::task::spawn_blocking(move || {
            let change = params.value.map_or(config::Change::Unset, config::Change::Set);
            engine.change_config(&params.key, &change)
        });
        changed.await.map_err(|error| Problem::new(ProblemCode::Internal, error.to_string()))??;
        let engine = session.engine();
        engine.publish((Entity::Config, Change::Updated), "config", None, None);
        let mut report = report(engine, None);
        report.problems.extend(doubts(engine).await);
        Ok(Reply::One(report))
    }
}

impl Handle for ConfigCheck {
    async fn handle(session: &Session, params: CheckConfig) -> Result<Reply<Check>, Problem> {
        if params.text.as_ref().is_some_and(|text| text.len() > MAX_TEXT) {
            return Err(Problem::new(ProblemCode::TooLarge, "The text is larger than 1 MiB."));
        }
        let mistakes = match params.text {
            Some(text) if params.project => ProjectConfig::of(&text).mistakes,
            Some(text) => session.engine().check_config(&text),
            None => {
                let configured = session.engine().configured();
                let mut mistakes = session.engine().newest_mistakes();
                mistakes.extend(configured.models.doubtful(&configured.config).await);
                mistakes.sort_by_key(|mistake| mistake.start);
                mistakes
            }
        };
        Ok(Reply::One(Check { mistakes: mistakes.into_iter().map(wire).collect() }))
    }
}

fn wire(mistake: Mistake) -> ConfigMistake {
    ConfigMistake {
        line: mistake.line as u64,
        start: mistake.start as u64,
        end: mistake.end as u64,
        message: mistake.message,
        hint: (!mistake.hint.is_empty()).then_some(mistake.hint),
    }
}

impl Handle for ConfigSchema {
    async fn handle(session: &Session, _: Empty) -> Result<Reply<Schema>, Problem> {
        let engine = session.engine().clone();
        let renewing = tokio::task::spawn_blocking(move || config::renew_schema(engine.config_file()));
        renewing.await.map_err(|error| Problem::new(ProblemCode::Internal, error.to_string()))?;
        Ok(Reply::One(Schema { schema: config::schema() }))
    }
}

impl Handle for KeyList {
    async fn handle(session: &Session, _: Empty) -> Result<Reply<AllKeys>, Problem> {
        let engine = session.engine();
        let mut items = engine.models().keys_of_the_environment();
        let kept = engine.keys.list().into_iter().map(|(provider, host, place)| Key { provider, host, place });
        items.extend(kept);
        Ok(Reply::One(AllKeys { items }))
    }
}

impl Handle for KeySet {
    async fn handle(session: &Session, params: SetKey) -> Result<Reply<Key>, Problem> {
        let engine = session.engine().clone();
        let Some(base_url) = engine.models().address(&params.provider) else {
            let names = engine.models().provider_names();
            let near = aiia_llm::nearest(&params.provider, names.iter().map(String::as_str), 1);
            let hint = match near.first() {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!(
                    "There are: {}. Others are configured as [providers.{}].",
                    names.join(", "),
                    params.provider
                ),
            };
            return Err(Problem::new(ProblemCode::NotFound, format!("There is no provider “{}”.", params.provider))
                .with_hint(hint));
        };
        let kept = tokio::task::spawn_blocking(move || {
            let key = aiia_llm::Secret::pasted(&params.key);
            let place = engine.keys.set(&params.provider, &base_url, key.expose())?;
            engine.reload_config();
            let host = crate::keys::host(&base_url).unwrap_or_default();
            Ok::<_, Problem>(Key { provider: params.provider, host, place })
        });
        let key = kept.await.map_err(|error| Problem::new(ProblemCode::Internal, error.to_string()))??;
        session.engine().publish((Entity::Config, Change::Updated), &key.provider, None, None);
        Ok(Reply::One(key))
    }
}

impl Handle for KeyDelete {
    async fn handle(session: &Session, params: KeyRef) -> Result<Reply<Empty>, Problem> {
        let engine = session.engine().clone();
        let provider = params.provider.clone();
        let deleted = tokio::task::spawn_blocking(move || {
            let deleted = engine.keys.delete(&provider)?;
            engine.reload_config();
            Ok::<_, Problem>(deleted)
        });
        if !deleted.await.map_err(|error| Problem::new(ProblemCode::Internal, error.to_string()))?? {
            return Err(Problem::new(ProblemCode::NotFound, format!("No key of “{}” is kept.", params.provider))
                .with_hint("`aiia config keys` lists them; a key in the environment is unset there."));
        }
        session.engine().publish((Entity::Config, Change::Updated), &params.provider, None, None);
        Ok(Reply::One(Empty {}))
    }
}
