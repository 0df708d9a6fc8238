//! How much memory there is for weights. They are mapped, so a file that is larger would be read from the disk for every token.

/// Bytes that this process can have in memory at all; `None` where the system does not tell.
pub(super) fn limit() -> Option<u64> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let machine = read("/proc/meminfo").as_deref().and_then(total_of);
    let group = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let group = group.iter().find_map(|path| read(path)?.trim().parse().ok());
    machine.into_iter().chain(group).min()
}

/// The whole memory, from the text of `/proc/meminfo`.
fn total_of(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("MemTotal:        8148536 kB\nMemFree: 1 kB\n", Some(8_148_536 * 1024))]
    #[case("MemFree: 1 kB\n", None)]
    #[case("MemTotal: many kB\n", None)]
    #[case("", None)]
    fn the_whole_memory_is_read(#[case] text: &str, #[case] expected: Option<u64>) {
        assert_eq!(total_of(text), expected);
    }
}
