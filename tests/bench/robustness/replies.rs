//! A case as a reply, in two dialects.

use crate::cases::Case;

/// As a search/replace block.
pub(crate) fn block(case: &Case) -> String {
    let text = |lines: &[String]| lines.iter().fold(String::new(), |text, line| text + line + "\n");
    let (old, new) = (text(&case.old), text(&case.new));
    let sign = |sign: &str| sign.repeat(case.dress.marker);
    let block = format!("{} SEARCH\n{old}{}\n{new}{} REPLACE\n", sign("<"), sign("="), sign(">"));
    dressed(case, &format!("{}\n", case.dress.name), "", &block)
}

/// As a unified diff.
pub(crate) fn diff(case: &Case) -> String {
    let front = case.old.iter().zip(&case.new).take_while(|(one, other)| one == other).count();
    let rest = case.old[front..].iter().rev().zip(case.new[front..].iter().rev());
    let back = rest.take_while(|(one, other)| one == other).count();
    let mut text = format!(
        "--- a/{0}\n+++ b/{0}\n@@ -{1},{2} +{1},{3} @@\n",
        case.dress.name,
        case.line,
        case.old.len(),
        case.new.len()
    );
    let mut push = |sign: char, lines: &[String]| {
        for line in lines {
            text.push(sign);
            text.push_str(line);
            text.push('\n');
        }
    };
    push(' ', &case.old[..front]);
    push('-', &case.old[front..case.old.len() - back]);
    push('+', &case.new[front..case.new.len() - back]);
    push(' ', &case.old[case.old.len() - back..]);
    dressed(case, "", "diff", &text)
}

fn dressed(case: &Case, above: &str, language: &str, edit: &str) -> String {
    let dress = &case.dress;
    let edit = if dress.repeated { edit.repeat(2) } else { edit.to_owned() };
    let close =
        if dress.fence_closed && !dress.fence.is_empty() { format!("{}\n", dress.fence) } else { String::new() };
    let open = if dress.fence.is_empty() { String::new() } else { format!("{}{language}\n", dress.fence) };
    let mut reply = format!("{}{above}{open}{edit}{close}{}", dress.prose.0, dress.prose.1);
    if dress.escaped {
        reply = serde_json::Value::String(reply).to_string();
    }
    if dress.crlf { reply.replace('\n', "\r\n") } else { reply }
}
