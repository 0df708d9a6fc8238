//! The elements of a JSON list, each as soon as it is whole.

/// Cuts a list that comes line by line into its elements. What no list has is left to whoever reads the elements.
#[derive(Debug, Default)]
pub(super) struct Elements {
    /// Open brackets, that of the list included.
    depth: usize,
    in_string: bool,
    is_escaped: bool,
    element: Vec<u8>,
}

impl Elements {
    /// The elements that are whole with this line.
    pub(super) fn line(&mut self, line: &str) -> Vec<String> {
        let mut whole = Vec::new();
        for byte in line.bytes().chain([b'\n']) {
            let was_at = self.depth;
            self.step(byte);
            match (was_at, self.depth) {
                (0, _) => {}
                (1, 0) => whole.extend(self.take()),
                (1, 1) if byte == b',' && !self.in_string => whole.extend(self.take()),
                (2, 1) => {
                    self.element.push(byte);
                    whole.extend(self.take());
                }
                _ => self.element.push(byte),
            }
        }
        whole
    }

    fn step(&mut self, byte: u8) {
        if self.in_string {
            self.in_string = self.is_escaped || byte != b'"';
            self.is_escaped = !self.is_escaped && byte == b'\\';
            return;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn take(&mut self) -> Option<String> {
        let element = String::from_utf8(std::mem::take(&mut self.element)).ok()?;
        (!element.trim().is_empty()).then_some(element)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("[{}]", &["{}"])]
    #[case("[", &[])]
    #[case("[]", &[])]
    #[case("[{\"a\": [1, 2]}\n,\n{\"b\":\n\"é\"}\n]\n", &["{\"a\": [1, 2]}", "\n{\"b\":\n\"é\"}"])]
    #[case(r#"[{"a":"]},{\\\"["},{}]"#, &[r#"{"a":"]},{\\\"["}"#, "{}"])]
    #[case("[1, \",\",[2]]", &["1", " \",\"", "[2]"])]
    #[case("[{}] more", &["{}"])]
    #[case("]]{}", &[])]
    fn each_comes_once(#[case] list: &str, #[case] expected: &[&str]) {
        let mut elements = Elements::default();
        let found: Vec<_> = list.split('\n').flat_map(|line| elements.line(line)).collect();
        assert_eq!(found, expected);
    }
}
