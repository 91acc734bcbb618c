//! docs/limits.md has every limit, with the value that the code has.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const PROTOCOL: &str = "protocol/src/limits.rs";

/// A constant: its value, in milliseconds where it is a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Constant {
    value: u64,
    is_time: bool,
}

#[test]
fn every_limit_of_the_protocol_is_on_the_page_with_its_value() {
    let page = file("docs/limits.md");
    let limits = constants(&file(PROTOCOL), &BTreeMap::new());
    assert!(limits.len() > 40, "limits.rs is read: {}", limits.len());

    let wanted = limits
        .iter()
        .map(|(name, limit)| format!("| `{name}` | {} |", shown(name, *limit)));
    let missing: Vec<_> = wanted.filter(|row| !page.contains(row)).collect();

    assert!(
        missing.is_empty(),
        "not in docs/limits.md:\n{}",
        missing.join("\n")
    );
}

#[test]
fn every_other_limit_on_the_page_has_the_value_of_the_code() {
    let page = file("docs/limits.md");
    let known = constants(&file(PROTOCOL), &BTreeMap::new());
    let mut wrong = Vec::new();
    let mut seen = 0;
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row
            .split('|')
            .map(|cell| cell.trim().trim_matches('`'))
            .collect();
        let (name, told) = (cells[1], cells[2]);
        let found = match name.split_once(".rs::") {
            Some((path, name)) => constants(&file(&format!("{path}.rs")), &known)
                .get(name)
                .map(|constant| shown(name, *constant)),
            None => known.get(name).map(|constant| shown(name, *constant)),
        };
        seen += 1;
        if found.as_deref() != Some(told) {
            wrong.push(format!("{name}: the page says {told}, the code {found:?}"));
        }
    }
    assert!(
        seen > known.len(),
        "limits of the server are on the page too"
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The value as the page has it.
fn shown(name: &str, constant: Constant) -> String {
    let value = constant.value;
    if constant.is_time {
        return match value {
            _ if value.is_multiple_of(3_600_000) => format!("{} h", value / 3_600_000),
            _ if value.is_multiple_of(60_000) => format!("{} min", value / 60_000),
            _ if value.is_multiple_of(1_000) => format!("{} s", value / 1_000),
            _ => format!("{value} ms"),
        };
    }
    if name.ends_with("BYTES") {
        return match value {
            _ if value.is_multiple_of(1 << 20) => format!("{} MiB", value >> 20),
            _ if value.is_multiple_of(1 << 10) => format!("{} KiB", value >> 10),
            _ => format!("{value} B"),
        };
    }
    let digits = value.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().collect();
    let groups = groups.iter().map(|group| String::from_utf8_lossy(group));
    groups.collect::<Vec<_>>().join(",")
}

/// Constants with a number or a duration, by name.
fn constants(source: &str, known: &BTreeMap<String, Constant>) -> BTreeMap<String, Constant> {
    let mut found = known.clone();
    for line in source.lines().map(str::trim) {
        let Some((_, definition)) = line.split_once("const ") else {
            continue;
        };
        let Some((name, rest)) = definition.split_once(": ") else {
            continue;
        };
        let Some((kind, value)) = rest.split_once(" = ") else {
            continue;
        };
        let mut reader = Reader {
            rest: value.trim_end_matches(';'),
            known: &found,
        };
        if let Some(value) = reader.shift() {
            let is_time = matches!(kind, "Duration" | "Milliseconds");
            found.insert(name.to_owned(), Constant { value, is_time });
        }
    }
    if !known.is_empty() {
        found.retain(|name, constant| known.get(name) != Some(constant));
    }
    found
}

/// Reads the few expressions that constants are written in.
struct Reader<'a> {
    rest: &'a str,
    known: &'a BTreeMap<String, Constant>,
}

impl Reader<'_> {
    fn shift(&mut self) -> Option<u64> {
        let mut value = self.sum()?;
        while self.take("<<") {
            value <<= self.sum()?;
        }
        Some(value)
    }

    fn sum(&mut self) -> Option<u64> {
        let mut value = self.product()?;
        while self.take("+") {
            value += self.product()?;
        }
        Some(value)
    }

    fn product(&mut self) -> Option<u64> {
        let mut value = self.atom()?;
        loop {
            if self.take("*") {
                value *= self.atom()?;
            } else if self.take("/") {
                value /= self.atom()?;
            } else {
                return Some(value);
            }
        }
    }

    fn atom(&mut self) -> Option<u64> {
        let times = [
            ("Duration::from_millis(", 1),
            ("Duration::from_secs(", 1_000),
            ("Duration::from_mins(", 60_000),
            ("Duration::from_hours(", 3_600_000),
            ("(", 1),
        ];
        for (word, unit) in times {
            if self.take(word) {
                let value = self.shift()?;
                return self.take(")").then_some(value * unit);
            }
        }
        let rest = self.rest.trim_start();
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let (word, rest) = rest.split_at(end.unwrap_or(rest.len()));
        self.rest = rest;
        let number = word.replace('_', "").parse();
        number
            .ok()
            .or_else(|| self.known.get(word).map(|constant| constant.value))
    }

    fn take(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(word);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

fn file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
