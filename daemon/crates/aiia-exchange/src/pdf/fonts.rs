//! The fonts that every reader of PDF files has, so that none is embedded: which bytes their characters have, and how wide they are.

/// A font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Font {
    Plain,
    Strong,
    Emphasis,
    Code,
    /// Signs: the box that stands for a character of no other font.
    Signs,
}

impl Font {
    pub(super) const ALL: [Self; 5] = [Self::Plain, Self::Strong, Self::Emphasis, Self::Code, Self::Signs];

    /// Its name in the PDF standard.
    pub(super) fn name(self) -> &'static [u8] {
        match self {
            Self::Plain => b"Helvetica",
            Self::Strong => b"Helvetica-Bold",
            Self::Emphasis => b"Helvetica-Oblique",
            Self::Code => b"Courier",
            Self::Signs => b"ZapfDingbats",
        }
    }

    /// The name by which pages refer to it.
    pub(super) fn short(self) -> &'static [u8] {
        match self {
            Self::Plain => b"P",
            Self::Strong => b"S",
            Self::Emphasis => b"E",
            Self::Code => b"C",
            Self::Signs => b"Z",
        }
    }

    /// How wide a byte of it is, in thousandths of the size.
    pub(super) fn width(self, byte: u8) -> u32 {
        match self {
            Self::Plain | Self::Emphasis => sans(byte, &REGULAR),
            Self::Strong => sans(byte, &BOLD),
            Self::Code => 600,
            Self::Signs => 762,
        }
    }
}

/// The box of [`Font::Signs`].
pub(super) const BOX: u8 = b'o';

/// The byte of a character in the encoding of Windows 1252; nothing where it has none.
pub(super) fn byte_of(c: char) -> Option<u8> {
    /// Those from 0x80 on; a blank where there is none.
    const HIGH: [char; 32] = [
        '€', ' ', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', ' ', 'Ž', ' ', ' ', '‘', '’', '“', '”', '•',
        '–', '—', '˜', '™', 'š', '›', 'œ', ' ', 'ž', 'Ÿ',
    ];
    match c {
        ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(c)).ok(),
        _ => HIGH.iter().position(|known| *known == c).map(|place| 0x80 + place as u8),
    }
}

/// What a character that has no glyph is written as, where everybody reads it so.
pub(super) fn written(c: char) -> Option<&'static str> {
    Some(match c {
        '→' => "->",
        '←' => "<-",
        '⇒' => "=>",
        '≤' => "<=",
        '≥' => ">=",
        '≠' => "!=",
        '−' | '‐' | '‑' | '─' => "-",
        '│' | '┃' => "|",
        '├' | '└' | '┌' | '┐' | '┘' | '┤' | '┼' => "+",
        '\u{2002}'..='\u{200a}' | '\u{202f}' => " ",
        // They show nothing of themselves.
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' => "",
        c if c.is_control() => "",
        _ => return None,
    })
}

/// Widths of the characters from the blank to the tilde.
type Widths = [u16; 95];

const REGULAR: Widths = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];
const BOLD: Widths = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611,
    556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389,
    280, 389, 584,
];

fn sans(byte: u8, widths: &Widths) -> u32 {
    let of = |byte: u8| u32::from(widths[usize::from(byte - b' ')]);
    match byte {
        b' '..=b'~' => of(byte),
        // Letters with marks are as wide as those without; the rest is close enough to break lines by.
        0xc0..=0xc5 => of(b'A'),
        0xc7 => of(b'C'),
        0xc8..=0xcb => of(b'E'),
        0xcc..=0xcf => of(b'I'),
        0xd1 => of(b'N'),
        0xd2..=0xd6 | 0xd8 => of(b'O'),
        0xd9..=0xdc => of(b'U'),
        0xe7 => of(b'c'),
        0xec..=0xef => of(b'i'),
        0x85 | 0x89 | 0x97 | 0x99 | 0x8c | 0xc6 => 1000,
        0x82 | 0x91 | 0x92 | 0xb7 => 278,
        0x84 | 0x93..=0x95 => 500,
        _ => 611,
    }
}
