//! `aiia review`: the hunks of a proposed change, one by one.

use std::collections::{HashSet, VecDeque};
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::Command;

use aiia_protocol::edit::{
    DecideEdit, EditFile, EditHunk, EditRef, EditStatus, FindEdits, HunkPreview, HunkStatus, ListEdits, PendingEdit,
    RetryHunk, ReviseHunk, SplitHunk,
};
use aiia_protocol::id::{EditId, HunkNumber};
use aiia_protocol::operation::{
    EditFind, EditGet, EditList, EditPreview, EditReject, EditRetry, EditRevise, EditSplit,
};
use aiia_protocol::problem::Problem;

use crate::cli::arguments::{Allowed, ReviewArguments};
use crate::cli::edits::{self, accept_and_write};
use crate::cli::hunk_view::{self, OnDisk};
use crate::cli::interrupt::Interrupt;
use crate::cli::output::{self, Style, counted, paint};
use crate::cli::run_view::{self, Show};
use crate::client::Client;
use crate::exit::{self, Failure};

const HELP: &str = "\
y  accept this hunk and write it into the file
n  reject it
s  split it into smaller ones
e  edit the lines that it brings, in $VISUAL or $EDITOR
r  ask the model for something else in its place
a  accept it and all that follow
d  reject it and all that follow
k  leave it waiting
q  stop here; what is undecided waits";

pub(crate) fn run(arguments: &ReviewArguments) -> Result<u8, Failure> {
    let Allowed { protected, unsaved } = arguments.allowed();
    if (protected || unsaved) && arguments.accept.is_empty() && (arguments.json || !arguments.reject.is_empty()) {
        return Err(Failure::usage(
            "Nothing is written, so there is nothing to allow.",
            "Leave --allow-protected and --allow-unsaved out, or name what is accepted with --accept.",
        ));
    }
    let mut client = Client::open()?;
    let Some(edit) = chosen(&mut client, arguments.edit.as_deref())? else {
        output::note("No proposed change waits. `aiia fix FILE` makes one.");
        return Ok(exit::OK);
    };
    let decides = !arguments.accept.is_empty() || !arguments.reject.is_empty();
    if decides {
        return decide(&mut client, &edit, arguments);
    }
    if arguments.json {
        output::json(&edits::seen_from_here(edit));
        return Ok(exit::OK);
    }
    let waits = edit.status == EditStatus::Pending;
    if waits && io::stdin().is_terminal() && io::stdout().is_terminal() {
        return walk(&mut client, edit.id, arguments.allowed());
    }
    heading(&edit);
    let places = places(&mut client, &edit.id);
    let mut on_disk = OnDisk::default();
    for (file, hunk) in hunks(&edit) {
        hunk_view::print(file, hunk, places.iter().find(|place| place.number == hunk.number), &mut on_disk);
    }
    if waits {
        let id = &edit.id;
        output::note(&format!("`aiia review {id} --accept 1,2 --reject 3` decides; `aiia accept {id}` accepts all."));
    }
    Ok(exit::OK)
}

/// The change that is meant: the named one, else the newest that waits in the repository of the working directory.
fn chosen(client: &mut Client, id: Option<&str>) -> Result<Option<PendingEdit>, Failure> {
    if let Some(id) = id {
        return Ok(Some(client.call::<EditGet>(&EditRef { edit_id: EditId::from(id) })?));
    }
    let root = repository()?;
    let here = FindEdits { paths: vec![root.display().to_string()], hunks: HunkStatus::Pending, limit: Some(1) };
    if let Some(edit) = client.call::<EditFind>(&here)?.items.into_iter().next() {
        return Ok(Some(edit));
    }
    let elsewhere = ListEdits { status: Some(EditStatus::Pending), limit: Some(3), ..ListEdits::default() };
    let others = client.call::<EditList>(&elsewhere)?.items;
    if others.is_empty() {
        return Ok(None);
    }
    let named: Vec<String> = others.iter().map(|edit| format!("`aiia review {}` ({})", edit.id, edit.title)).collect();
    Err(Failure::usage(
        format!("No proposed change waits below {}.", root.display()),
        format!("Elsewhere: {}.", named.join(", ")),
    ))
}

