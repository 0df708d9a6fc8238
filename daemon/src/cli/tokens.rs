//! `aiia tokens`: what other programs show to use HTTP.

use aiia_protocol::Empty;
use aiia_protocol::id::TokenId;
use aiia_protocol::operation::{TokenCreate, TokenDelete, TokenList};
use aiia_protocol::token::{CreateToken, Token, TokenRef, TokenScope};

use crate::cli::arguments::{TokenArguments, TokenVerb};
use crate::cli::output::{self, Style, paint};
use crate::cli::sanitize::one_line;
use crate::client::Client;
use crate::exit::{self, Failure};

pub(crate) fn run(arguments: &TokenArguments) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    match arguments.verb.as_ref().unwrap_or(&TokenVerb::List) {
        TokenVerb::Create { name, scope, days } => {
            let scope = match scope.as_str() {
                "admin" => TokenScope::Admin,
                "write" => TokenScope::Write,
                _ => TokenScope::Read,
            };
            let new = client.call::<TokenCreate>(&CreateToken { name: name.clone(), scope, days: *days })?;
            if arguments.json {
                output::json(&new);
            } else {
                // Alone on standard output, so that a script can take it.
                output::line(&new.secret);
                output::note("Keep it: it is shown this once. Programs send it as Authorization: Bearer …");
            }
        }
        TokenVerb::List => {
            let tokens = client.call::<TokenList>(&Empty {})?;
            if arguments.json {
                output::json(&tokens);
                return Ok(exit::OK);
            }
            if tokens.items.is_empty() {
                output::note("There are no tokens. `aiia tokens create NAME --scope read` makes one.");
            }
            tokens.items.iter().for_each(line);
        }
        TokenVerb::Revoke { token } => {
            let token_id = find(&mut client, token)?;
            client.call::<TokenDelete>(&TokenRef { token_id })?;
            if arguments.json {
                output::json(&Empty {});
            } else {
                output::note("It is not taken any more.");
            }
        }
    }
    Ok(exit::OK)
}

/// The token with that identifier, or the one with that name.
fn find(client: &mut Client, wanted: &str) -> Result<TokenId, Failure> {
    let tokens = client.call::<TokenList>(&Empty {})?.items;
    if tokens.iter().any(|token| token.id.as_str() == wanted) {
        return Ok(wanted.into());
    }
    let named: Vec<&Token> = tokens.iter().filter(|token| token.name == wanted).collect();
    match named.as_slice() {
        [token] => Ok(token.id.clone()),
        [] => Err(Failure::local(format!("There is no token “{wanted}”; `aiia tokens` lists them."))),
        _ => Err(Failure::local(format!("Several tokens are called “{wanted}”; name its identifier."))),
    }
}

fn line(token: &Token) {
    let scope = match token.scope {
        TokenScope::Read => "read",
        TokenScope::Write => "write",
        TokenScope::Admin => "admin",
    };
    let day = |time: &str| time.chars().take(10).collect::<String>();
    let until =
        token.expires_at.as_deref().map_or_else(|| "for ever".to_owned(), |time| format!("until {}", day(time)));
    let used =
        token.last_used_at.as_deref().map_or_else(|| "never used".to_owned(), |time| format!("used {}", day(time)));
    let id = paint(token.id.as_str(), Style::Faint);
    output::painted_line(&format!("{id}  {scope:<5}  {until:<16}  {used:<15}  {}", one_line(&token.name)));
}
