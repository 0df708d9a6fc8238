//! `aiia export` and `aiia import`: chats as files.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use aiia_protocol::operation::{ExportStart, ImportStart, TransferGet};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::transfer::{
    ExportFormat, GetTransfer, ImportItem, ImportOutcome, ImportReport, StartExport, StartImport, Transfer,
    TransferStatus,
};

use crate::cli::arguments::{ExportArguments, ImportArguments};
use crate::cli::interrupt::Interrupt;
use crate::cli::output::{self, Style, counted, paint};
use crate::cli::sanitize::one_line;
use crate::cli::terminal::progress::Progress;
use crate::client::Client;
use crate::exit::{self, Failure};

/// How often it is asked how far a transfer is.
const STEP: std::time::Duration = std::time::Duration::from_millis(50);

pub(crate) fn export(arguments: &ExportArguments) -> Result<u8, Failure> {
    let interrupt = Interrupt::listen();
    // A file that is in the way is told before the work.
    let to_stdout = arguments.output.as_deref() == Some(Path::new("-"));
    if let Some(output) = arguments.output.as_deref().filter(|_| !to_stdout) {
        refuse_existing(output, arguments.force)?;
    }
    if to_stdout && arguments.json {
        return Err(Failure::usage(
            "Standard output gets the file, so that there is no place for --json.",
            "Leave one out.",
        ));
    }
    let named = arguments.format.as_ref().and_then(|format| serde_json::from_value(format.clone().into()).ok());
    let format = named.or_else(|| format_of(arguments.output.as_deref()?));
    let everything = arguments.chat.is_none();
    if to_stdout && io::stdout().is_terminal() && is_binary(format, everything) {
        return Err(Failure::usage(
            "The file is not made of text, and a terminal cannot show it.",
            "Name a file with -o, or redirect standard output.",
        ));
    }
    let mut client = Client::open()?;
    let begun = client.call::<ExportStart>(&StartExport {
        chat_id: arguments.chat.as_deref().map(Into::into),
        project_id: arguments.project.as_deref().map(Into::into),
        format,
    })?;
    let ended = follow(&mut client, begun, &interrupt)?;
    let Some(mut file) = ended.file else { return Ok(exit::CANCELLED) };
    let made = PathBuf::from(&file.path);
    let output = arguments.output.clone().unwrap_or_else(|| PathBuf::from(&file.name));
    let copied = copy(&made, &output, to_stdout, arguments.force);
    let _ = fs::remove_file(&made);
    copied?;
    if let Some(note) = file.note.as_ref().filter(|_| !arguments.json) {
        output::note(note);
    }
    if to_stdout {
        return Ok(exit::OK);
    }
    file.path = std::path::absolute(&output).unwrap_or(output).display().to_string();
    if arguments.json {
        output::json(&file);
    } else {
        let size = file.bytes.div_ceil(1024);
        let (chats, messages) = (counted(file.chats, "chat"), counted(file.messages, "message"));
        output::line(&format!("{}  {chats}, {messages}, {size} KiB", file.path));
    }
    Ok(exit::OK)
}

fn refuse_existing(output: &Path, force: bool) -> Result<(), Failure> {
    if force || !output.exists() {
        return Ok(());
    }
    let problem = Problem::new(ProblemCode::Conflict, format!("{} is there already.", output.display()));
    Err(problem.with_hint("Name another file, or add --force to replace it.").into())
}

/// Brings the file to its place, whole or not at all.
fn copy(made: &Path, output: &Path, to_stdout: bool, force: bool) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::local(format!("{} cannot be written: {error}.", output.display()));
    let mut from = File::open(made).map_err(failed)?;
    if to_stdout {
        if io::stdout().is_terminal() {
            return show_text(from).map_err(failed);
        }
        return match io::copy(&mut from, &mut io::stdout().lock()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(failed(error)),
            _ => Ok(()),
        };
    }
    refuse_existing(output, force)?;
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // It is readable by its owner alone, and goes when something fails.
    let mut draft = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    io::copy(&mut from, &mut draft).and_then(|_| draft.as_file().sync_all()).map_err(failed)?;
    draft.persist(output).map(drop).map_err(|error| failed(error.error))
}

/// Shows text on the terminal without what would steer it.
fn show_text(mut from: File) -> io::Result<()> {
    let mut text = String::new();
    from.read_to_string(&mut text)?;
    output::line(text.trim_end());
    Ok(())
}

/// The format that the ending of a file's name tells.
fn format_of(output: &Path) -> Option<ExportFormat> {
    match output.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "md" | "markdown" => Some(ExportFormat::Markdown),
        "json" => Some(ExportFormat::Json),
        "html" | "htm" => Some(ExportFormat::Html),
        "pdf" => Some(ExportFormat::Pdf),
        "zip" => Some(ExportFormat::Zip),
        _ => None,
    }
}

