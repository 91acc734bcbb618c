//! Order keys (B3): between two of them there is always another, so that a move is one small write.
//!
//! A key is a fraction in base 62, written without its "0." and without trailing zeros; comparing
//! the text compares the fractions.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE: usize = DIGITS.len();
/// Digits in which keys are counted up or down: 238,000 things in a row before keys get longer.
const GROUP: usize = 3;

/// A key after `after` and before `before`; none means no neighbour on that side.
///
/// A neighbour that is no key counts as none. Where the neighbours stand the wrong way round, or
/// are equal, the key comes right after `after`: someone else's move crossed this one.
pub fn between(after: Option<&str>, before: Option<&str>) -> String {
    match (after.and_then(digits), before.and_then(digits)) {
        (None, None) => text(&[BASE / 2]),
        (Some(after), None) => text(&next(&after)),
        (None, Some(before)) => text(&previous(&before)),
        (Some(mut after), Some(before)) if after >= before => {
            after.push(BASE / 2);
            text(&after)
        }
        (Some(after), Some(before)) => text(&middle(&after, &before)),
    }
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

/// The digits of a key, or none where it is no key.
fn digits(key: &str) -> Option<Vec<usize>> {
    let key = key.trim_end_matches('0');
    if key.is_empty() {
        return None;
    }
    key.bytes()
        .map(|byte| DIGITS.iter().position(|&digit| digit == byte))
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
        let pairs = [
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

        golden::check(
            "ordering.json",
            &json!({"between": between, "sequence": sequence}),
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
