//! What a function takes, in a form in which two ways to write it are one.

use super::impl_head::bare_type;

/// The most that is read of the text behind a name.
const MAX_BYTES: usize = 2048;

/// The types of the parameters, and what else tells overloads apart. Names of parameters count where callers write them.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Parameters {
    /// Nothing where there is no list.
    types: Option<Vec<String>>,
    /// How many type parameters there are.
    generic: usize,
    /// `const`, `&` and the like behind a list of C++.
    behind: String,
}

impl Parameters {
    /// Reads what stands behind the name of a function.
    pub(super) fn of(behind_name: &str, language: &str) -> Self {
        let text = without_comments(clipped(behind_name), language);
        let mut rest = text.trim_start_matches(|character: char| character.is_whitespace() || "?!".contains(character));
        let arguments = type_arguments(rest);
        let generic = match (language, arguments) {
            ("csharp", Some(arguments)) => arguments.matches(',').count() + 1,
            _ => 0,
        };
        if let Some(arguments) = arguments {
            rest = rest[arguments.len()..].trim_start();
        }
        let Some(end) = closing(rest).filter(|_| rest.starts_with(['(', '['])) else {
            return Self { types: None, generic, behind: String::new() };
        };
        let mut types: Vec<String> = split(&rest[1..end])
            .into_iter()
            .filter(|parameter| !parameter.trim().is_empty())
            .map(|parameter| normal(parameter, language))
            .collect();
        if language == "cpp" && types == ["void"] {
            types.clear();
        }
        let behind = if language == "cpp" { qualifiers(&rest[end + 1..]) } else { String::new() };
        Self { types: Some(types), generic, behind }
    }
}

/// The types that a function of Rust takes, given what stands behind its name, as [`bare_type`] writes them.
pub(super) fn types_in_rust(behind_name: &str) -> Vec<String> {
    let mut rest = clipped(behind_name).trim_start();
    if let Some(arguments) = type_arguments(rest) {
        rest = rest[arguments.len()..].trim_start();
    }
    let Some(end) = closing(rest).filter(|_| rest.starts_with('(')) else { return Vec::new() };
    let parameters = split(&rest[1..end]);
    let of_type = |parameter: &&str| parameter.split_once(':').map_or("self", |(_, of_type)| of_type.trim()).to_owned();
    let written = parameters.iter().filter(|parameter| !parameter.trim().is_empty());
    written.map(|parameter| bare_type(&of_type(parameter))).collect()
}

/// `<…>` at the beginning of a text.
pub(super) fn type_arguments(text: &str) -> Option<&str> {
    let text = clipped(text).trim_start();
    let mut depth = 0_usize;
    text.starts_with('<').then_some(())?;
    for (at, character) in text.char_indices() {
        match character {
            '<' => depth += 1,
            '>' if depth == 1 => return Some(&text[..=at]),
            '>' => depth -= 1,
            '{' | ';' => return None,
            _ => {}
        }
    }
    None
}

fn clipped(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_BYTES)]
}

fn without_comments(text: &str, language: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    let is_python = language == "python";
    while let Some(character) = rest.chars().next() {
        let skipped = if !is_python && rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else if !is_python && rest.starts_with("//") || is_python && character == '#' {
            rest.find('\n').unwrap_or(rest.len())
        } else {
            // What strings hold tells nothing.
            let end = if matches!(character, '"' | '\'') { string_end(rest, character) } else { character.len_utf8() };
            result.push(character);
            rest = &rest[end..];
            continue;
        };
        result.push(' ');
        rest = &rest[skipped..];
    }
    result
}

/// The end of a string that a text begins with; that of the quote alone if it does not end in its line.
fn string_end(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '\n' => break,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + quote.len_utf8(),
            _ => {}
        }
    }
    quote.len_utf8()
}

/// The byte of the bracket that closes the one at the start.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(character) = text[at..].chars().next() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth <= 1 => return Some(at),
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        at += character.len_utf8();
    }
    None
}

/// The parts between commas that lie in no bracket.
pub(super) fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut before) = (Vec::new(), 0, 0_usize, ' ');
    for (at, character) in text.char_indices() {
        match character {
            '(' | '[' | '{' | '<' => depth += 1,
            '>' if matches!(before, '-' | '=') => {}
            ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        before = character;
    }
    parts.push(&text[start..]);
    parts
}

/// One parameter without its default, and without its name where that tells nothing.
fn normal(parameter: &str, language: &str) -> String {
    let declared = without_default(parameter);
    let mut tokens = tokens(declared);
    match language {
        "swift" => {
            // The first name is that for callers.
            let label = tokens.first().copied().unwrap_or_default().to_owned();
            let colon = tokens.iter().position(|token| *token == ":").map_or(0, |at| at + 1);
            let types = without_attributes(&tokens[colon.min(tokens.len())..], &["convention"]);
            format!("{label}:{}", types.concat())
        }
        "typescript" | "python" => tokens.concat(),
        _ => {
            if language == "csharp" && tokens.first() == Some(&"[") {
                let end = tokens.iter().position(|token| *token == "]").map_or(0, |at| at + 1);
                tokens.drain(..end);
            }
            let tokens = without_attributes(&tokens, &tokens);
            let mut kept: Vec<&str> = Vec::new();
            for token in tokens {
                match token {
                    "final" | "this" | "params" | "scoped" | "readonly" | "struct" | "class" | "enum" | "typename" => {}
                    "in" | "out" if language == "csharp" => kept.push("ref"),
                    // The path before a name.
                    "." | "::" => {
                        kept.pop_if(|last| is_name(last));
                    }
                    token => kept.push(token),
                }
            }
            drop_name(&mut kept);
            kept.join(" ")
        }
    }
}

