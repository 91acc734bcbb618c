//! Secrets: made here, kept by others as a hash only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::SecretHash;

const BYTES: usize = 32;

/// 256 random bits, as text that fits in a link.
///
/// It has no `Debug` and no `Display`, so that it cannot end up in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new secret.
    pub fn generate() -> Self {
        Self(URL_SAFE_NO_PAD.encode(rand::random::<[u8; BYTES]>()))
    }

    /// The secret that someone brought back; nothing where it cannot be one.
    pub fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == BYTES).then(|| Self(text.to_owned()))
    }

    /// The text, for the one who is to hold it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What a store keeps of it.
    pub fn hash(&self) -> SecretHash {
        hash(&self.0)
    }
}

/// What a store keeps of a secret that someone brought.
///
/// With 256 random bits in it, a secret needs no slow hash and no salt; and as it is looked up
/// by its hash, the time that takes tells nothing of it.
pub fn hash(secret: &str) -> SecretHash {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h2_a_secret_has_256_bits_and_fits_in_a_link() {
        let secret = Secret::generate();

        assert_eq!(secret.reveal().len(), 43);
        assert!(
            secret
                .reveal()
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        );
    }

    #[test]
    fn no_two_secrets_are_equal() {
        assert_ne!(Secret::generate().hash(), Secret::generate().hash());
    }

    #[test]
    fn a_secret_that_comes_back_has_the_same_hash() {
        let secret = Secret::generate();

        assert_eq!(hash(secret.reveal()), secret.hash());
    }
}