/// Whether an export is no text; where no format is named, one of everything is a ZIP.
fn is_binary(format: Option<ExportFormat>, everything: bool) -> bool {
    match format {
        Some(format) => matches!(format, ExportFormat::Pdf | ExportFormat::Zip),
        None => everything,
    }
}

pub(crate) fn import(arguments: &ImportArguments) -> Result<u8, Failure> {
    let interrupt = Interrupt::listen();
    let path = std::path::absolute(&arguments.file)
        .map_err(|error| Failure::local(format!("{} cannot be used: {error}.", arguments.file.display())))?;
    let mut client = Client::open()?;
    let begun = client.call::<ImportStart>(&StartImport {
        path: Some(path.display().to_string()),
        project_id: arguments.project.as_deref().map(Into::into),
        ..StartImport::default()
    })?;
    let ended = follow(&mut client, begun, &interrupt)?;
    let Some(report) = ended.report else { return Ok(exit::CANCELLED) };
    if arguments.json {
        output::json(&report);
    } else {
        show(&report);
    }
    Ok(match ended.status {
        TransferStatus::Cancelled => exit::CANCELLED,
        _ if report.failed > 0 => exit::FAILED,
        _ => exit::OK,
    })
}

fn show(report: &ImportReport) {
    let told = |item: &&ImportItem| item.outcome != ImportOutcome::Unchanged || item.detail.is_some();
    for item in report.items.iter().filter(told) {
        let (word, style) = match item.outcome {
            ImportOutcome::Created => ("new", Style::Good),
            ImportOutcome::Updated => ("more", Style::Good),
            ImportOutcome::Unchanged => ("there", Style::Faint),
            ImportOutcome::Skipped => ("left out", Style::Warning),
            ImportOutcome::Failed => ("failed", Style::Bad),
        };
        let title = one_line(&item.title);
        output::painted_line(&format!("{}  {title}", paint(&format!("{word:>8}"), style)));
        if let Some(detail) = &item.detail {
            output::painted_line(&format!("          {}", paint(&one_line(detail), Style::Faint)));
        }
    }
    output::note(&format!(
        "From {}: {} new, {} with something new, {} there already, {} left out, {} failed; {} messages.",
        report.source.name(),
        report.created,
        report.updated,
        report.unchanged,
        report.skipped,
        report.failed,
        report.messages
    ));
}

/// Shows how far a transfer is, until its end.
fn follow(client: &mut Client, mut transfer: Transfer, interrupt: &Interrupt) -> Result<Transfer, Failure> {
    let mut progress = Progress::default();
    let transfer_id = transfer.id.clone();
    interrupt.watch_transfer(client.canceller(), transfer_id.clone());
    while transfer.status == TransferStatus::Running {
        if let Some(total) = transfer.total.filter(|total| *total > 1) {
            progress.show(&format!("{} of {total} chats", transfer.done));
        }
        std::thread::sleep(STEP);
        transfer = client.call::<TransferGet>(&GetTransfer { transfer_id: transfer_id.clone(), wait: false })?;
    }
    progress.clear();
    interrupt.unwatch();
    match transfer.problem.take() {
        Some(problem) => Err(problem.into()),
        None => Ok(transfer),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("chat.md", Some(ExportFormat::Markdown))]
    #[case("a.b/chat.JSON", Some(ExportFormat::Json))]
    #[case("chat.htm", Some(ExportFormat::Html))]
    #[case("chat.pdf", Some(ExportFormat::Pdf))]
    #[case("chats.zip", Some(ExportFormat::Zip))]
    #[case("chat.txt", None)]
    #[case("chat", None)]
    #[case(".md", None)]
    #[case("-", None)]
    fn the_ending_tells_the_format(#[case] name: &str, #[case] expected: Option<ExportFormat>) {
        assert_eq!(format_of(Path::new(name)), expected);
    }

    #[test]
    fn a_file_is_placed_whole_and_leaves_others_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (made, output, part) =
            (folder.path().join("made"), folder.path().join("out"), folder.path().join("out.part"));
        fs::write(&made, "new").unwrap();
        fs::write(&part, "of somebody else").unwrap();
        copy(&made, &output, false, false).unwrap();
        assert!(copy(&made, &output, false, false).is_err(), "it is there already");
        fs::write(&made, "newer").unwrap();
        copy(&made, &output, false, true).unwrap();
        assert_eq!(fs::read_to_string(&output).unwrap(), "newer");
        assert_eq!(fs::read_to_string(&part).unwrap(), "of somebody else");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
