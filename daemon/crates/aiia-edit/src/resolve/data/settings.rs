//! A part of a file of settings that has no grammar: `key = value` line by line, under `[sections]`.

use std::ops::Range;

use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, lines};
use crate::resolve::view::FileView;
use crate::resolve::{Change, elision};
use crate::tolerance::Tolerance;

/// How such files are called.
const ENDINGS: &[&str] = &["ini", "cfg", "conf", "properties", "env", "editorconfig", "gitconfig"];

/// A setting of a file, or of a reply.
struct Setting<'t> {
    section: &'t str,
    key: &'t str,
    /// Where its value is within the text.
    value: Range<usize>,
    line: Line<'t>,
}

struct Settings<'t> {
    text: &'t str,
    all: Vec<Setting<'t>>,
    /// The sections with their lines.
    sections: Vec<(&'t str, Line<'t>)>,
    /// Whether it says that it leaves something out.
    is_elided: bool,
}

impl<'t> Settings<'t> {
    /// Reads all of a text; nothing where one of its lines is something else.
    fn of(text: &'t str) -> Option<Self> {
        let mut settings = Self { text, all: Vec::new(), sections: Vec::new(), is_elided: false };
        let mut section = "";
        for line in lines(text) {
            let said = line.trimmed().trim_start_matches('\u{feff}');
            settings.is_elided |= elision::stands_for_others(said);
            if said.is_empty() || said.starts_with(['#', ';']) || elision::stands_for_others(said) {
                continue;
            }
            if let Some(name) = said.strip_prefix('[') {
                section = name.strip_suffix(']')?.trim();
                settings.sections.push((section, line));
                continue;
            }
            let (key, value) = said.split_once('=').or_else(|| said.split_once(':'))?;
            let key = key.trim();
            let name = key.strip_prefix("export ").unwrap_or(key).trim();
            // What goes over several lines is not read.
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_.-".contains(c));
            let goes_on = value.ends_with('\\') || line.content.starts_with([' ', '\t']) && section.is_empty();
            let value = value.trim();
            let open = value.starts_with(['"', '\'']) && (value.len() < 2 || !value.ends_with(&value[..1]));
            if !is_name || goes_on || open && !value.contains(" #") {
                return None;
            }
            let end = line.start + line.right_trimmed().len();
            settings.all.push(Setting { section, key: name, value: end - value.len()..end, line });
        }
        Some(settings)
    }

    fn named(&self, section: &str, key: &str) -> Vec<&Setting<'t>> {
        self.all.iter().filter(|own| own.section == section && own.key == key).collect()
    }

    /// The last line of a section.
    fn end_of(&self, section: &str) -> Option<Line<'t>> {
        let last = self.all.iter().rfind(|own| own.section == section).map(|own| own.line);
        last.or_else(|| self.sections.iter().find(|(name, _)| *name == section).map(|(_, line)| *line))
    }
}

/// The change that a part of such a file makes: the keys that both have get their values, others come beside them. Nothing where the
/// code or the file is something else, or nothing of it stands in the file.
pub(in crate::resolve) fn changes(text: &str, file: &FileView) -> Option<Result<Vec<Change>, Complaint>> {
    let name = file.path.rsplit('/').next().unwrap_or(file.path);
    let is_dotenv = name == ".env" || name.starts_with(".env.");
    if file.language.is_some() || !(is_dotenv || ENDINGS.contains(&name.rsplit('.').next().unwrap_or_default())) {
        return None;
    }
    let (given, own) = (Settings::of(text)?, Settings::of(file.text)?);
    let is_known = |setting: &Setting| match setting.section {
        "" => !own.named("", setting.key).is_empty(),
        section => own.sections.iter().any(|(name, _)| *name == section),
    };
    let sections: Vec<&str> = given.all.iter().map(|setting| setting.section).collect();
    // Of each section something must tell that it is that of the file.
    if given.all.is_empty()
        || !sections.iter().all(|name| given.all.iter().any(|other| other.section == *name && is_known(other)))
    {
        return None;
    }
    Some(merged(&given, &own, file))
}

fn merged(given: &Settings, own: &Settings, file: &FileView) -> Result<Vec<Change>, Complaint> {
    let mut changes: Vec<Change> = Vec::new();
    for section in given.all.iter().map(|setting| setting.section) {
        refuse_gaps(section, given, own, file)?;
    }
    let mut before: Option<(&str, Line)> = None;
    for setting in &given.all {
        let found = own.named(setting.section, setting.key);
        let is_section_clear = own.sections.iter().filter(|(name, _)| *name == setting.section).count() < 2;
        let is_given_once = given.named(setting.section, setting.key).len() == 1;
        if found.len() > 1 || !is_section_clear || !is_given_once {
            let lines: Vec<usize> = found.iter().map(|own| file.line_number(own.line.start)).collect();
            let message = format!(
                "The reply gives `{}`, and where it goes in {} cannot be told. Ask the model for a search/replace block.",
                setting.key, file.path
            );
            return Err(Complaint::new(ComplaintKind::Ambiguous, message).in_file(file.path).with_candidates(lines));
        }
        if let Some(own_setting) = found.first() {
            before = Some((setting.section, own_setting.line));
            let new_text = given.text[setting.value.clone()].to_owned();
            if own.text[own_setting.value.clone()] != *new_text {
                changes.push(Change { range: own_setting.value.clone(), new_text, tolerances: Vec::new() });
            }
            continue;
        }
        let place = before.filter(|(section, _)| *section == setting.section).map(|(_, line)| line);
        let Some(line) = place.or_else(|| own.end_of(setting.section)) else { continue };
        let at = line.start + line.content.len();
        let written = setting.line.trimmed();
        match changes.iter_mut().find(|change| change.range == (at..at)) {
            Some(earlier) => earlier.new_text.extend([file.eol, written]),
            None => changes.push(Change {
                range: at..at,
                new_text: format!("{}{written}", file.eol),
                tolerances: Vec::new(),
            }),
        }
    }
    if let Some(first) = changes.first_mut() {
        first.tolerances.push(Tolerance::Elision);
    }
    Ok(changes)
}

/// A section that repeats what does not change is meant as a whole: what it lacks may be meant to go.
fn refuse_gaps(section: &str, given: &Settings, own: &Settings, file: &FileView) -> Result<(), Complaint> {
    let of = |settings: &'_ Settings, key: &str| -> Option<String> {
        let found = settings.all.iter().find(|setting| setting.section == section && setting.key == key)?;
        Some(settings.text[found.value.clone()].to_owned())
    };
    let mut settings = own.all.iter().filter(|setting| setting.section == section);
    let Some(missing) = settings.find(|own| of(given, own.key).is_none()).filter(|_| !given.is_elided) else {
        return Ok(());
    };
    let mut inside = given.all.iter().filter(|setting| setting.section == section);
    let Some(repeated) = inside.find(|setting| of(own, setting.key) == of(given, setting.key)) else { return Ok(()) };
    let line = file.line_number(missing.line.start);
    let message = format!(
        "The reply repeats `{}` of {} and leaves out `{}`, at line {line}, which nobody asked to delete. Ask the model for a \
         search/replace block.",
        repeated.key, file.path, missing.key
    );
    Err(Complaint::new(ComplaintKind::Vanished, message).in_file(file.path).with_candidates(vec![line]))
}