/// The folder of the repository that the working directory is in, else that directory itself.
fn repository() -> Result<PathBuf, Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::local(format!("The working directory cannot be used: {error}.")))?;
    let root = here.ancestors().find(|folder| folder.join(".git").exists());
    Ok(root.unwrap_or(&here).to_owned())
}

fn decide(client: &mut Client, edit: &PendingEdit, arguments: &ReviewArguments) -> Result<u8, Failure> {
    if let Some(twice) = arguments.accept.iter().find(|number| arguments.reject.contains(number)) {
        return Err(Failure::usage(format!("Hunk {twice} is accepted and rejected."), "Name it once."));
    }
    // Before any of them is decided on.
    let is_missing = |number: &&HunkNumber| !hunks(edit).any(|(_, hunk)| hunk.number == **number);
    if let Some(number) = arguments.accept.iter().chain(&arguments.reject).find(is_missing) {
        return Err(Problem::not_found("hunk", number).into());
    }
    let mut after = edit.clone();
    if !arguments.accept.is_empty() {
        after = accept_and_write(client, edit, Some(arguments.accept.clone()), arguments.allowed())?.edit;
    }
    if !arguments.reject.is_empty() {
        after = reject(client, edit, arguments.reject.clone())?;
    }
    if arguments.json {
        output::json(&edits::seen_from_here(after));
    } else if !arguments.reject.is_empty() {
        output::note(&format!("Rejected: {}.", counted(arguments.reject.len() as u64, "hunk")));
    }
    Ok(exit::OK)
}

fn reject(client: &mut Client, edit: &PendingEdit, hunks: Vec<HunkNumber>) -> Result<PendingEdit, Failure> {
    let params = DecideEdit { hunks: Some(hunks), ..DecideEdit::all_of(edit.id.clone()) };
    Ok(client.call::<EditReject>(&params)?.edit)
}

fn heading(edit: &PendingEdit) {
    let waiting = hunks(edit).filter(|(_, hunk)| hunk.status == HunkStatus::Pending).count();
    let title = paint(&edit.title, Style::Heading);
    output::painted_line(&format!("{title} · {} · {waiting} waiting", paint(&edit.model, Style::Faint)));
    edits::note_said(edit);
    edit.left_out.iter().for_each(|sentence| output::note(&format!("note: {sentence}")));
}

fn hunks(edit: &PendingEdit) -> impl Iterator<Item = (&EditFile, &EditHunk)> {
    edit.files.iter().flat_map(|file| file.hunks.iter().map(move |hunk| (file, hunk)))
}

/// Where the hunks that wait would go; nothing where that cannot be told, which keeps no hunk from being shown.
fn places(client: &mut Client, id: &EditId) -> Vec<HunkPreview> {
    let preview = client.call::<EditPreview>(&EditRef { edit_id: id.clone() });
    preview.map_or_else(|_| Vec::new(), |preview| preview.files.into_iter().flat_map(|file| file.hunks).collect())
}

