//! The ways in which models garble an edit.

use crate::cases::Case;

/// Garbles a case; false where it does not apply to it.
pub(crate) type Mutation = fn(&mut Case) -> bool;

pub(crate) const MUTATIONS: &[(&str, Mutation)] = &[
    ("as it is", |_| true),
    ("trailing blanks", |case| each(&mut case.old, |line| line.push_str("  "))),
    ("dedented", dedented),
    ("first line dedented", first_line_dedented),
    ("tabs for spaces", |case| tabs(&mut case.old) & tabs(&mut case.new)),
    ("typographic quotes", |case| {
        each_changed(&mut case.old, |line| line.replace('"', "\u{201d}").replace('\'', "\u{2019}"))
    }),
    ("HTML entities", |case| both(case, |line| line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))),
    ("escaped twice", |case| both(case, |line| line.replace('\\', "\\\\").replace('"', "\\\""))),
    ("blank lines dropped", drop_blanks),
    ("blank line added", blank_added),
    ("blank lines around", |case| {
        for lines in [&mut case.old, &mut case.new] {
            lines.insert(0, String::new());
            lines.push(String::new());
        }
        case.line -= 1;
        case.line > 0
    }),
    ("pasted line numbers", pasted_numbers),
    ("typo in a context line", |case| typo(case, 0)),
    ("context line dropped", dropped),
    ("context elided", elided),
    ("file in CRLF", |case| {
        case.file = case.file.replace('\n', "\r\n");
        case.expected = case.expected.replace('\n', "\r\n");
        case.tree = None;
        !case.file.contains("\r\r")
    }),
    ("reply in CRLF", |case| set(&mut case.dress.crlf)),
    ("file drifted above", |case| {
        let above = "// a line that was not there\n".repeat(7);
        case.file.insert_str(0, &above);
        case.expected.insert_str(0, &above);
        case.tree = None;
        true
    }),
    ("no final newline", |case| {
        let ends = case.file.ends_with('\n') && case.expected.ends_with('\n');
        case.file.pop();
        case.expected.pop();
        case.tree = None;
        ends
    }),
    ("wrong folder", |case| {
        case.dress.name = format!("path/to/{}", case.path.rsplit('/').next().unwrap_or_default());
        true
    }),
    ("wrong file name", |case| {
        let extension = case.path.rsplit('.').next().unwrap_or_default();
        case.dress.name = format!("src/some_other_name.{extension}");
        true
    }),
    ("name decorated", |case| {
        case.dress.name = format!("**`{}`**:", case.path);
        true
    }),
    ("markers of five", |case| {
        case.dress.marker = 5;
        true
    }),
    ("prose around", |case| {
        case.dress.prose =
            ("Sure! The bug is in `x = [a, b]`; here is the fix:\n\n", "\nThis makes sure that:\n- nothing breaks\n");
        true
    }),
    ("fence not closed", |case| {
        case.dress.fence_closed = false;
        true
    }),
    ("no fence", |case| {
        case.dress.fence = "";
        true
    }),
    ("said twice", |case| set(&mut case.dress.repeated)),
    ("one JSON string", |case| set(&mut case.dress.escaped)),
    ("imagined line", |case| {
        case.refusing_is_right = true;
        let at = case.old.len() / 2;
        case.old.insert(at, "    let imagined_by_the_model = compute_something_else();".to_owned());
        true
    }),
    ("stands twice", |case| {
        case.refusing_is_right = true;
        let twice = format!("{}\n", case.old.join("\n"));
        case.file.push_str(&twice);
        case.expected.push_str(&twice);
        case.line = 0;
        case.tree = None;
        true
    }),
];

fn set(flag: &mut bool) -> bool {
    *flag = true;
    true
}

fn both(case: &mut Case, change: impl Fn(&str) -> String) -> bool {
    each_changed(&mut case.new, &change);
    each_changed(&mut case.old, &change)
}

fn each(lines: &mut [String], change: impl Fn(&mut String)) -> bool {
    lines.iter_mut().filter(|line| !line.trim().is_empty()).for_each(change);
    true
}

