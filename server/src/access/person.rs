//! What people say of themselves when they come in.

use hartslag_protocol::limits::NAME_CHARACTERS;

/// Why a name or municipality is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// It is too long.
    #[error("has more than {NAME_CHARACTERS} characters")]
    TooLong,
    /// It holds control characters, or ones that turn the text around it.
    #[error("has characters that cannot be shown")]
    Unprintable,
}

/// The name without the white space around it, which may leave nothing.
///
/// # Errors
/// When others would see something else than a short line of text.
pub fn name(text: &str) -> Result<String, NameFault> {
    let name = text.trim();
    if name.chars().any(is_unprintable) {
        return Err(NameFault::Unprintable);
    }
    if name.chars().count() > NAME_CHARACTERS {
        return Err(NameFault::TooLong);
    }
    Ok(name.to_owned())
}

/// Controls, and the marks that change the direction of the text around them: with those,
/// a name could make the line it stands in read differently.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_the_white_space_around_it() {
        assert_eq!(name("  Noor de Vries \n"), Ok("Noor de Vries".into()));
        assert_eq!(name("   "), Ok(String::new()));
    }

    #[test]
    fn a_name_is_counted_in_characters() {
        assert!(name(&"é".repeat(NAME_CHARACTERS)).is_ok());
        assert_eq!(
            name(&"é".repeat(NAME_CHARACTERS + 1)),
            Err(NameFault::TooLong)
        );
    }

    #[test]
    fn a_name_that_changes_its_surroundings_is_not_taken() {
        for hostile in ["No\nor", "No\u{0}or", "No\u{202e}or", "No\u{2066}or"] {
            assert_eq!(name(hostile), Err(NameFault::Unprintable), "{hostile:?}");
        }
    }
}
