//! The ways in which replies are malformed, each in four languages, against files with LF, with CRLF and with a byte order mark: the exact bytes that come
//! out, or the exact kind of complaint and the lines that it names.

use super::*;

/// A file, and what is to change in it.
#[derive(Clone, Copy)]
struct Sample {
    path: &'static str,
    tag: &'static str,
    comment: &'static str,
    text: &'static str,
    /// Lines that stand there once, and what they become.
    old: &'static str,
    new: &'static str,
    /// The whole symbol they belong to.
    symbol: &'static str,
    /// A line that stands there twice.
    twice: &'static str,
}

const SAMPLES: &[Sample] = &[
    Sample {
        path: "lib/total.py",
        tag: "python",
        comment: "#",
        text: "import os\n\n\ndef total(items, limit):\n    result = 0\n    for item in items:\n        if item.price < limit:\n            result += item.price[\"net\"]\n    return result\n\n\ndef other(items):\n    result = 1\n    return result\n",
        old: "        if item.price < limit:\n            result += item.price[\"net\"]\n",
        new: "        if item.price <= limit:\n            result += item.price[\"gross\"]\n",
        symbol: "def total(items, limit):\n    result = 0\n    for item in items:\n        if item.price < limit:\n            result += item.price[\"net\"]\n    return result\n",
        twice: "    return result\n",
    },
    Sample {
        path: "src/total.rs",
        tag: "rust",
        comment: "//",
        text: "use std::fmt;\n\npub fn total(items: &[Item], limit: u32) -> u32 {\n    let mut result = 0;\n    for item in items {\n        if item.price < limit {\n            result += item.part(\"net\");\n        }\n    }\n    result\n}\n\npub fn other(_items: &[Item]) -> u32 {\n    let result = 1;\n    result\n}\n",
        old: "        if item.price < limit {\n            result += item.part(\"net\");\n",
        new: "        if item.price <= limit {\n            result += item.part(\"gross\");\n",
        symbol: "pub fn total(items: &[Item], limit: u32) -> u32 {\n    let mut result = 0;\n    for item in items {\n        if item.price < limit {\n            result += item.part(\"net\");\n        }\n    }\n    result\n}\n",
        twice: "    result\n}\n",
    },
    Sample {
        path: "src/total.ts",
        tag: "typescript",
        comment: "//",
        text: "import { Item } from \"./item\";\n\nexport function total(items: Item[], limit: number): number {\n    let result = 0;\n    for (const item of items) {\n        if (item.price < limit) {\n            result += item.part(\"net\");\n        }\n    }\n    return result;\n}\n\nexport function other(items: Item[]): number {\n    const result = 1;\n    return result;\n}\n",
        old: "        if (item.price < limit) {\n            result += item.part(\"net\");\n",
        new: "        if (item.price <= limit) {\n            result += item.part(\"gross\");\n",
        symbol: "export function total(items: Item[], limit: number): number {\n    let result = 0;\n    for (const item of items) {\n        if (item.price < limit) {\n            result += item.part(\"net\");\n        }\n    }\n    return result;\n}\n",
        twice: "    return result;\n",
    },
    Sample {
        path: "total/total.go",
        tag: "go",
        comment: "//",
        text: "package total\n\nfunc Total(items []Item, limit int) int {\n    result := 0\n    for _, item := range items {\n        if item.Price < limit {\n            result += item.Part(\"net\")\n        }\n    }\n    return result\n}\n\nfunc Other(items []Item) int {\n    result := 1\n    return result\n}\n",
        old: "        if item.Price < limit {\n            result += item.Part(\"net\")\n",
        new: "        if item.Price <= limit {\n            result += item.Part(\"gross\")\n",
        symbol: "func Total(items []Item, limit int) int {\n    result := 0\n    for _, item := range items {\n        if item.Price < limit {\n            result += item.Part(\"net\")\n        }\n    }\n    return result\n}\n",
        twice: "    return result\n",
    },
];

impl Sample {
    /// The same, indented with tabs.
    fn tabbed(self) -> Self {
        let tabbed = |text: &str| -> &'static str { tabs(text).leak() };
        let Self { text, old, new, symbol, twice, .. } = self;
        Self {
            text: tabbed(text),
            old: tabbed(old),
            new: tabbed(new),
            symbol: tabbed(symbol),
            twice: tabbed(twice),
            ..self
        }
    }