fn each_changed(lines: &mut [String], change: impl Fn(&str) -> String) -> bool {
    let mut changed = false;
    for line in lines {
        let new = change(line);
        changed |= new != *line;
        *line = new;
    }
    changed
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn dedented(case: &mut Case) -> bool {
    let all = case.old.iter().chain(&case.new).filter(|line| !line.trim().is_empty());
    let least = all.map(|line| indent(line)).min().unwrap_or(0);
    for line in case.old.iter_mut().chain(&mut case.new) {
        line.drain(..least.min(indent(line)));
    }
    least > 0
}

fn first_line_dedented(case: &mut Case) -> bool {
    let same = case.old.first() == case.new.first();
    let deep = case.old.first().is_some_and(|line| indent(line) > 0 && !line.trim().is_empty());
    for lines in [&mut case.old, &mut case.new] {
        if let Some(first) = lines.first_mut() {
            *first = first.trim_start().to_owned();
        }
    }
    same && deep
}

fn tabs(lines: &mut [String]) -> bool {
    each_changed(lines, |line| {
        "\t".repeat(indent(line) / 4) + &" ".repeat(indent(line) % 4) + line.trim_start_matches(' ')
    })
}

/// Drops the blank lines around what changes.
fn drop_blanks(case: &mut Case) -> bool {
    let changed: Vec<&String> = case.new.iter().filter(|line| !case.old.contains(line)).collect();
    let fair = changed.iter().all(|line| !line.trim().is_empty());
    let blanks = |lines: &[String]| lines.iter().filter(|line| line.trim().is_empty()).count();
    fair && blanks(&case.old) == blanks(&case.new) && drop_blank(&mut case.old) && drop_blank(&mut case.new)
}

fn drop_blank(lines: &mut Vec<String>) -> bool {
    let before = lines.len();
    lines.retain(|line| !line.trim().is_empty());
    before != lines.len() && !lines.is_empty()
}

/// Adds a blank line between two context lines.
fn blank_added(case: &mut Case) -> bool {
    let is_context = case.old.len() > 2 && case.old[..2] == case.new[..2.min(case.new.len())];
    if is_context {
        case.old.insert(1, String::new());
        case.new.insert(1, String::new());
    }
    is_context
}

fn pasted_numbers(case: &mut Case) -> bool {
    for lines in [&mut case.old, &mut case.new] {
        for (number, line) in (case.line.max(1)..).zip(lines.iter_mut()) {
            *line = format!("{number:>4} | {line}");
        }
    }
    true
}

fn typo(case: &mut Case, at: usize) -> bool {
    let is_context = case.old.get(at) == case.new.get(at);
    let Some(line) = case.old.get(at).filter(|line| is_context && line.trim().len() > 8 && line.is_ascii()) else {
        return false;
    };
    let middle = line.len() - line.trim_start().len() + line.trim().len() / 2;
    let mut typo = line.clone();
    typo.remove(middle);
    case.old[at].clone_from(&typo);
    case.new[at] = typo;
    true
}

fn dropped(case: &mut Case) -> bool {
    let is_context = case.old.len() > 2 && case.old.get(1) == case.new.get(1) && case.old[0] == case.new[0];
    if is_context {
        case.old.remove(1);
        case.new.remove(1);
    }
    // What is left may be what stands elsewhere, and then it says so.
    is_context && !case.means_another_place()
}

/// Quotes more lines above, and leaves the middle of them out.
fn elided(case: &mut Case) -> bool {
    const MORE: usize = 8;
    let lines: Vec<&str> = case.file.lines().collect();
    let Some(first) = case.line.checked_sub(1 + MORE) else { return false };
    let is_unique = |wanted: &str| lines.iter().filter(|line| **line == wanted).count() == 1;
    let top: Vec<String> = lines[first..first + 2].iter().map(ToString::to_string).collect();
    if !top.iter().all(|line| is_unique(line)) || case.old.first() != case.new.first() {
        return false;
    }
    let dots = [format!("{}...", &top[1][..indent(&top[1])])];
    for part in [&mut case.old, &mut case.new] {
        *part = top.iter().chain(&dots).chain(part.iter()).cloned().collect();
    }
    case.line = first + 1;
    true
}
