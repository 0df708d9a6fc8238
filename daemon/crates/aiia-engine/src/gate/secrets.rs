//! Finds key-like strings.

use std::sync::LazyLock;

use regex::Regex;

use super::{PLACEHOLDER_END, PLACEHOLDER_START};

/// Patterns of keys; the group `secret`, where it looks like one, the group `password`, or else the whole match is the secret. Prefixes are those that the services document.
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
        r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
        r"\bgh[pousr]_[A-Za-z0-9]{30,}\b",
        r"\bgithub_pat_[A-Za-z0-9_]{30,}\b",
        r"\bglpat-[A-Za-z0-9_-]{20,}\b",
        r"\bsk-(?:ant-|proj-|or-)?[A-Za-z0-9_-]{20,}",
        r"\b[rsp]k_(?:live|test)_[A-Za-z0-9]{16,}\b",
        r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
        r"\bAIza[0-9A-Za-z_-]{35}",
        r"\bhf_[A-Za-z0-9]{30,}\b",
        r"\bnpm_[A-Za-z0-9]{36}\b",
        r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
        r"\b[a-z][a-z0-9+.-]*://[^\s:@/]*:(?P<password>[^\s:@/]{4,})@",
        r#"(?i)(?:api[_-]?key|secret|token|passwd|password|private[_-]?key|access[_-]?key|auth)[a-z0-9_]*["']?\s*(?::[^=\n]{0,20})?[:=]\s*["'](?P<secret>[^"'\s]{12,})["']"#,
        r"(?i)\bbearer\s+(?P<secret>[A-Za-z0-9_.=+/-]{20,})",
    ]
    .iter()
    .map(|pattern| Regex::new(pattern).expect("a valid pattern"))
    .collect()
});

/// `text` with every secret replaced by its placeholder. New secrets are added to `secrets`; the same secret always gets
/// the same placeholder.
pub(super) fn replace(text: &str, secrets: &mut Vec<String>) -> String {
    let mut text = text.to_owned();
    for pattern in PATTERNS.iter() {
        let mut found = Vec::new();
        for captures in pattern.captures_iter(&text) {
            let (secret, password) = (captures.name("secret"), captures.name("password"));
            let Some(matched) = secret.or(password).or_else(|| captures.get(0)) else { continue };
            if secret.is_some_and(|value| is_harmless(value.as_str()))
                || password.is_some_and(|value| stands_for_another(value.as_str()))
            {
                continue;
            }
            if !matched.as_str().contains(PLACEHOLDER_START) {
                found.push(matched.range());
            }
        }
        for range in found.into_iter().rev() {
            let secret = text[range.clone()].to_owned();
            let number = if let Some(index) = secrets.iter().position(|known| *known == secret) {
                index + 1
            } else {
                secrets.push(secret);
                secrets.len()
            };
            text.replace_range(range, &format!("{PLACEHOLDER_START}{number}{PLACEHOLDER_END}"));
        }
    }
    text
}

/// A value that is assigned to a `token` or `password` but is a placeholder, a name or a sentence, not a secret: it does not
/// mix letters with digits.
fn is_harmless(value: &str) -> bool {
    let digits = value.chars().any(|c| c.is_ascii_digit());
    let letters = value.chars().any(char::is_alphabetic);
    let templated =
        value.starts_with("${") || value.starts_with("{{") || value.starts_with('<') || value.contains("example");
    templated || !(digits && letters)
}

/// The password of an address that is filled in later, or is the word for what it stands for.
fn stands_for_another(value: &str) -> bool {
    let starts = ["${", "$(", "{", "<", "%(", "%s", "***"].iter().any(|start| value.starts_with(start));
    let variable = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let words = ["pass", "password", "passwd", "secret", "token"];
    starts || value.strip_prefix('$').is_some_and(variable) || words.contains(&value.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(replace(text, &mut Vec::new()), expected);
    }

    #[test]
    fn keys_are_replaced() {
        check("id = AKIAIOSFODNN7EXAMPLE;", "id = __AIIA_SECRET_1__;");
        check("x ghp_0123456789abcdefghijABCDEFGHIJ456789 y", "x __AIIA_SECRET_1__ y");
        check("key: sk-proj-abcdefghijklmnopqrstuvwx", "key: __AIIA_SECRET_1__");
        check(r#"password = "hunter2hunter2""#, r#"password = "__AIIA_SECRET_1__""#);
        check(r#"const API_KEY: &str = "a1b2c3d4e5f6g7h8";"#, r#"const API_KEY: &str = "__AIIA_SECRET_1__";"#);
        check("postgres://app:s3cr3tpw@db/x", "postgres://app:__AIIA_SECRET_1__@db/x");
        check("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest", "__AIIA_SECRET_1__\nrest");
        check("-----BEGIN PRIVATE KEY-----\ncut off", "__AIIA_SECRET_1__");
        check(
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ\n-----END PGP PRIVATE KEY BLOCK-----\nrest",
            "__AIIA_SECRET_1__\nrest",
        );
        check("redis://:s3cr3tPw1@host", "redis://:__AIIA_SECRET_1__@host");
        check("postgres://app:correcthorse@db", "postgres://app:__AIIA_SECRET_1__@db");
    }

    #[test]
    fn code_is_left_alone() {
        for text in [
            "let token = tokens.next();",
            "fn parse_token(token: &str) -> Token {",
            r#"let password = "correct horse battery";"#,
            r#"token = "${GITHUB_TOKEN_2}""#,
            r#"assert_eq!(secret, "unauthorized_client");"#,
            "let sk_buffer = 1; risk-free-investment",
            "https://example.org:8080/path",
            "postgres://user:password@host/db",
            "postgres://app:${DB_PASSWORD}@db and https://{user}:{password}@host",
            "-----BEGIN PGP PUBLIC KEY BLOCK-----",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn the_same_secret_has_one_placeholder() {
        let mut secrets = Vec::new();
        let text = "a AKIAIOSFODNN7EXAMPLE b AKIAIOSFODNN7EXAMPLE c AKIAIOSFODNN7EXAMPL2";
        assert_eq!(replace(text, &mut secrets).matches(PLACEHOLDER_START).count(), 3);
        assert_eq!(secrets.len(), 2);
    }
}