fn without_default(parameter: &str) -> &str {
    let bytes = parameter.as_bytes();
    let is_sign = |at: usize| {
        let beside = |at: Option<&u8>| at.is_some_and(|byte| b"=<>!".contains(byte));
        bytes[at] == b'=' && !beside(bytes.get(at + 1)) && !beside(at.checked_sub(1).and_then(|at| bytes.get(at)))
    };
    (0..bytes.len()).find(|at| is_sign(*at)).map_or(parameter, |at| &parameter[..at])
}

/// Names, and all other characters one by one, `::` and `...` aside.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if is_of_name(first) {
            rest.find(|character: char| !is_of_name(character)).unwrap_or(rest.len())
        } else {
            let long = ["...", "::", "->"].into_iter().find(|long| rest.starts_with(long));
            long.map_or(first.len_utf8(), str::len)
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

fn is_name(token: &str) -> bool {
    token.starts_with(is_of_name)
}

/// Without `@Name`, and `(…)` behind those of them that are `called`.
fn without_attributes<'t>(tokens: &[&'t str], called: &[&str]) -> Vec<&'t str> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at] != "@" {
            kept.push(tokens[at]);
            at += 1;
            continue;
        }
        at += 2;
        while tokens.get(at) == Some(&".") {
            at += 2;
        }
        if tokens.get(at) == Some(&"(") && called.contains(&tokens[at - 1]) {
            let mut depth = 0_usize;
            while let Some(token) = tokens.get(at) {
                depth += usize::from(*token == "(");
                depth -= usize::from(*token == ")");
                at += 1;
                if depth == 0 {
                    break;
                }
            }
        }
    }
    kept
}

/// Takes away the name behind a type.
fn drop_name(tokens: &mut Vec<&str>) {
    const OF_TYPES: &[&str] = &[
        "const", "volatile", "ref", "unsigned", "signed", "int", "long", "short", "char", "bool", "float", "double",
        "void", "auto",
    ];
    let mut depth = 0_usize;
    let mut names = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "<" | "(" | "[" => depth += 1,
            ">" | ")" | "]" => depth = depth.saturating_sub(1),
            token if depth == 0 && is_name(token) => names.push(at),
            _ => {}
        }
    }
    let Some(&last) = names.last() else { return };
    let has_type = names[..names.len() - 1].iter().any(|at| !matches!(tokens[*at], "const" | "volatile" | "ref"));
    if has_type && !OF_TYPES.contains(&tokens[last]) {
        tokens.remove(last);
    }
}

/// What tells methods of C++ apart behind their parameters.
fn qualifiers(text: &str) -> String {
    let head = text.split(['{', ';', ':', '=']).next().unwrap_or_default();
    let head = head.split("->").next().unwrap_or_default();
    tokens(head).into_iter().filter(|token| matches!(*token, "const" | "volatile" | "&")).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("java", "(int x)", "(final int y)", true)]
    #[case("java", "(int x)", "(long x)", false)]
    #[case("java", "(int x)", "()", false)]
    #[case("java", "(Map<String, List<Integer>> x)", "( java.util.Map<String,List<Integer>> y )", true)]
    #[case("java", "(Map<String, Integer> x)", "(Map<String, Long> x)", false)]
    #[case("java", "(String... x)", "(String... y)", true)]
    #[case("java", "(int[] x)", "(int y[])", true)]
    #[case("java", "(@A(\"),\") int x /* , long */)", "(int x)", true)]
    #[case("csharp", "(this A a, int b = 1)", "(A x, int y)", true)]
    #[case("csharp", "(int a)", "(ref int a)", false)]
    #[case("csharp", "(out int a)", "(ref int b)", true)]
    #[case("csharp", "<T>(T a)", "(T a)", false)]
    #[case("csharp", "[int a] { get; }", "[string a] { get; }", false)]
    #[case("csharp", "([A] int a)", "(int b)", true)]
    #[case("cpp", "(const std::string& s)", "(const string &)", true)]
    #[case("cpp", "(unsigned int)", "(unsigned int x)", true)]
    #[case("cpp", "(int a = f(1, 2), Foo b)", "(int, Foo)", true)]
    #[case("cpp", "(const Foo)", "(const Foo x)", true)]
    #[case("cpp", "(void)", "()", true)]
    #[case("cpp", "(int a) const {", "(int a) {", false)]
    #[case("cpp", "(int a) const override;", "(int) const noexcept {", true)]
    #[case("cpp", "(A a)", "(B a)", false)]
    #[case("swift", "(x: Int)", "(x y: Int = 3)", true)]
    #[case("swift", "(x: Int)", "(y: Int)", false)]
    #[case("swift", "(_ x: Int)", "(_ y: Int)", true)]
    #[case("swift", "(_ x: @escaping () -> Void)", "(_ y: () -> Void)", true)]
    #[case("swift", "?(x: Int)", "(x: Int)", true)]
    #[case("typescript", "(x: string): string", "( x : string ): number", true)]
    #[case("typescript", "(x: string)", "(x: number)", false)]
    #[case("java", " {", " {", true)]
    #[case("java", "(int x", "(int y", true)]
    fn what_a_function_takes(#[case] language: &str, #[case] one: &str, #[case] other: &str, #[case] are_alike: bool) {
        let (one, other) = (Parameters::of(one, language), Parameters::of(other, language));
        assert_eq!(one == other, are_alike, "{one:?} {other:?}");
    }
}
