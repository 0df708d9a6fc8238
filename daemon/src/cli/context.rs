//! `aiia context`: the code that a model would see.

use aiia_protocol::context::GetContext;
use aiia_protocol::operation::ContextGet;

use crate::cli::arguments::ContextArguments;
use crate::cli::output::{self, Style, paint};
use crate::cli::target::Target;
use crate::client::Client;
use crate::exit::{self, Failure};

pub(crate) fn run(arguments: &ContextArguments) -> Result<u8, Failure> {
    let target = Target::read(&arguments.target)?;
    let params = GetContext {
        document: target.document()?,
        selection: target.selection(),
        intent: arguments.intent,
        budget: arguments.budget,
    };
    let bundle = Client::open_here()?.call::<ContextGet>(&params)?;
    if arguments.json {
        output::json(&bundle);
        return Ok(exit::OK);
    }
    for piece in &bundle.pieces {
        let place = format!("{}:{}-{}", piece.path, piece.start_line, piece.end_line);
        let about = format!("{} · {} tokens · {}", piece.kind, piece.tokens, piece.reason);
        output::painted_line(&format!("{}  {}", paint(&place, Style::Heading), paint(&about, Style::Faint)));
        output::line(piece.text.trim_end_matches('\n'));
        output::line("");
    }
    let redactions = match bundle.redactions {
        0 => String::new(),
        count => format!(", {count} secrets replaced"),
    };
    output::note(&format!("{} of {} tokens{redactions}", bundle.used, bundle.budget));
    if bundle.is_reading {
        output::note("the folder was still being read; a later answer may have more");
    }
    Ok(exit::OK)
}
