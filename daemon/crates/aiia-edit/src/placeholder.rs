//! Comments that stand in place of code: `// ... rest of the code unchanged`.

const SUBJECTS: &[&str] = &[
    "code",
    "function",
    "functions",
    "method",
    "methods",
    "class",
    "file",
    "implementation",
    "logic",
    "body",
    "module",
    "imports",
    "import",
    "fields",
    "tests",
    "content",
    "contents",
    "program",
    "script",
    "struct",
    "impl",
    "lines",
    "statements",
    "definitions",
    "variants",
    "members",
    "items",
    "stuff",
    "parts",
];

/// Words of which a comment consists that says of the rest that it stays: `rest unchanged`, `everything else stays the same`.
const OF_THE_REST: &[&str] = &[
    "the",
    "rest",
    "everything",
    "else",
    "is",
    "remains",
    "remain",
    "stays",
    "stay",
    "same",
    "as",
    "before",
    "unchanged",
    "omitted",
    "elided",
    "below",
    "above",
    "it",
    "of",
];

/// What comments are set off with: `[unchanged]`, `=== existing code ===`, `<rest of the file>`.
const BRACKETS: &[char] = &[
    '(', ')', '[', ']', '<', '>', '{', '}', '=', '-', '~', '*', '_', '|', '+', '–', '—', '（', '）', '【', '】', '「',
    '」',
];

/// The same in the other languages that models answer in. All the words of each stand in such a comment, and hardly any others do.
const SAID: &[&[&str]] = &[
    // German
    &["rest", "codes"],
    &["rest", "funktion"],
    &["rest", "methode"],
    &["restlicher", "code"],
    &["restliche", "methoden"],
    &["übriger", "code"],
    &["bestehender", "code"],
    &["bisheriger", "code"],
    &["vorhandener", "code"],
    &["unverändert"],
    &["wie", "bisher"],
    &["wie", "vorher"],
    &["wie", "gehabt"],
    &["bleibt", "gleich"],
    // French
    &["reste", "code"],
    &["reste", "fonction"],
    &["reste", "inchangé"],
    &["code", "existant"],
    &["inchangé"],
    &["inchangée"],
    &["sans", "changement"],
    &["comme", "avant"],
    // Spanish, Portuguese and Italian
    &["resto", "código"],
    &["resto", "codigo"],
    &["resto", "función"],
    &["resto", "función", "igual"],
    &["resto", "método"],
    &["resto", "função"],
    &["resto", "codice"],
    &["resto", "funzione"],
    &["resto", "igual"],
    &["resto", "invariato"],
    &["código", "existente"],
    &["codice", "esistente"],
    &["sin", "cambios"],
    &["sem", "alterações"],
    &["sem", "mudanças"],
    &["senza", "modifiche"],
    &["igual", "antes"],
    &["inalterado"],
    &["inalterada"],
    &["invariato"],
    &["invariata"],
    &["come", "prima"],
    // Russian
    &["остальной", "код"],
    &["остальная", "часть"],
    &["существующий", "код"],
    &["без", "изменений"],
    &["как", "раньше"],
    &["как", "прежде"],
];
/// The same where words are not set apart.
const SAID_UNSPACED: &[&str] = &[
    "其余代码",
    "其他代码",
    "其余部分",
    "其他部分",
    "剩余代码",
    "剩余部分",
    "现有代码",
    "原有代码",
    "已有代码",
    "代码不变",
    "代码保持不变",
    "逻辑不变",
    "逻辑保持不变",
    "其余不变",
    "其他不变",
    "其余保持",
    "与之前相同",
    "与原来相同",
    "同上",
    "此处省略",
    "省略其余",
    "代码省略",
    "省略代码",
    "既存のコード",
    "既存コード",
    "残りのコード",
    "残りの部分",
    "変更なし",
    "以下同様",
    "以下同じ",
    "以下省略",
    "기존 코드",
    "기존코드",
    "나머지 코드",
    "나머지 부분",
    "나머지는 동일",
    "변경 없음",
    "변경없음",
    "이하 동일",
    "이하 생략",
];
/// Words that stand for code only by themselves.
const ALONE: &[&str] = &["不变", "保持不变", "省略", "そのまま", "中略", "동일", "생략"];
/// Words that say nothing in such a comment.
const FILLERS: &[&str] = &[
    "der",
    "die",
    "das",
    "des",
    "ist",
    "bleibt",
    "hier",
    "dieser",
    "le",
    "la",
    "les",
    "du",
    "de",
    "el",
    "los",
    "del",
    "do",
    "da",
    "e",
    "il",
    "lo",
    "est",
    "es",
    "rimane",
    "resta",
    "permanece",
    "queda",
    "sigue",
    "что",
    "и",
    "часть",
    "кода",
    "остаётся",
    "остается",
    "функции",
    "code",
    "código",
    "codice",
    "код",
    "igual",
    "gleich",
    "wie",
    "bisher",
    "identique",
    "hay",
    "aquí",
    "aqui",
    "qui",
    "ici",
    "tout",
    "alles",
    "todo",
    "tutto",
    "à",
    "a",
    "que",
    "unverändert",
    "inchangé",
    "invariato",
    "inalterado",
    "existant",
    "el",
    "no",
    "função",
    "sin",
    "cambios",
    "sem",
    "alterações",
    "rest",
    "funktion",
    "methode",
    "methoden",
    "logik",
    "fonction",
    "función",
    "método",
    "métodos",
    "lógica",
    "funzione",
    "logica",
    "функция",
    "методы",
    "остальное",
    "resto",
    "reste",
    "gehabt",
    "vorher",
    "antes",
    "prima",
    "avant",
];
/// So many other words may stand beside them where there are dots.
const MAX_OTHERS_WITH_DOTS: usize = 4;
/// A comment in a language without blanks between words is no longer than this.
const MAX_UNSPACED: usize = 16;

