//! Order keys (B3): between two of them there is always another, so that a move is one small write.
//!
//! A key is a fraction in base 62, written without its "0." and without trailing zeros; comparing
//! the text compares the fractions.

use crate::limits::ORDER_KEY_BYTES;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE: usize = DIGITS.len();
/// Digits in which keys are counted up or down: 238,000 things in a row before keys get longer.
const GROUP: usize = 3;

/// A key after `after` and before `before`; none means no neighbour on that side.
///
/// A neighbour that is no key counts as none. Where the neighbours stand the wrong way round, or
/// are equal, the key comes right after `after`: someone else's move crossed this one. Where only
/// a longer key than [`ORDER_KEY_BYTES`] would lie between, it is that of a neighbour.
pub fn between(after: Option<&str>, before: Option<&str>) -> String {
    let (low, high) = (after.and_then(digits), before.and_then(digits));
    let key = match (&low, &high) {
        (None, None) => vec![BASE / 2],
        (Some(low), None) => next(low),
        (None, Some(high)) => previous(high),
        (Some(low), Some(high)) if low >= high => [&low[..], &[BASE / 2]].concat(),
        (Some(low), Some(high)) => middle(low, high),
    };
    if key.len() <= ORDER_KEY_BYTES {
        return text(&key);
    }
    text(&low.or(high).unwrap_or(key))
}

/// The key that a text on a board stands for: its first digits where it is too long, the middle
/// one where it is none.
pub fn read(key: &str) -> String {
    digits(key).map_or_else(|| text(&[BASE / 2]), |digits| text(&digits))
}

/// Keys for `count` things in a row, as short as they can be and evenly spread.
pub fn sequence(count: usize) -> Vec<String> {
    let mut width = 1;
    let mut room = BASE;
    while room <= count {
        width += 1;
        room *= BASE;
    }
    (1..=count)
        .map(|place| {
            let mut rest = place * room / (count + 1);
            let mut key = vec![0; width];
            for digit in key.iter_mut().rev() {
                *digit = rest % BASE;
                rest /= BASE;
            }
            text(&key)
        })
        .collect()
}

/// The first digits of a key, or none where it is no key.
fn digits(key: &str) -> Option<Vec<usize>> {
    let first = &key.as_bytes()[..key.len().min(ORDER_KEY_BYTES)];
    let end = first.iter().rposition(|&digit| digit != b'0')? + 1;
    first[..end]
        .iter()
        .map(|byte| DIGITS.iter().position(|digit| digit == byte))
        .collect()
}

fn text(digits: &[usize]) -> String {
    let key: String = digits
        .iter()
        .map(|&digit| char::from(DIGITS[digit]))
        .collect();
    key.trim_end_matches('0').to_owned()
}

/// The first so many digits, filled up with zeros.
fn leading(key: &[usize], width: usize) -> Vec<usize> {
    (0..width)
        .map(|place| key.get(place).copied().unwrap_or(0))
        .collect()
}

/// Counts up by one in the first group of digits that has room.
fn next(key: &[usize]) -> Vec<usize> {
    let mut width = GROUP;
    loop {
        let mut counted = leading(key, width);
        if let Some(place) = counted.iter().rposition(|&digit| digit < BASE - 1) {
            counted[place] += 1;
            counted.truncate(place + 1);
            return counted;
        }
        width += GROUP;
    }
}

/// Counts down by one in the first group of digits that has room.
fn previous(key: &[usize]) -> Vec<usize> {
    let mut width = GROUP;
    loop {
        let mut counted = leading(key, width);
        // A longer key lies after its first digits already.
        if key.len() <= width {
            for digit in counted.iter_mut().rev() {
                if *digit > 0 {
                    *digit -= 1;
                    break;
                }
                *digit = BASE - 1;
            }
        }
        if counted.iter().any(|&digit| digit > 0) {
            return counted;
        }
        width += GROUP;
    }
}

