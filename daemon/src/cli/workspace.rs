//! `aiia index` and `aiia map`: what is known of a folder.

use std::path::Path;

use aiia_protocol::operation::{WorkspaceIndex, WorkspaceMap};
use aiia_protocol::system::Status as SystemStatus;
use aiia_protocol::workspace::{IndexWorkspace, MapWorkspace, SkippedFiles};

use crate::cli::arguments::{IndexArguments, MapArguments};
use crate::cli::output::{self, Style, paint};
use crate::client::Client;
use crate::exit::{self, Failure};

pub(crate) fn index(arguments: &IndexArguments) -> Result<u8, Failure> {
    let path = absolute(&arguments.folder)?;
    // Dense files and large folders take longer than an answer may.
    let mut last = None;
    let has_gone_on = |status: &SystemStatus| {
        let now = status.indexes.iter().find(|index| index.path == path).cloned();
        let has_gone_on = now != last;
        last = now;
        has_gone_on
    };
    let index = Client::open()?.call_watched::<WorkspaceIndex>(&IndexWorkspace { path: path.clone() }, has_gone_on)?;
    if arguments.json {
        output::json(&index);
        return Ok(exit::OK);
    }
    output::line(&format!("{} files, {} symbols, {} references", index.files, index.symbols, index.references));
    if arguments.stats {
        let row = |name: &str, value: &str| {
            output::painted_line(&format!("{} {value}", paint(&format!("{name:<8}"), Style::Faint)));
        };
        row("source", &format!("{:.1} MiB", index.bytes as f64 / 1_048_576.0));
        row("memory", &format!("{:.1} MiB", index.memory_bytes as f64 / 1_048_576.0));
        row("changed", &format!("{} files, {} gone", index.changed, index.removed));
        let seconds = &index.seconds;
        row(
            "seconds",
            &format!(
                "{:.3} load, {:.3} walk, {:.3} skim, {:.3} parse",
                seconds.load, seconds.walk, seconds.skim, seconds.parse
            ),
        );
    }
    note_skipped(&index.skipped);
    Ok(exit::OK)
}

fn note_skipped(all: &[SkippedFiles]) {
    for skipped in all {
        output::note(&format!("{} files left out: {}", skipped.files, skipped.reason));
    }
}

pub(crate) fn map(arguments: &MapArguments) -> Result<u8, Failure> {
    let params = MapWorkspace { path: absolute(&arguments.folder)?, budget: arguments.budget };
    let map = Client::open()?.call::<WorkspaceMap>(&params)?;
    if arguments.json {
        output::json(&map);
        return Ok(exit::OK);
    }
    let mut file = "";
    for piece in &map.pieces {
        if piece.path != file {
            output::painted_line(&paint(&piece.path, Style::Heading));
            file = &piece.path;
        }
        for (offset, line) in piece.text.trim_end_matches('\n').lines().enumerate() {
            let number = piece.start_line as usize + offset;
            output::line(&format!("{number:>5} {line}"));
        }
    }
    output::note(&format!("{} of {} tokens", map.used, map.budget));
    if map.signatures_left_out > 0 {
        let count =
            format!("{} of {} signatures", map.signatures_left_out, map.signatures_left_out + map.pieces.len() as u64);
        output::note(&format!("{count} left out: they matter less, or are too long for the budget (--budget)"));
    }
    note_skipped(&map.skipped);
    if map.is_reading {
        output::note(&format!("{} files are known so far; the folder is still being read", map.files));
    }
    Ok(exit::OK)
}

fn absolute(folder: &Path) -> Result<String, Failure> {
    let full = folder.canonicalize().map_err(|error| {
        Failure::new(
            exit::FAILED,
            format!("{} cannot be used: {error}.", folder.display()),
            "Name a folder, or go to it and name none.",
        )
    })?;
    full.into_os_string().into_string().map_err(|_| {
        Failure::new(exit::FAILED, format!("The name of {} is not in UTF-8.", folder.display()), "Rename the folder.")
    })
}
