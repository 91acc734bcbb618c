//! The cookie by which a device comes back as the same participant (H1).

use axum::http::{HeaderMap, HeaderValue};
use axum_extra::extract::cookie::CookieJar;

use super::settings::Settings;
use crate::access::SecretHash;
use crate::access::secret::Secret;

/// Cookies with this prefix are taken by browsers only from the host itself, over HTTPS.
const SECURE_NAME: &str = "__Host-hartslag";
const NAME: &str = "hartslag";
/// How long a device is remembered after its last join: a year.
const SECONDS: u32 = 365 * 24 * 60 * 60;

/// A device, known by a secret of its own.
pub(crate) struct Device {
    secret: Secret,
}

impl Device {
    /// The device that sent these headers; nothing where it has no cookie of ours.
    pub(crate) fn of(headers: &HeaderMap, settings: &Settings) -> Option<Self> {
        let jar = CookieJar::from_headers(headers);
        let secret = Secret::read(jar.get(name(settings))?.value())?;
        Some(Self { secret })
    }

    /// A device that was never here.
    pub(crate) fn unknown() -> Self {
        Self {
            secret: Secret::generate(),
        }
    }

    /// What a store keeps of it.
    pub(crate) fn hash(&self) -> SecretHash {
        self.secret.hash()
    }

    /// The value of `Set-Cookie` by which the device keeps its secret.
    pub(crate) fn cookie(&self, settings: &Settings) -> HeaderValue {
        let name = name(settings);
        let secret = self.secret.reveal();
        let secure = if settings.is_secure() { "; Secure" } else { "" };
        let cookie = format!(
            "{name}={secret}; Path=/; Max-Age={SECONDS}; HttpOnly; SameSite=Strict{secure}"
        );
        HeaderValue::try_from(cookie).expect("a secret is letters, digits, - and _")
    }
}

fn name(settings: &Settings) -> &'static str {
    if settings.is_secure() {
        SECURE_NAME
    } else {
        NAME
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    fn settings(public_url: &str) -> Settings {
        Settings {
            public_url: Some(public_url.to_owned()),
            ..Settings::default()
        }
    }

    #[test]
    fn h1_a_device_is_known_by_the_cookie_it_was_given() {
        for settings in [Settings::default(), settings("https://hartslag.example")] {
            let device = Device::unknown();
            let cookie = device.cookie(&settings);
            let pair = cookie
                .to_str()
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .to_owned();
            let headers = HeaderMap::from_iter([(header::COOKIE, pair.parse().unwrap())]);

            let known = Device::of(&headers, &settings).unwrap();

            assert_eq!(known.hash(), device.hash());
        }
    }

    #[test]
    fn over_https_the_cookie_is_bound_to_the_host() {
        let device = Device::unknown();
        let text = |settings: &Settings| device.cookie(settings).to_str().unwrap().to_owned();

        let secure = text(&settings("https://hartslag.example"));
        let plain = text(&Settings::default());

        assert!(secure.starts_with("__Host-hartslag=") && secure.ends_with("; Secure"));
        assert!(plain.starts_with("hartslag=") && plain.ends_with("HttpOnly; SameSite=Strict"));
        assert!(secure.contains("; Path=/;") && !secure.contains("Domain"));
    }

    #[test]
    fn a_cookie_that_is_no_secret_is_no_device() {
        let headers = HeaderMap::from_iter([(header::COOKIE, "hartslag=short".parse().unwrap())]);

        assert!(Device::of(&headers, &Settings::default()).is_none());
    }
}