/// Asks about each waiting hunk, and then about those of changes that the model proposes instead.
fn walk(client: &mut Client, first: EditId, allowed: Allowed) -> Result<u8, Failure> {
    let interrupt = Interrupt::listen();
    let mut edits = VecDeque::from([first]);
    while let Some(id) = edits.pop_front() {
        let mut left: HashSet<HunkNumber> = HashSet::new();
        let mut shown_heading = false;
        loop {
            let edit = client.call::<EditGet>(&EditRef { edit_id: id.clone() })?;
            if !shown_heading {
                heading(&edit);
                shown_heading = true;
            }
            let next =
                hunks(&edit).find(|(_, hunk)| hunk.status == HunkStatus::Pending && !left.contains(&hunk.number));
            let Some((file, hunk)) = next else { break };
            let places = places(client, &id);
            let place = places.iter().find(|place| place.number == hunk.number);
            hunk_view::print(file, hunk, place, &mut OnDisk::default());
            let Some(key) = ask("Accept this hunk? [y,n,s,e,r,a,d,k,q,?] ") else { return Ok(exit::OK) };
            let number = hunk.number;
            let waiting = || {
                let waits = |hunk: &EditHunk| hunk.status == HunkStatus::Pending && !left.contains(&hunk.number);
                hunks(&edit)
                    .map(|(_, hunk)| hunk)
                    .filter(|hunk| waits(hunk))
                    .map(|hunk| hunk.number)
                    .collect::<Vec<_>>()
            };
            let result = match key.as_str() {
                "y" => accept_and_write(client, &edit, Some(vec![number]), allowed).map(drop),
                "n" => reject(client, &edit, vec![number]).map(drop),
                "a" => accept_and_write(client, &edit, Some(waiting()), allowed).map(drop),
                "d" => reject(client, &edit, waiting()).map(drop),
                "s" => split(client, &id, number),
                "e" => revise(client, &id, hunk),
                "r" => retry(client, &id, number, &interrupt).map(|again| edits.extend(again)),
                "k" => {
                    left.insert(number);
                    Ok(())
                }
                "q" => return Ok(exit::OK),
                _ => {
                    output::note(HELP);
                    Ok(())
                }
            };
            if let Err(failure) = result {
                // The hunk is as it was, and the user decides again.
                output::report(&failure);
            }
        }
    }
    Ok(exit::OK)
}

/// An answer from the terminal, without blanks; nothing at its end.
fn ask(question: &str) -> Option<String> {
    let mut to = io::stderr();
    write!(to, "{question}").and_then(|()| to.flush()).ok()?;
    let mut answer = String::new();
    match io::stdin().lock().read_line(&mut answer) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(answer.trim().to_owned()),
    }
}

fn split(client: &mut Client, id: &EditId, hunk: HunkNumber) -> Result<(), Failure> {
    client.call::<EditSplit>(&SplitHunk { edit_id: id.clone(), hunk, line: None })?;
    Ok(())
}

fn revise(client: &mut Client, id: &EditId, hunk: &EditHunk) -> Result<(), Failure> {
    let editor = ["VISUAL", "EDITOR"].into_iter().find_map(|name| std::env::var(name).ok()).unwrap_or("vi".to_owned());
    let folder =
        tempfile::tempdir().map_err(|error| Failure::local(format!("There is no temporary folder: {error}.")))?;
    let file = folder.path().join(format!("hunk-{}.txt", hunk.number));
    let failed = |error: io::Error| Failure::local(format!("{} cannot be used: {error}.", file.display()));
    // What was written there outlives what goes wrong afterwards.
    let kept = |mut failure: Failure, folder: tempfile::TempDir| {
        let path = folder.keep().join(file.file_name().unwrap_or_default());
        failure.problem.hint = Some(format!("The lines that you wrote are in {}.", path.display()));
        failure
    };
    std::fs::write(&file, &hunk.new_text).map_err(failed)?;
    // The variable may hold arguments, such as `code --wait`.
    let status = Command::new("sh").arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(&file).status();
    match status {
        Ok(status) if status.success() => {}
        Ok(_) => return Err(kept(Failure::local(format!("`{editor}` failed; the hunk is as it was.")), folder)),
        Err(error) => return Err(Failure::local(format!("`{editor}` could not be started: {error}."))),
    }
    let new_text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) => return Err(kept(failed(error), folder)),
    };
    if new_text != hunk.new_text {
        let revised = ReviseHunk { edit_id: id.clone(), hunk: hunk.number, new_text };
        client.call::<EditRevise>(&revised).map_err(|problem| kept(problem.into(), folder))?;
    }
    Ok(())
}

/// The change that the model proposes instead, if it does.
fn retry(client: &mut Client, id: &EditId, hunk: HunkNumber, interrupt: &Interrupt) -> Result<Option<EditId>, Failure> {
    let note = ask("What is wrong with it? ").filter(|note| !note.is_empty());
    let params = RetryHunk { edit_id: id.clone(), hunk, note, model: None, documents: Vec::new() };
    let run = client.call::<EditRetry>(&params)?;
    let outcome = run_view::follow(client, &run, Show::Progress, interrupt)?;
    interrupt.unwatch();
    if outcome.edit.is_none() {
        output::note("The model proposed nothing else; the hunk waits.");
    }
    Ok(outcome.edit)
}
