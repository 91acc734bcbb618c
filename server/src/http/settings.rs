//! What the operator settles about HTTP.

/// How the server is reached, and whom it trusts.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where people reach the server, without a slash at the end: `https://hartslag.example`.
    pub public_url: Option<String>,
    /// Whether the last address of `X-Forwarded-For` is the client's: only behind a proxy that
    /// sets it.
    pub trust_forwarded_for: bool,
    /// Where weaknesses are reported: `mailto:…` or `https:…`, for `security.txt`.
    pub security_contact: Option<String>,
}

impl Settings {
    /// Whether people come over HTTPS, which the server itself cannot see.
    pub fn is_secure(&self) -> bool {
        self.public_url
            .as_deref()
            .is_some_and(|url| url.starts_with("https://"))
    }

    /// Scheme and authority of the public address, as browsers write it in `Origin`.
    pub fn public_origin(&self) -> Option<&str> {
        let url = self.public_url.as_deref()?;
        let authority = url.find("://")? + "://".len();
        let end = url[authority..].find('/').map(|slash| authority + slash);
        Some(&url[..end.unwrap_or(url.len())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_and_authority() {
        let origin = |url: &str| {
            let settings = Settings {
                public_url: Some(url.to_owned()),
                ..Settings::default()
            };
            settings.public_origin().map(str::to_owned)
        };

        assert_eq!(
            origin("https://a.example:8443/x/"),
            Some("https://a.example:8443".into())
        );
        assert_eq!(origin("http://a.example"), Some("http://a.example".into()));
        assert_eq!(origin("a.example"), None);
    }
}