/// Whether a comment says in another language than English that code is left out.
fn stands_for_code(comment: &str, dotted: bool) -> bool {
    let signs = comment.chars().filter(|c| c.is_alphanumeric()).count();
    if ALONE.contains(&comment) {
        return true;
    }
    if SAID_UNSPACED.iter().any(|said| comment.contains(said)) {
        return signs <= if dotted { 2 * MAX_UNSPACED } else { MAX_UNSPACED };
    }
    let words: Vec<&str> = comment.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let most = if dotted { MAX_OTHERS_WITH_DOTS } else { 0 };
    SAID.iter().any(|said| {
        let is_other = |word: &&&str| !SAID.iter().any(|said| said.contains(word)) && !FILLERS.contains(word);
        said.iter().all(|word| words.contains(word)) && words.iter().filter(is_other).count() <= most
    })
}

/// Between dots on both sides stand no more words than this.
const MAX_FRAMED: usize = 10;

/// Whether a line is a comment between dots: it leaves something out, whatever it says.
pub(crate) fn is_framed(line: &str) -> bool {
    let said = line.trim().trim_start_matches(['/', '#', '*', '-', '<', '!', '{', ' ']);
    let said = said.trim_end_matches(['*', '/', '}', '-', '>', ' ']);
    let is_comment = said.len() < line.trim().len();
    let dots = ["...", "…"];
    is_comment
        && dots.iter().any(|dots| said.starts_with(dots))
        && dots.iter().any(|dots| said.ends_with(dots))
        && said.split_whitespace().count() <= MAX_FRAMED
}

/// Whether a line is a comment that closes a tag: what stands above it is meant, and not what it may stand for.
pub(crate) fn closes_tag(line: &str) -> bool {
    let said = line.trim().trim_start_matches(['/', '#', '*', '-', ';', ' ']);
    let is_comment = said.len() < line.trim().len();
    is_comment && said.starts_with("</") && is_elision(line)
}

