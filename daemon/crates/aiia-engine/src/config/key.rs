//! Keys with dots, as a file has them.

/// The key `name` below the key `path`, in quotes where TOML needs them: `prices."work/*"`.
pub(super) fn below(path: &str, name: &str) -> String {
    let name = toml_edit::Key::new(name);
    let name = name.display_repr();
    if path.is_empty() { name.into_owned() } else { format!("{path}.{name}") }
}

/// A key of several parts.
pub(crate) fn joined<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    parts.into_iter().fold(String::new(), |path, name| below(&path, name))
}

/// A key as it is shown, however the user wrote it; `None` where it is no key.
pub fn shown_key(key: &str) -> Option<String> {
    let parts = toml_edit::Key::parse(key).ok()?;
    Some(joined(parts.iter().map(toml_edit::Key::get)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("timeouts.idle", Some("timeouts.idle"))]
    #[case("prices.\"fake/*\".input", Some("prices.\"fake/*\".input"))]
    #[case("prices.'fake/*'.input", Some("prices.\"fake/*\".input"))]
    #[case("\"timeouts\" . idle", Some("timeouts.idle"))]
    #[case("prices.fake/*.input", None)]
    #[case("", None)]
    fn keys_are_shown_in_one_way(#[case] key: &str, #[case] shown: Option<&str>) {
        assert_eq!(shown_key(key).as_deref(), shown);
    }
}
