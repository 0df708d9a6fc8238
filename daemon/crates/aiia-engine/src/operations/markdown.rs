//! `markdown.*`

use aiia_protocol::markdown::{
    MOST_BYTES, MOST_TEXTS, MarkdownBlock, MarkdownDocument, RenderMarkdown, RenderedMarkdown,
};
use aiia_protocol::operation::MarkdownRender;
use aiia_protocol::problem::{Problem, ProblemCode};

use crate::dispatch::{Handle, Reply};
use crate::session::Session;

impl Handle for MarkdownRender {
    async fn handle(_: &Session, params: RenderMarkdown) -> Result<Reply<RenderedMarkdown>, Problem> {
        let bytes: usize = params.texts.iter().map(String::len).sum();
        if params.texts.len() > MOST_TEXTS || bytes > MOST_BYTES {
            return Err(Problem::new(
                ProblemCode::TooLarge,
                format!("{} texts of {bytes} bytes are too much at once.", params.texts.len()),
            )
            .with_hint(format!("Send up to {MOST_TEXTS} texts and {MOST_BYTES} bytes.")));
        }
        let documents = tokio::task::spawn_blocking(move || params.texts.iter().map(|text| document(text)).collect())
            .await
            .map_err(|_| Problem::new(ProblemCode::Internal, "The text could not be rendered."))?;
        Ok(Reply::One(RenderedMarkdown { documents }))
    }
}

fn document(text: &str) -> MarkdownDocument {
    let blocks = aiia_markdown::render(text).into_iter().map(|block| MarkdownBlock {
        html: block.html,
        start: block.range.start as u64,
        end: block.range.end as u64,
        is_final: block.is_final,
    });
    MarkdownDocument { blocks: blocks.collect() }
}