/// Whether a line is a comment that stands in place of code: `// ... rest of the code unchanged`.
pub(crate) fn is_elision(line: &str) -> bool {
    let text = line.trim();
    let Some(comment) =
        ["//", "#", "/*", "<!--", "--", ";", "*", "{/*"].iter().find_map(|lead| text.strip_prefix(lead))
    else {
        return false;
    };
    let comment = comment
        .trim_start_matches(['/', '#', '*', '!'])
        .trim()
        .trim_end_matches("-->")
        .trim_end_matches('}')
        .trim_end_matches("*/")
        .trim_matches(|c: char| c.is_whitespace() || BRACKETS.contains(&c))
        .to_lowercase();
    if comment.is_empty() {
        return false;
    }
    if comment.chars().all(|c| c == '.' || c == '…') {
        return comment.chars().count() >= 3 || comment.contains('…');
    }
    let dotted = ["...", "…"].iter().any(|dots| comment.starts_with(dots) || comment.ends_with(dots));
    if stands_for_code(&comment, dotted) {
        return true;
    }
    let words: Vec<&str> =
        comment.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
    if words.len() > if dotted { 12 } else { 7 } {
        return false;
    }
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let subject = has(SUBJECTS);
    let rest = words.windows(2).any(|pair| pair == ["rest", "of"]) && (subject || dotted);
    let same = has(&["unchanged", "omitted", "elided", "snip"])
        || words.windows(2).any(|pair| {
            matches!(pair, ["remains" | "remain" | "stays" | "stay", "the" | "as"] | ["same", "as"] | ["as", "before"])
        });
    let existing = has(&["existing", "remaining", "previous", "original", "other", "more", "rest", "same", "your"]);
    if dotted {
        rest || same || (existing && (subject || words.len() <= 3))
    } else {
        let whole = words.len() <= 5
            && matches!(words.first(), Some(&("existing" | "remaining" | "rest" | "original" | "other")));
        (rest && matches!(words.first(), Some(&("rest" | "the"))))
            && words.last().is_some_and(|word| SUBJECTS.contains(word) || same)
            || (same && subject && words.len() <= 6)
            || (whole && words.len() == 2 && subject)
            || (whole && words.last() == Some(&"here"))
            || matches!(words[..], ["unchanged" | "omitted" | "snip"] | ["your", "code", "here"])
            || same && has(&["rest", "everything"]) && words.iter().all(|word| OF_THE_REST.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("// ... rest of code unchanged", true)]
    #[case("# ... existing code ...", true)]
    #[case("// …", true)]
    #[case("# ...", true)]
    #[case("/* ... other methods ... */", true)]
    #[case("// rest of the function remains the same", true)]
    #[case("# rest of the code", true)]
    #[case("// existing code", true)]
    #[case("# rest unchanged", true)]
    #[case("// the rest stays the same", true)]
    #[case("# everything else unchanged", true)]
    #[case("# rest as before", true)]
    #[case("# the same as before", false)]
    #[case("# unchanged since the last call", false)]
    #[case("# the rest", false)]
    #[case("# unchanged", true)]
    #[case("// (unchanged code)", true)]
    #[case("// existing implementation here", true)]
    #[case("<!-- ... rest of the file -->", true)]
    #[case("// ... same as before", true)]
    #[case("// wait for the rest of the buffer before the next read", false)]
    #[case("// the original value is kept so that callers can compare", false)]
    #[case("// loading...", false)]
    #[case("# other threads may be waiting", false)]
    #[case("// see RFC 3986 ...", false)]
    #[case("rest_of_code();", false)]
    #[case("x = [1, ...]", false)]
    #[case("# the file is unchanged if it is empty, so we stop early here", false)]
    #[case("# <unchanged>", true)]
    #[case("# </unchanged>", true)]
    #[case("# [unchanged]", true)]
    #[case("# === existing code ===", true)]
    #[case("# --- rest of the function ---", true)]
    #[case("// >>> existing code <<<", true)]
    #[case("// -----", false)]
    #[case("# resto del código igual", true)]
    #[case("# (resto do código sem alterações)", true)]
    #[case("// reste du code inchangé", true)]
    #[case("# lecture du fichier (inchangé)", false)]
    #[case("// il resto del codice rimane invariato", true)]
    #[case("// restlicher Code wie gehabt", true)]
    #[case("// Rest der Funktion bleibt gleich", true)]
    #[case("// остальной код без изменений", true)]
    #[case("// 其余代码保持不变", true)]
    #[case("# 既存のコードはそのまま", true)]
    #[case("// 기존 코드와 동일", true)]
    #[case("// Der Rest der Zeile wird unverändert an den Server geschickt", false)]
    #[case("# el resto del código postal se ignora", false)]
    #[case("// 保持顺序不变", false)]
    #[case("# файл без изменений", false)]
    #[case("// REST API code", false)]
    #[case("# 値をそのまま返す", false)]
    #[case("// 如果文件不变则提前返回以避免不必要的重新加载和渲染", false)]
    fn knows_placeholders(#[case] line: &str, #[case] expected: bool) {
        assert_eq!(is_elision(line), expected);
    }

    #[rstest]
    #[case("// ... keep the rest as is ...", true)]
    #[case("/* … whatever … */", true)]
    #[case("# ... and so on.", false)]
    #[case("x = [...]", false)]
    fn knows_comments_between_dots(#[case] line: &str, #[case] expected: bool) {
        assert_eq!(is_framed(line), expected);
    }
}
