//! Files that a shell command of the reply would write: `cat > src/a.py <<'EOF'`. Nothing is run; the text is taken.

use super::file_name::FileName;
use super::{Item, ItemKind, Parsed, code};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::Line;

/// Finds all here documents that go into a file.
pub(super) fn parse(lines: &[Line]) -> Parsed {
    let mut parsed = Parsed::default();
    let mut used = vec![false; lines.len()];
    let mut at = 0;
    while at < lines.len() {
        let Some((path, word)) = opening(lines[at].trimmed()) else {
            at += 1;
            continue;
        };
        let Some(end) = (at + 1..lines.len()).find(|number| lines[*number].trimmed() == word) else {
            parsed.complaints.push(Complaint::new(
                ComplaintKind::CutOff,
                format!(
                    "The here document on line {} of the reply has no end `{word}`, so it was cut off. Ask again.",
                    at + 1
                ),
            ));
            break;
        };
        used[at..=end].fill(true);
        parsed.items.push(Item {
            file: FileName::Given(path.to_owned()),
            kind: ItemKind::Write { text: code(&lines[at + 1..end]), only_new: false },
            reply_line: at + 1,
        });
        at = end + 1;
    }
    if !parsed.items.is_empty() {
        parsed.leave(lines, used);
    }
    parsed
}

/// The file and the word that ends the text: `cat > FILE <<'EOF'`, `cat <<EOF > FILE`, `tee FILE <<EOF`.
fn opening(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start_matches("$ ");
    let rest =
        line.strip_prefix("cat").or(line.strip_prefix("tee")).filter(|rest| rest.starts_with([' ', '>', '<']))?;
    let (before, after) = rest.split_once("<<")?;
    let after = after.trim_start_matches('-').trim_start();
    let word_end = after.find([' ', '>']).unwrap_or(after.len());
    let word = after[..word_end].trim_matches(['\'', '"', '\\']);
    let path =
        if line.starts_with("tee") { before } else { written_to(before).or_else(|| written_to(&after[word_end..]))? };
    let path = path.trim().split(['>', '|', '&', ';']).next()?.trim().trim_matches(['\'', '"']);
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_');
    (is_word && !path.is_empty() && !path.starts_with('-')).then_some((path, word))
}

/// What is appended (`>>`) has no place that the text tells.
fn written_to(text: &str) -> Option<&str> {
    text.trim().strip_prefix('>').filter(|rest| !rest.starts_with('>'))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("cat > src/a.py <<'EOF'", Some(("src/a.py", "EOF")))]
    #[case("cat <<EOF > a b.txt", Some(("a b.txt", "EOF")))]
    #[case("$ tee x.sh << \"END\"", Some(("x.sh", "END")))]
    #[case("tee x.sh <<-END > /dev/null", Some(("x.sh", "END")))]
    #[case("cat >> a.py <<EOF", None)]
    #[case("catalogue > a <<EOF", None)]
    #[case("cat a.py", None)]
    fn openings(#[case] line: &str, #[case] expected: Option<(&str, &str)>) {
        assert_eq!(opening(line), expected);
    }
}
