//! `model.pull`, `model.delete`: getting models, and being rid of them.

use aiia_llm::{EMBEDDED_PROVIDER, nearest};
use aiia_protocol::Empty;
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::model::{ModelRef, Pull, PullList, PullModel, PullRef};
use aiia_protocol::operation::{ModelCancelPull, ModelDelete, ModelPull, ModelPulls};
use aiia_protocol::problem::{Problem, ProblemCode};

use crate::dispatch::{Handle, Reply};
use crate::models::problem;
use crate::pulls::Wanted;
use crate::session::Session;

impl Handle for ModelPull {
    async fn handle(session: &Session, params: PullModel) -> Result<Reply<Pull>, Problem> {
        let engine = session.engine();
        let name = engine.models().resolved(&params.model);
        Ok(Reply::One(engine.start_pull(Wanted::of(&name, aiia_llm::catalogue())?)))
    }
}

impl Handle for ModelPulls {
    async fn handle(session: &Session, _: Empty) -> Result<Reply<PullList>, Problem> {
        Ok(Reply::One(PullList { items: session.engine().pulls.list() }))
    }
}

impl Handle for ModelCancelPull {
    async fn handle(session: &Session, params: PullRef) -> Result<Reply<Pull>, Problem> {
        let pull = session.engine().pulls.cancel(&params.pull_id);
        pull.map(Reply::One).ok_or_else(|| {
            Problem::new(ProblemCode::NotFound, format!("There is no pull {}.", params.pull_id))
                .with_hint("`aiia models status` shows those that go on.")
        })
    }
}

impl Handle for ModelDelete {
    async fn handle(session: &Session, params: ModelRef) -> Result<Reply<Empty>, Problem> {
        let engine = session.engine();
        let directory = engine.models();
        let name = directory.resolved(&params.model);
        let (provider, model) = name.split_once('/').unwrap_or((EMBEDDED_PROVIDER, &name));
        if provider == EMBEDDED_PROVIDER {
            let folder = engine.weights_folder();
            if !folder.remove(model).map_err(|error| problem(&error))? {
                let there = folder.list();
                let near = nearest(model, there.iter().map(|weights| weights.name.as_str()), 1);
                let hint = match near.first() {
                    Some(near) => format!("Did you mean `{EMBEDDED_PROVIDER}/{near}`?"),
                    None => "A file that the configuration names is not ours to delete.".to_owned(),
                };
                return Err(Problem::new(
                    ProblemCode::NotFound,
                    format!("There are no weights “{model}” in {}.", engine.data_dir().join("models").display()),
                )
                .with_hint(hint));
            }
            // What is in memory would answer for a model that is gone.
            directory.embedded().unload();
        } else {
            directory.delete(provider, model).await.map_err(|error| problem(&error))?;
        }
        directory.forget_survey();
        engine.publish((Entity::Model, Change::Deleted), &name, None, None);
        Ok(Reply::One(Empty {}))
    }
}
