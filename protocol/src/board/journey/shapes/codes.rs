//! Texts of a certain form: dates, ids, addresses.

use crate::board::journey::shape::{Code, Shape};
use crate::fields::{self, Field};

pub(super) const DATE: Shape = Shape::Code(Code {
    matches: is_date,
    field: Field::Id,
    form: "a date such as 2026-11-22",
});
pub(super) const PHASE_CODE: Code = Code {
    matches: |text| matches!(text.as_bytes(), [b'f', b'1'..=b'9']),
    field: Field::Id,
    form: "the id of a phase, f1 to f9",
};
pub(super) const TOUCHPOINT_CODE: Code = Code {
    matches: |text| matches!(text.as_bytes(), [b'f', b'1'..=b'9', b't', b'1'..=b'9']),
    field: Field::Id,
    form: "the id of a touchpoint, such as f1t2",
};
pub(super) const PHASE_ID: Shape = Shape::Code(PHASE_CODE);
pub(super) const TOUCHPOINT_ID: Shape = Shape::Code(TOUCHPOINT_CODE);
pub(super) const IDEA_ID: Shape = Shape::Code(Code {
    matches: |text| matches!(text.as_bytes(), [b'i', b'0'..=b'9', b'0'..=b'9']),
    field: Field::Id,
    form: "the id of an idea, such as i03",
});
pub(super) const ACTION_ID: Shape = Shape::Code(Code {
    matches: |text| {
        text.strip_prefix('a')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|it| it.is_ascii_digit()))
    },
    field: Field::Id,
    form: "the id of an action, such as a1",
});
pub(super) const SLUG: Shape = Shape::Code(Code {
    matches: is_slug,
    field: fields::SHORT,
    form: "words of small letters and digits with hyphens between, such as koffiebar-openen",
});
pub(super) const MUNICIPALITY_CODE: Shape = Shape::CodeOrNull(Code {
    matches: |text| {
        text.strip_prefix("GM")
            .is_some_and(|rest| rest.len() == 4 && rest.bytes().all(|it| it.is_ascii_digit()))
    },
    field: Field::Id,
    form: "a CBS code such as GM0344",
});
pub(super) const UPL_URI: Shape = Shape::Code(Code {
    matches: |text| {
        text.strip_prefix("http://standaarden.overheid.nl/owms/terms/")
            .is_some_and(|rest| !rest.is_empty())
    },
    field: fields::SHORT,
    form: "an address of the UPL: http://standaarden.overheid.nl/owms/terms/…",
});

fn is_slug(text: &str) -> bool {
    text.split('-').all(|word| {
        !word.is_empty()
            && word
                .bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
    })
}

/// Whether this is a day of the calendar, as `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else {
        return false;
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u32, |sum, digit| {
            digit
                .is_ascii_digit()
                .then(|| sum * 10 + u32::from(digit - b'0'))
        })
    };
    let (Some(year), Some(month), Some(day)) = (
        number(&[*y1, *y2, *y3, *y4]),
        number(&[*m1, *m2]),
        number(&[*d1, *d2]),
    ) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}
