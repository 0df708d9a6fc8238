//! Texts that are refused before they are parsed, because a parser would not survive them.
//!
//! The scanners that grammars bring along keep their state in a buffer of 1 KiB. Some of them write beyond it, or find
//! afterwards that they cannot read it, and end the process. What makes them do so is found in no source file.

use crate::ParseError;
use crate::language::Quirk;
use std::collections::HashSet;

/// How many brackets may be open at the end. Where a grammar is ambiguous, the parser keeps all that an open bracket
/// could mean, and sorts it out at the end: with thousands of them that takes gigabytes.
pub(crate) const MAX_OPEN_BRACKETS: usize = 1000;

/// How many NUL bytes there may be. Grammars take one for the end of the file and look for more behind it, some of
/// them each time to the end.
pub(crate) const MAX_NUL_BYTES: usize = 1000;

/// How many widths of indentation there may be. Each level needs one of its own, and of Python 511 are too many within a
/// string; strings in each other, of which 255 are counted, take room from them: within so many, 384 are too many.
const MAX_INDENTATIONS: usize = 380;

/// How many levels a line of YAML may be in. 254 are too many, and a mapping and a list may begin in one column.
const MAX_YAML_LEVELS: usize = 120;

/// How long the word that ends a here document of Ruby may be; its length is kept in one byte.
const MAX_HEREDOC_WORD: usize = 100;

/// How many bytes the state of the here documents that are open may take.
const MAX_OPEN_HEREDOCS: usize = 400;

/// Refuses a text that a parser would not survive; `chunks` are its parts in order.
pub(crate) fn check<'t>(quirk: Quirk, chunks: impl Iterator<Item = &'t str>) -> Result<(), ParseError> {
    let (mut open, mut nul) = (0_usize, 0_usize);
    let mut line = Line::new();
    let mut here_documents = HereDocuments::new();
    for byte in chunks.flat_map(str::bytes) {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            0 => nul += 1,
            _ => {}
        }
        match quirk {
            Quirk::None => {}
            Quirk::Indentation | Quirk::Yaml => line.read(byte, quirk)?,
            Quirk::HereDocuments => here_documents.read(byte)?,
        }
    }
    if nul > MAX_NUL_BYTES {
        return Err(ParseError::NotCode);
    }
    if open > MAX_OPEN_BRACKETS { Err(ParseError::TooDeep) } else { Ok(()) }
}

/// How deep lines are indented.
struct Line {
    column: usize,
    is_blank: bool,
    /// Every width of indentation there has been.
    widths: HashSet<usize>,
    /// The columns of the lines around this one.
    around: Vec<usize>,
    /// What may begin a level within the line: `-`, `?` or `:` by itself.
    indicators: usize,
    last: u8,
    before_last: u8,
}

impl Line {
    fn new() -> Line {
        Line {
            column: 0,
            is_blank: true,
            widths: HashSet::new(),
            around: Vec::new(),
            indicators: 0,
            last: b'\n',
            before_last: b'\n',
        }
    }

    fn read(&mut self, byte: u8, quirk: Quirk) -> Result<(), ParseError> {
        let is_indicator = matches!(self.last, b'-' | b'?' | b':')
            && self.before_last.is_ascii_whitespace()
            && byte.is_ascii_whitespace();
        self.indicators += usize::from(is_indicator);
        (self.before_last, self.last) = (self.last, byte);
        if matches!(byte, b'\n' | b'\r') {
            (self.column, self.is_blank, self.indicators) = (0, true, 0);
            return Ok(());
        }
        if self.is_blank && !matches!(byte, b' ' | b'\t' | 0x0c) {
            self.is_blank = false;
            self.widths.insert(self.column);
            while self.around.last().is_some_and(|&column| column >= self.column) {
                self.around.pop();
            }
            self.around.push(self.column);
        }
        // As the grammar of Python counts.
        self.column = match byte {
            b'\t' => self.column + 8,
            0x0c => 0,
            _ => self.column + 1,
        };
        let is_too_deep = match quirk {
            Quirk::Yaml => self.around.len() + self.indicators > MAX_YAML_LEVELS,
            _ => self.widths.len() > MAX_INDENTATIONS,
        };
        if is_too_deep { Err(ParseError::TooDeep) } else { Ok(()) }
    }
}