/// The shortest key between two, halfway where there is a choice.
fn middle(after: &[usize], before: &[usize]) -> Vec<usize> {
    let mut key = Vec::new();
    let mut bound = Some(before);
    let mut place = 0;
    loop {
        let low = after.get(place).copied().unwrap_or(0);
        let high = bound.map_or(BASE, |bound| bound.get(place).copied().unwrap_or(0));
        if high > low + 1 {
            key.push(usize::midpoint(low, high));
            return key;
        }
        if high > low {
            // Neighbouring digits: the upper one alone lies between if its key goes on.
            if bound.is_some_and(|bound| bound.len() > place + 1) {
                key.push(high);
                return key;
            }
            bound = None;
        }
        key.push(low);
        place += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::board::golden;

    #[test]
    fn b3_golden_keys_are_up_to_date() {
        let last = "z".repeat(ORDER_KEY_BYTES);
        let first = format!("{}1", "0".repeat(ORDER_KEY_BYTES - 1));
        let pairs = [
            (Some(last.as_str()), None),
            (None, Some(first.as_str())),
            (Some(&last[1..]), Some(last.as_str())),
            (None, None),
            (None, Some("V")),
            (Some("V"), None),
            (Some("A"), Some("B")),
            (Some("A"), Some("A1")),
            (Some("A"), Some("B5")),
            (Some("A"), Some("K")),
            (Some("Az"), Some("B")),
            (Some("Azz"), Some("B")),
            (None, Some("01")),
            (None, Some("001")),
            (None, Some("1")),
            (None, Some("0000001")),
            (None, Some("V01V")),
            (Some("zzz"), None),
            (Some("zz"), None),
            (Some("Vzz"), None),
            (Some("V01V"), None),
            (Some("zzzzzzz"), None),
            (Some("A"), Some("A")),
            (Some("K"), Some("A")),
            (Some("not a key"), Some("A")),
            (Some("A"), Some("é")),
            (Some(""), Some("0")),
            (Some("A0"), Some("B")),
        ];
        let between: Vec<_> = pairs
            .iter()
            .map(|&(after, before)| {
                json!({"after": after, "before": before, "key": between(after, before)})
            })
            .collect();
        let sequence: Vec<_> = [0, 1, 2, 5, 13, 61, 62, 100]
            .iter()
            .map(|&count| json!({"count": count, "keys": sequence(count)}))
            .collect();

        let long = ["z".repeat(100), format!("A{}", "0".repeat(100))];
        let read: Vec<_> = ["V", "A0", "", "000", "é", "a b", &long[0], &long[1]]
            .iter()
            .map(|&text| json!({"text": text, "key": read(text)}))
            .collect();

        golden::check(
            "ordering.json",
            &json!({"between": between, "sequence": sequence, "read": read}),
        );
    }

    #[test]
    fn b3_keys_stay_short_when_things_are_added_at_an_end() {
        let (mut last, mut first) = ("V".to_owned(), "V".to_owned());
        for _ in 0..5_000 {
            last = between(Some(&last), None);
            first = between(None, Some(&first));
        }

        assert!(last.len() <= 3, "{last}");
        assert!(first.len() <= 3, "{first}");
    }

    #[test]
    fn b8_no_key_gets_longer_than_64_digits() {
        let (mut low, mut high) = ("A".to_owned(), "B".to_owned());
        for turn in 0..1_000 {
            let key = between(Some(&low), Some(&high));
            assert!(
                key.len() <= ORDER_KEY_BYTES && low <= key && key <= high,
                "{key}"
            );
            *(if turn % 2 == 0 { &mut low } else { &mut high }) = key;
        }

        let long = "z".repeat(60_000);
        assert_eq!(between(Some(&long), None), long[..ORDER_KEY_BYTES]);
    }

    proptest! {
        #[test]
        fn b3_between_two_keys_there_is_always_another(
            places in prop::collection::vec(any::<prop::sample::Index>(), 1..200),
        ) {
            let mut keys: Vec<String> = sequence(3);
            for place in places {
                let place = place.index(keys.len() + 1);
                let after = place.checked_sub(1).map(|left| keys[left].clone());
                let before = keys.get(place).cloned();

                let key = between(after.as_deref(), before.as_deref());

                prop_assert!(after.is_none_or(|after| after < key));
                prop_assert!(before.is_none_or(|before| key < before));
                prop_assert!(!key.ends_with('0') && digits(&key).is_some());
                keys.insert(place, key);
            }
        }

        #[test]
        fn b3_any_text_is_survived(after in ".{0,8}", before in ".{0,8}") {
            prop_assert!(digits(&between(Some(&after), Some(&before))).is_some());
        }

        #[test]
        fn b3_a_sequence_is_in_order(count in 0_usize..5_000) {
            let keys = sequence(count);

            prop_assert_eq!(keys.len(), count);
            prop_assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(keys.iter().all(|key| digits(key).is_some()));
        }
    }
}