    fn block(&self, old: &str, new: &str) -> String {
        format!("{}\n{}", self.path, block(old, new))
    }

    fn edit(&self) -> String {
        self.block(self.old, self.new)
    }

    fn diff(&self, header: &str) -> String {
        let signed = |sign: char, text: &str| each_line(text, |line| format!("{sign}{line}"));
        let above = self.text[..self.text.find(self.old).unwrap()].lines().next_back().unwrap();
        format!(
            "--- a/{0}\n+++ b/{0}\n{header}\n {above}\n{1}{2}",
            self.path,
            signed('-', self.old),
            signed('+', self.new)
        )
    }

    fn patch(&self) -> String {
        let diff = self.diff("@@");
        let body = diff.split_once("@@\n").unwrap().1;
        format!("*** Begin Patch\n*** Update File: {}\n@@\n{body}*** End Patch\n", self.path)
    }

    fn new_symbol(&self) -> String {
        self.symbol.replace(self.old, self.new)
    }

    fn expected(&self) -> String {
        self.text.replace(self.old, self.new)
    }

    /// The lines, from 1, at which some text stands.
    fn lines_of(&self, wanted: &str) -> Vec<usize> {
        self.text.match_indices(wanted).map(|(at, _)| self.text[..at].matches('\n').count() + 1).collect()
    }
}

fn each_line(text: &str, change: impl Fn(&str) -> String) -> String {
    text.lines().map(|line| change(line) + "\n").collect()
}

fn tabs(text: &str) -> String {
    each_line(text, |line| {
        let deep = (line.len() - line.trim_start_matches(' ').len()) / 4;
        "\t".repeat(deep) + &line[deep * 4..]
    })
}