/// The here documents of Ruby that are open: `<<~WORD`, `<<-"a word"`.
struct HereDocuments {
    state: Here,
    word: Vec<u8>,
    /// The words that end them.
    open: Vec<Vec<u8>>,
    /// The beginning of the line, without blanks.
    line: Vec<u8>,
    before: Before,
}

#[derive(Clone, Copy)]
enum Here {
    Code,
    OneAngle,
    TwoAngles,
    /// The first angle of an operator.
    Shift,
    Word {
        quote: Option<u8>,
    },
}

/// What tells that `<<` can only be an operator: a value that takes no argument stands right before it.
#[derive(Default)]
struct Before {
    is_value: bool,
    run: Run,
    last: u8,
    /// Brackets that were opened on this line and not closed.
    open: u32,
    /// On this line a bracket may be part of a string or of the parameters of a method, behind which a here document can begin.
    is_doubtful: bool,
}

/// The letters and digits that follow each other.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Run {
    #[default]
    None,
    Number,
    /// Whether what there is of it begins `def`.
    Word {
        letters: u8,
        is_def: bool,
    },
}

fn is_part_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

impl Before {
    fn read(&mut self, byte: u8) {
        let is_closed = matches!(byte, b')' | b']') && self.open > 0;
        if is_part_of_word(byte) {
            self.run = match self.run {
                // `?1` is a string, `$1` and `@1` are names.
                Run::None if byte.is_ascii_digit() && !matches!(self.last, b'?' | b'$' | b'@' | b'\\') => Run::Number,
                Run::None => Run::Word { letters: 1, is_def: byte == b'd' },
                Run::Number => Run::Number,
                Run::Word { letters, is_def } => Run::Word {
                    letters: letters.saturating_add(1),
                    is_def: is_def && b"def".get(usize::from(letters)) == Some(&byte),
                },
            };
        } else {
            self.is_doubtful |= matches!(self.run, Run::Word { letters: 3, is_def: true })
                || matches!(byte, b'%' | b'"' | b'\'' | b'`' | b'?' | b'/' | b'#' | b'\\');
            self.run = Run::None;
        }
        match byte {
            b'(' | b'[' => self.open += 1,
            b')' | b']' => self.open = self.open.saturating_sub(1),
            b'\n' | b'\r' => (self.open, self.is_doubtful) = (0, false),
            _ => {}
        }
        self.is_value = self.run == Run::Number || (is_closed && !self.is_doubtful);
        self.last = byte;
    }
}

impl HereDocuments {
    fn new() -> HereDocuments {
        HereDocuments {
            state: Here::Code,
            word: Vec::new(),
            open: Vec::new(),
            line: Vec::new(),
            before: Before::default(),
        }
    }

