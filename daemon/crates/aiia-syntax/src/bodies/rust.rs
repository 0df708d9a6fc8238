//! The bodies of functions in Rust: what is between the braces behind `fn` and a name. And what macros are given, in which no tree
//! shows a definition.

use super::{Body, is_of_name};

pub(super) fn bodies(text: &str) -> Vec<Body> {
    let mut lexer = Lexer { bytes: text.as_bytes(), at: 0 };
    let mut found = Vec::new();
    while let Some(token) = lexer.next() {
        let (name, open) = match token {
            Token::Fn => match lexer.next() {
                Some(Token::Name(name)) if lexer.passes_signature() => (name, b'{'),
                _ => continue,
            },
            Token::Name(name) if lexer.peek(0) == b'!' => match lexer.passes_name_of_macro() {
                Some(open) => (name, open),
                None => continue,
            },
            _ => continue,
        };
        let start = lexer.at;
        let Some(end) = lexer.closing(open) else { break };
        found.push(Body { name, range: start..end, shown: Vec::new(), content: None });
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Fn,
    /// Any other word, with where it begins.
    Name(usize),
    Mark(u8),
}

/// Reads over white space, comments and literals.
struct Lexer<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or_default()
    }

    fn next(&mut self) -> Option<Token> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'/' if self.peek(1) == b'/' => self.skip_line(),
                b'/' if self.peek(1) == b'*' => self.skip_comment(),
                b'"' => self.skip_string(),
                b'\'' => self.skip_quote(),
                _ if is_of_name(byte) => {
                    if let Some(word) = self.word() {
                        return Some(word);
                    }
                }
                _ => {
                    self.at += 1;
                    return Some(Token::Mark(byte));
                }
            }
        }
    }

    /// A word; nothing where it begins a raw string, which is passed.
    fn word(&mut self) -> Option<Token> {
        let start = self.at;
        while is_of_name(self.peek(0)) {
            self.at += 1;
        }
        match &self.bytes[start..self.at] {
            b"fn" => return Some(Token::Fn),
            b"r" | b"br" | b"cr" if matches!(self.peek(0), b'"' | b'#') => {
                let hashes = self.bytes[self.at..].iter().take_while(|byte| **byte == b'#').count();
                if self.peek(hashes) == b'"' {
                    self.skip_raw_string(hashes);
                    return None;
                }
                // `r#fn` is a name.
                if hashes == 1 && is_of_name(self.peek(1)) {
                    self.at += 1;
                    while is_of_name(self.peek(0)) {
                        self.at += 1;
                    }
                }
            }
            _ => {}
        }
        Some(Token::Name(start))
    }

    fn skip_line(&mut self) {
        let length = self.bytes[self.at..].iter().position(|byte| *byte == b'\n');
        self.at = length.map_or(self.bytes.len(), |length| self.at + length);
    }

    fn skip_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => depth += 1,
                (b'*', b'/') => depth -= 1,
                _ => {
                    self.at += 1;
                    continue;
                }
            }
            self.at += 2;
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.bytes.get(self.at) {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if *byte == b'"' {
                return;
            }
        }
    }

    fn skip_raw_string(&mut self, hashes: usize) {
        self.at += hashes + 1;
        while self.at < self.bytes.len() {
            let is_quote = self.peek(0) == b'"';
            self.at += 1;
            if is_quote && (0..hashes).all(|ahead| self.peek(ahead) == b'#') {
                self.at += hashes;
                return;
            }
        }
    }

    /// Passes a character, or the quote of a lifetime.
    fn skip_quote(&mut self) {
        let length = match self.peek(1) {
            b'\\' => {
                // What is escaped may be a quote itself.
                let rest = self.bytes.get(self.at + 3..).unwrap_or_default();
                rest.iter().take(12).position(|byte| *byte == b'\'').map(|length| length + 4)
            }
            first => {
                let width = match first {
                    0..0xc0 => 1,
                    0xc0..0xe0 => 2,
                    0xe0..0xf0 => 3,
                    _ => 4,
                };
                (self.peek(1 + width) == b'\'').then_some(width + 2)
            }
        };
        self.at += length.unwrap_or(1);
    }

    /// Passes what stands between the name of a function and its body, and the brace. False where it has none.
    fn passes_signature(&mut self) -> bool {
        let (mut depth, mut before) = (0_i32, 0);
        while let Some(token) = self.next() {
            let Token::Mark(mark) = token else {
                before = 0;
                continue;
            };
            match mark {
                b'(' | b'[' => depth += 1,
                b')' | b']' => depth -= 1,
                // A number that is worked out, as in `[u8; { N * 2 }]` and `Block<{ N * 2 }>`.
                b'{' if depth > 0 || before == b'<' => {
                    if self.closing(b'{').is_none() {
                        return false;
                    }
                    self.at += 1;
                }
                b'{' => return depth == 0,
                b';' if depth <= 0 => return false,
                _ => {}
            }
            before = mark;
        }
        false
    }

    /// Passes what stands between the name of a macro and what it is given, and the bracket, which it tells; nothing where there is
    /// none. What is defined as a macro has its name there.
    fn passes_name_of_macro(&mut self) -> Option<u8> {
        self.at += 1;
        let mut behind = Lexer { bytes: self.bytes, at: self.at };
        let mut token = behind.next()?;
        if matches!(token, Token::Name(_)) {
            token = behind.next()?;
        }
        let Token::Mark(open @ (b'{' | b'(' | b'[')) = token else { return None };
        self.at = behind.at;
        Some(open)
    }

    /// Goes to the bracket that closes the one behind which it is, and tells where that is.
    fn closing(&mut self, open: u8) -> Option<usize> {
        let close = match open {
            b'(' => b')',
            b'[' => b']',
            _ => b'}',
        };
        let mut depth = 1;
        while let Some(token) = self.next() {
            match token {
                Token::Mark(mark) if mark == open => depth += 1,
                Token::Mark(mark) if mark == close => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.at -= 1;
                return Some(self.at);
            }
        }
        None
    }
}