fn json(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

/// What is to come of a reply.
enum Due {
    /// The change of the sample.
    Change,
    /// This text.
    Text(String),
    /// A complaint of this kind that names these lines.
    Complaint(ComplaintKind, Vec<usize>),
}

use Due::{Change, Complaint, Text};

type Case = (&'static str, fn(&Sample) -> (String, Due));

/// The kinds, by what is wrong: the envelope, the markers, the content.
const CASES: &[Case] = &[
    ("prose around", |s| (format!("Sure! The `limit` is wrong.\n\n{}\nThat is all:\n- done\n", s.edit()), Change)),
    ("prose between", |s| (format!("First this.\n\n{}\nThen nothing more.", s.edit()), Change)),
    ("a diff", |s| (s.diff("@@ -1,3 +1,3 @@"), Change)),
    ("a diff in a fence", |s| (format!("```diff\n{}```\n", s.diff("@@ ... @@")), Change)),
    ("a patch", |s| (s.patch(), Change)),
    ("a whole symbol", |s| (format!("```{}\n{}```\n", s.tag, s.new_symbol()), Change)),
    ("a whole file", |s| (format!("{}\n```{}\n{}```\n", s.path, s.tag, s.expected()), Change)),
    ("the fence missing around a symbol", |s| (s.new_symbol(), Change)),
    ("the fence not closed", |s| (format!("```\n{}", s.edit()), Change)),
    ("a fence in a fence", |s| (format!("````markdown\n```{}\n{}```\n````\n", s.tag, s.edit()), Change)),
    ("the fence glued to code", |s| (format!("```{}\n{}```That is all.", s.tag, s.edit()), Change)),
    ("no file name", |s| (block(s.old, s.new), Change)),
    ("a file name in bold", |s| (format!("**`{}`**:\n```\n{}```\n", s.path, block(s.old, s.new)), Change)),
    ("a file name in a comment", |s| (format!("{} {}\n{}", s.comment, s.path, block(s.old, s.new)), Change)),
    ("a file name in another folder", |s| {
        (format!("app/core/{}\n{}", s.path.rsplit('/').next().unwrap(), block(s.old, s.new)), Change)
    }),
    ("a file name with a prefix", |s| (format!("a/{}\n{}", s.path, block(s.old, s.new)), Change)),
    ("a file name at the fence", |s| (format!("```{} {}\n{}```\n", s.tag, s.path, block(s.old, s.new)), Change)),
    ("a here document", |s| (format!("apply_patch <<'EOF'\n{}EOF\n", s.patch()), Change)),
    ("a call of a tool", |s| {
        (
            format!("{{\"path\": {}, \"old_string\": {}, \"new_string\": {}}}", json(s.path), json(s.old), json(s.new)),
            Change,
        )
    }),
    ("a call in tags", |s| {
        (format!("<edit path=\"{}\"><search>\n{}</search><replace>\n{}</replace></edit>", s.path, s.old, s.new), Change)
    }),
    ("thoughts", |s| (format!("<think>\n{}\nNo, better:\n</think>\n{}", s.block("x\n", "y\n"), s.edit()), Change)),
    ("tokens of the template", |s| (format!("<|im_start|>assistant\n{}<|im_end|>\n", s.edit()), Change)),
    ("entities", |s| {
        let html = |text: &str| text.replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        (s.block(&html(s.old), &html(s.new)), Change)
    }),
    ("all of it escaped", |s| (json(&s.edit()), Change)),
    ("the lines escaped", |s| {
        let escaped = |text: &str| text.replace('"', "\\\"");
        (s.block(&escaped(s.old), &escaped(s.new)), Change)
    }),
    ("short markers", |s| {
        (s.edit().replace("<<<<<<<", "<<<").replace("=======", "===").replace(">>>>>>>", ">>>"), Change)
    }),
    ("long markers", |s| {
        (
            s.edit().replace("<<<<<<<", "<<<<<<<<<").replace("=======", "=========").replace(">>>>>>>", ">>>>>>>>>"),
            Change,
        )
    }),
    ("blanks behind markers", |s| {
        (s.edit().replace("SEARCH\n", "SEARCH  \n").replace("=======\n", "======= \n"), Change)
    }),
    ("the divider missing", |s| (s.edit().replace("=======\n", ""), Complaint(ComplaintKind::Malformed, vec![]))),
    ("the end missing", |s| (s.edit().replace(">>>>>>> REPLACE\n", ""), Complaint(ComplaintKind::CutOff, vec![]))),
    ("said twice", |s| (s.edit().repeat(2), Change)),
    ("out of order", |s| {
        let (first, last) = s.text.split_at(s.text.find(s.old).unwrap() + s.old.len());
        let end = last.lines().next_back().unwrap();
        let begin = first.lines().next().unwrap();
        let text = s.expected().replacen(begin, &format!("{begin} {} first", s.comment), 1);
        let front = s.block(&format!("{begin}\n"), &format!("{begin} {} first\n", s.comment));
        assert!(!end.is_empty());
        (s.edit() + &front, Text(text))
    }),
    ("cut off in the middle", |s| {
        let reply = s.edit();
        (reply[..reply.find("=======").unwrap() + 20].to_owned(), Complaint(ComplaintKind::CutOff, vec![]))
    }),
    ("dedented", |s| {
        let dedent = |text: &str| each_line(text, |line| line.strip_prefix("        ").unwrap_or(line).to_owned());
        (s.block(&dedent(s.old), &dedent(s.new)), Change)
    }),
    ("the first line dedented", |s| (s.block(s.old.trim_start(), s.new.trim_start()), Change)),
    ("tabs for blanks", |s| (s.block(&tabs(s.old), &tabs(s.new)), Change)),
    ("blanks at line ends", |s| (s.block(&each_line(s.old, |line| format!("{line}  ")), s.new), Change)),
    ("blank lines around", |s| (s.block(&format!("\n{}\n", s.old), &format!("\n{}\n", s.new)), Change)),
    ("typographic quotes", |s| (s.block(&s.old.replace('"', "\u{201d}"), s.new), Change)),
    ("hard blanks", |s| (s.block(&s.old.replace(" < ", "\u{a0}<\u{a0}"), s.new), Change)),
    ("pasted line numbers", |s| {
        let first = s.lines_of(s.old)[0];
        let numbered = |text: &str| {
            (first..).zip(text.lines()).fold(String::new(), |mut all, (number, line)| {
                let _ = writeln!(all, "{number:>4} | {line}");
                all
            })
        };
        (s.block(&numbered(s.old), &numbered(s.new)), Change)
    }),
    ("elision in both", |s| {
        let head = s.symbol.lines().next().unwrap();
        let dots = format!("{head}\n    ...\n");
        (s.block(&format!("{dots}{}", s.old), &format!("{dots}{}", s.new)), Change)
    }),
    ("an imagined line", |s| {
        let near = s.lines_of(s.old)[0];
        (
            s.block(&format!("{}            imagined(result)\n", s.old), s.new),
            Complaint(ComplaintKind::NotFound, vec![near, near + 1, near + 2]),
        )
    }),
    ("nothing like it", |s| (s.block("@@@@ %%%%\n", "x\n"), Complaint(ComplaintKind::NotFound, vec![]))),
    ("a typo in a line around", |s| {
        let above: Vec<&str> = s.text[..s.text.find(s.old).unwrap()].lines().collect();
        let context = format!("{}\n{}\n", above[above.len() - 2], above[above.len() - 1].replace("items", "itms"));
        (s.block(&format!("{context}{}", s.old), &format!("{context}{}", s.new)), Change)
    }),
    ("in many places", |s| {
        (s.block(s.twice, "    return\n"), Complaint(ComplaintKind::Ambiguous, s.lines_of(s.twice)))
    }),
    ("no change", |s| (s.block(s.old, s.old), Complaint(ComplaintKind::ChangesNothing, vec![]))),
    ("an empty search", |s| (s.block("", s.new), Complaint(ComplaintKind::EmptySearch, vec![]))),
    ("a deletion", |s| {
        let line = s.text.lines().next().unwrap();
        (s.block(&format!("{line}\n"), ""), Text(s.text.replacen(&format!("{line}\n"), "", 1)))
    }),
    ("appended at the end", |s| {
        let last = format!("{}\n", s.text.lines().next_back().unwrap());
        let before = format!("{}\n", s.text.lines().nth_back(1).unwrap());
        let before2 = format!("{}\n", s.text.lines().nth_back(2).unwrap());
        let old = format!("{before2}{before}{last}");
        let added = format!("{old}\n{} the end\n", s.comment);
        (s.block(&old, &added), Text(format!("{}\n{} the end\n", s.text, s.comment)))
    }),
    ("wrong numbers of a hunk", |s| (s.diff("@@ -900,77 +1,2 @@ nowhere"), Change)),
    ("context without its blank", |s| {
        (format!("```diff\n{}```\n", s.diff("@@").replace("\n     for", "\n    for")), Change)
    }),
    ("a whole file, shortened", |s| {
        let front = s.expected()[..s.text.find(s.symbol).unwrap() + s.new_symbol().len()].to_owned();
        (format!("{}\n```{}\n{front}\n{} ... rest of the file unchanged ...\n```\n", s.path, s.tag, s.comment), Change)
    }),
    ("nothing but a placeholder", |s| {
        let reply = format!("{}\n```{}\n{} ... rest of the code unchanged ...\n```\n", s.path, s.tag, s.comment);
        let names: Vec<usize> = s
            .lines_of(s.symbol)
            .into_iter()
            .chain([s.text[..s.text.rfind("ther(").unwrap()].matches('\n').count() + 1])
            .collect();
        (reply, Complaint(ComplaintKind::NotFound, names))
    }),
    ("signs of regular expressions", |s| {
        let new = s.new.replace("\"gross\"", "\"$1 \\\\1 ${name} (.*)\"");
        (s.block(s.old, &new), Text(s.text.replace(s.old, &new)))
    }),
];

type Form = (&'static str, fn(&str) -> String);

/// The files that a reply is applied to: their texts, from that with LF and blanks.
const FILES: &[Form] =
    &[("LF", str::to_owned), ("CRLF", |text| text.replace('\n', "\r\n")), ("BOM", |text| format!("\u{feff}{text}"))];

#[test]
fn every_kind_in_every_language_comes_out_exactly() {
    let mut failures = String::new();
    for (name, case) in CASES {
        for sample in SAMPLES.iter().flat_map(|sample| [*sample, sample.tabbed()]) {
            for (form, formed) in FILES {
                let (reply, due) = case(&sample);
                let file = formed(sample.text);
                let plan = plan_for(&[(sample.path, file.as_str())], &reply);
                let due = match due {
                    Change => Ok(formed(&sample.expected())),
                    Text(text) => Ok(formed(&text)),
                    Complaint(kind, lines) => Err((kind, lines)),
                };
                let found = match plan.complaints.first() {
                    None => Ok(plan.files[0].new_text.clone()),
                    Some(first) => Err((first.kind, first.candidates.clone())),
                };
                if found != due {
                    let _ =
                        writeln!(failures, "{name}, {}, {form}:\n{reply}\ndue {due:?}\nfound {found:?}\n", sample.tag);
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn several_files_in_one_reply() {
    let files: Vec<(&str, &str)> = SAMPLES.iter().map(|sample| (sample.path, sample.text)).collect();
    let reply = SAMPLES.iter().map(Sample::edit).collect::<Vec<_>>().join("\n");
    let plan = plan_for(&files, &reply);
    assert_eq!(plan.complaints, []);
    for sample in SAMPLES {
        let file = plan.files.iter().find(|file| file.path == sample.path).unwrap();
        assert_eq!(file.new_text, sample.expected());
    }
    let one_wrong = format!("{reply}{}", SAMPLES[0].block(SAMPLES[0].twice, ""));
    let plan = plan_for(&files, &one_wrong);
    assert_eq!(plan.files, []);
    assert_eq!(plan.complaints.len(), 1);
    assert_eq!(plan.complaints[0].candidates, SAMPLES[0].lines_of(SAMPLES[0].twice));
}

#[test]
fn a_file_with_tabs_takes_a_reply_with_blanks() {
    for blanks in SAMPLES {
        let sample = blanks.tabbed();
        let replies = [
            blanks.edit(),
            blanks.diff("@@"),
            blanks.patch(),
            format!("```{}\n{}```\n", blanks.tag, blanks.new_symbol()),
        ];
        for reply in replies {
            assert_eq!(new_text((sample.path, sample.text), &reply), sample.expected(), "{reply}");
        }
    }
}

const CONFLICT: &str = "<<<<<<< HEAD\none\n=======\ntwo\n>>>>>>> branch\n";

#[test]
fn a_file_may_hold_markers_itself() {
    for sample in SAMPLES {
        // At the end, where a broken line does not change how the code of the change is read.
        let file = format!("{}\n{CONFLICT}", sample.text);
        let expected = |solved: &str| file.replace(CONFLICT, solved);
        // The change is elsewhere.
        let changed = file.replace(sample.old, sample.new);
        assert_eq!(complaints_or_text((sample.path, &file), &sample.edit()), Ok(changed), "{}", sample.tag);
        // The conflict is what is solved, within markers of its own width, and within longer ones.
        let wide = sample.block(CONFLICT, "two\n").replace("<<<<<<< SEARCH", "<<<<<<<<< SEARCH");
        let wide = wide.replacen(&format!("{CONFLICT}=======\n"), &format!("{CONFLICT}=========\n"), 1);
        let wide = wide.replace(">>>>>>> REPLACE", ">>>>>>>>> REPLACE");
        for reply in [sample.block(CONFLICT, "two\n"), wide] {
            assert_eq!(complaints_or_text((sample.path, &file), &reply), Ok(expected("two\n")), "{reply}");
        }
        // Markers of blocks are text where they stand in code.
        let quoted = format!("{} <<<<<<< SEARCH\n", sample.comment);
        let reply = sample.block(sample.old, &format!("{quoted}{}", sample.new));
        let changed = sample.text.replace(sample.old, &format!("{quoted}{}", sample.new));
        assert_eq!(complaints_or_text((sample.path, sample.text), &reply), Ok(changed), "{reply}");
    }
}

fn complaints_or_text(file: (&str, &str), reply: &str) -> Result<String, Vec<ComplaintKind>> {
    let plan = plan_for(&[file], reply);
    match plan.files.first() {
        Some(file) => Ok(file.new_text.clone()),
        None => Err(plan.complaints.iter().map(|complaint| complaint.kind).collect()),
    }
}

#[test]
fn code_in_another_language_is_refused() {
    for sample in SAMPLES {
        for other in SAMPLES.iter().filter(|other| other.tag != sample.tag) {
            let code = other.new_symbol();
            let tagged = format!("{}\n```{}\n{code}```\n", sample.path, other.tag);
            let replies = [
                (tagged, Some(ComplaintKind::NotFound)),
                (sample.block(other.old, other.new), Some(ComplaintKind::NotFound)),
                // Without the name of a language the code itself tells.
                (format!("```\n{code}```\n"), None),
                (sample.block(sample.old, &code), Some(ComplaintKind::SyntaxErrors)),
            ];
            for (reply, kind) in replies {
                let found = complaints_or_text((sample.path, sample.text), &reply);
                let as_due = found.as_ref().is_err_and(|kinds| kind.is_none_or(|kind| *kinds == [kind]));
                assert!(as_due, "{} for {}, {reply}\n{found:?}", other.tag, sample.tag);
            }
        }
    }
}
