//! Ids in the file for things on a board.

use std::collections::{BTreeMap, BTreeSet};

/// Codes by id: the one that a thing has, where it is the first with it, else the first free one.
pub(super) fn codes<'a>(
    things: impl Iterator<Item = (&'a str, Option<&'a str>)> + Clone,
    made: impl Fn(&str, usize) -> String,
) -> BTreeMap<&'a str, String> {
    let mut taken = BTreeSet::new();
    let mut codes = BTreeMap::new();
    for (id, code) in things.clone() {
        if let Some(code) = code.filter(|code| !code.is_empty())
            && taken.insert(code.to_owned())
        {
            codes.insert(id, code.to_owned());
        }
    }
    let mut next: BTreeMap<String, usize> = BTreeMap::new();
    for (id, _) in things {
        if codes.contains_key(id) {
            continue;
        }
        let number = next.entry(made(id, 0)).or_insert(1);
        while !taken.insert(made(id, *number)) {
            *number += 1;
        }
        codes.insert(id, made(id, *number));
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stays_and_others_get_the_first_free_one() {
        let things = [
            ("p", None),
            ("q", Some("f1")),
            ("r", Some("f1")),
            ("s", Some("f3")),
            ("t", Some("")),
        ];

        let codes = codes(things.into_iter(), |_, number| format!("f{number}"));

        let codes: Vec<_> = codes.into_values().collect();
        assert_eq!(codes, ["f2", "f1", "f4", "f3", "f5"]);
    }
}
