//! The web client's files, which are in the binary.
//!
//! `npm run build` writes each file with a `.br` and a `.gz` beside it, so that nothing is
//! compressed while people wait.

use std::borrow::Cow;
use std::fmt::Write as _;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

/// Vite puts a hash of its content in the name of each file here …
const HASHED: &str = "assets/";
/// … but of these, which the server's own pages name.
const UNHASHED: [&str; 2] = ["assets/vote.js", "assets/vote.css"];
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const REVALIDATED: &str = "no-cache";

#[derive(RustEmbed)]
#[folder = "../web-client/dist"]
#[allow_missing = true]
struct Files;

/// Which build of the web client this is; `dev`, which fits every other, where there is none.
pub(crate) fn build() -> String {
    let named = Files::get("build.txt").and_then(|file| String::from_utf8(file.data.into()).ok());
    let named = named.map(|name| name.trim().to_owned());
    named
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "dev".to_owned())
}

/// A file of the web client in the best coding that the client takes; nothing where there is
/// none of that name.
pub(super) fn file(path: &str, request: &HeaderMap) -> Option<Response> {
    let hidden = path.split('/').any(|part| part.starts_with('.'));
    if hidden
        || CODINGS
            .iter()
            .any(|(_, extension)| path.ends_with(extension))
    {
        return None;
    }
    let plain = Files::get(path)?;
    let coded = CODINGS
        .into_iter()
        .filter(|(coding, _)| accepts(request, coding))
        .find_map(|(coding, extension)| Some((coding, Files::get(&format!("{path}{extension}"))?)));
    let (coding, body) = match coded {
        Some((coding, file)) => (Some(coding), file.data),
        None => (None, plain.data),
    };
    let tag = entity_tag(&plain.metadata.sha256_hash(), coding.unwrap_or_default());
    let mut response = answer(request, &tag, body);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(content_type(path)),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static(caching(path)),
    );
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Some(response)
}

fn caching(path: &str) -> &'static str {
    if path.starts_with(HASHED) && !UNHASHED.contains(&path) {
        IMMUTABLE
    } else {
        REVALIDATED
    }
}

/// Codings, the best first, with the extension of their files.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

fn accepts(request: &HeaderMap, coding: &str) -> bool {
    let accepted = request
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accepted.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused = parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        named && !refused
    })
}

fn answer(request: &HeaderMap, tag: &str, body: Cow<'static, [u8]>) -> Response {
    let known = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim().trim_start_matches("W/") == tag);
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        body.into_response()
    };
    let tag = HeaderValue::from_str(tag).expect("a tag is made of hexadecimal digits");
    response.headers_mut().insert(header::ETAG, tag);
    response
}

fn entity_tag(hash: &[u8], coding: &str) -> String {
    let mut tag = String::from("\"");
    for byte in &hash[..16] {
        write!(tag, "{byte:02x}").expect("a string takes whatever is written");
    }
    tag.push_str(coding);
    tag.push('"');
    tag
}

/// By the end of the name; the web client has no other kinds of files.
fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(codings: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, codings.parse().unwrap())])
    }

    #[test]
    fn a_coding_is_used_only_where_the_client_takes_it() {
        assert!(accepts(&accepting("gzip, deflate, br;q=0.9"), "br"));
        assert!(!accepts(&accepting("gzip, br;q=0"), "br"));
        assert!(!accepts(&accepting("broken"), "br"));
        assert!(!accepts(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn who_has_the_file_gets_no_body() {
        let tag = entity_tag(&[7; 32], "br");
        let known = format!("\"x\", W/{tag}").parse().unwrap();
        let known = HeaderMap::from_iter([(header::IF_NONE_MATCH, known)]);

        let again = answer(&known, &tag, Cow::Borrowed(b"body"));
        let first = answer(&HeaderMap::new(), &tag, Cow::Borrowed(b"body"));

        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(first.headers()[header::ETAG], tag);
    }

    #[test]
    fn only_files_with_a_hash_in_their_name_never_change() {
        assert_eq!(caching("assets/index-gqZBxqaI.js"), IMMUTABLE);
        assert_eq!(caching("assets/vote.js"), REVALIDATED);
        assert_eq!(caching("index.html"), REVALIDATED);
    }
}