    fn read(&mut self, byte: u8) -> Result<(), ParseError> {
        let is_part_of_word = is_part_of_word(byte);
        let is_shift = byte == b'<' && self.before.is_value;
        self.before.read(byte);
        let next = match self.state {
            Here::Word { quote: Some(quote) } if byte != quote => self.state,
            Here::Word { quote: None } if is_part_of_word => self.state,
            Here::Shift if byte == b'<' => Here::Code,
            Here::OneAngle | Here::TwoAngles if byte == b'<' => Here::TwoAngles,
            _ if is_shift => Here::Shift,
            _ if byte == b'<' => Here::OneAngle,
            Here::TwoAngles if matches!(byte, b'~' | b'-') => Here::TwoAngles,
            Here::TwoAngles if matches!(byte, b'"' | b'\'' | b'`') => Here::Word { quote: Some(byte) },
            Here::TwoAngles if is_part_of_word => Here::Word { quote: None },
            _ => Here::Code,
        };
        match (self.state, next) {
            (Here::Word { .. }, Here::Word { .. }) | (_, Here::Word { quote: None }) => self.word.push(byte),
            (Here::Word { .. }, _) => self.open.push(std::mem::take(&mut self.word)),
            _ => {}
        }
        self.state = next;
        if byte == b'\n' {
            self.end_line();
        } else if self.line.len() <= MAX_HEREDOC_WORD && !(self.line.is_empty() && byte.is_ascii_whitespace()) {
            self.line.push(byte);
        }
        let state: usize = self.open.iter().map(|word| word.len() + 4).sum();
        let is_too_much = self.word.len() > MAX_HEREDOC_WORD || state > MAX_OPEN_HEREDOCS;
        if is_too_much { Err(ParseError::NotCode) } else { Ok(()) }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if let Some(ended) = self.open.iter().position(|word| *word == line.trim_ascii_end()) {
            self.open.remove(ended);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Language, ParseError, SyntaxTree};
    use rstest::rstest;

    fn stairs(line: &str, steps: usize) -> String {
        (0..steps).map(|step| " ".repeat(step) + line + "\n").collect()
    }

    fn nested_strings(depth: usize) -> String {
        format!("x = {}y{}\n", "f\"{".repeat(depth), "}\"".repeat(depth))
    }

    /// Each of the refused texts ends the process when it is parsed.
    #[rstest]
    #[case("python", stairs("if x:", 300) + &" ".repeat(300) + "x = f\"{y}\"\n", None)]
    #[case("python", stairs("if x:", 399) + &" ".repeat(399) + &nested_strings(255), Some(ParseError::TooDeep))]
    #[case("python", stairs("if x:", 379) + &" ".repeat(379) + &nested_strings(255), None)]
    #[case("python", stairs("if x:", 600) + &" ".repeat(600) + "x = f\"{y}\"\n", Some(ParseError::TooDeep))]
    #[case("python", stairs("if x:\r", 600) + &" ".repeat(600) + "x = f\"{y}\"\n", Some(ParseError::TooDeep))]
    #[case("yaml", stairs("a:", 110), None)]
    #[case("yaml", stairs("a:", 300), Some(ParseError::TooDeep))]
    #[case("yaml", "- ".repeat(110) + "x\n", None)]
    #[case("yaml", "- ".repeat(300) + "x\n", Some(ParseError::TooDeep))]
    #[case("yaml", "? ".repeat(300) + "x\n", Some(ParseError::TooDeep))]
    #[case("yaml", stairs("- :\t-", 119), Some(ParseError::TooDeep))]
    #[case("yaml", "a: b - c - d: 1 - 2\n".repeat(300), None)]
    #[case("ruby", format!("x = <<~{0}\n  a\n{0}\n", "A".repeat(90)), None)]
    #[case("ruby", format!("x = <<~{0}\n  a\n{0}\n", "A".repeat(300)), Some(ParseError::NotCode))]
    #[case("ruby", format!("x = <<-\"{0}\"\n  a\n{0}\n", "A b ".repeat(99)), Some(ParseError::NotCode))]
    #[case("ruby", "f(<<A, <<~B, <<-'C')\na\nA\nb\nB\nc\nC\n".repeat(300), None)]
    #[case("ruby", "a << b << c << \"d\" << ".repeat(300), None)]
    #[case("ruby", "a = 1<<16\nb = (a + 1)<<c\nd = e[0]<<f\ng(0x1F<<h)\n".repeat(300), None)]
    #[case("ruby", "a<<b1<<c\n".repeat(300), Some(ParseError::NotCode))]
    #[case("ruby", "x(%q(a)<<AB)\n".repeat(300), Some(ParseError::NotCode))]
    #[case("ruby", "x(a1<<AB)\n".repeat(300), Some(ParseError::NotCode))]
    #[case("ruby", "def f(a)<<AB\n".repeat(300), Some(ParseError::NotCode))]
    #[case("ruby", "def f(\na)<<AB\n".repeat(300), Some(ParseError::NotCode))]
    #[case("ruby", "f(<<AB)\n".repeat(300), Some(ParseError::NotCode))]
    #[case("ruby", format!("f(<<\"{}\")\n", "A\n".repeat(99)), Some(ParseError::NotCode))]
    fn refuses_what_a_scanner_does_not_survive(
        #[case] language: &str,
        #[case] text: String,
        #[case] expected: Option<ParseError>,
    ) {
        let language = Language::from_language_id(language).unwrap();
        assert_eq!(SyntaxTree::parse(language, &text).err(), expected);
    }
}
