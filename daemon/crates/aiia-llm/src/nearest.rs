//! The names most like one that does not exist.

/// Up to `count` of `names` that are most like `wanted`, best first; none that is unlike it.
pub fn nearest<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>, count: usize) -> Vec<&'n str> {
    let wanted = wanted.to_lowercase();
    let mut ranked: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let length = wanted.chars().count().max(lower.chars().count());
            // A letter or two are in many names.
            let tells = |part: &str| part.chars().count() >= 3.min(length) || part.chars().count() * 4 >= length;
            let contained = !wanted.is_empty()
                && ((lower.contains(&wanted) && tells(&wanted)) || (wanted.contains(&lower) && tells(&lower)));
            let distance = if contained { 0 } else { strsim::osa_distance(&wanted, &lower) };
            // More than a third of it different: another name altogether.
            (distance * 3 <= length).then_some((distance, name))
        })
        .collect();
    ranked.sort_by_key(|(distance, _)| *distance);
    ranked.into_iter().take(count).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("qwen2.5-coder", &["llama3:8b", "qwen2.5-coder:7b", "qwen2.5-coder:1.5b"], &["qwen2.5-coder:7b", "qwen2.5-coder:1.5b"])]
    #[case("lama3:8b", &["llama3:8b", "qwen"], &["llama3:8b"])]
    #[case("gtp-4", &["gpt-4", "gem"], &["gpt-4"])]
    #[case("GPT-4", &["gpt-4"], &["gpt-4"])]
    #[case("a", &["anthropic", "gemini"], &[])]
    #[case("o3", &["o3-mini", "openai"], &["o3-mini"])]
    #[case("zzz", &["llama3:8b"], &[])]
    #[case("", &["a"], &[])]
    #[case("a", &[], &[])]
    fn likeness(#[case] wanted: &str, #[case] names: &[&str], #[case] expected: &[&str]) {
        assert_eq!(nearest(wanted, names.iter().copied(), 3), expected);
    }
}
