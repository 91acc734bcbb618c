//! How a request becomes a WebSocket (RFC 6455, section 4.2).
//!
//! axum has this too, but keeps the socket below to itself: each write would go by two more
//! buffers and the task of the connection, and an idle connection would hold both.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tracing::error;

use crate::listening::{InUse, Place};

/// Why a request does not become a WebSocket.
pub(crate) type UpgradeRefusal = (StatusCode, &'static str);

/// A request that asks to become a WebSocket.
#[derive(Debug)]
pub(crate) struct Upgrade {
    upgraded: OnUpgrade,
    place: Option<Arc<Place>>,
    key: HeaderValue,
    offered: HeaderMap,
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = UpgradeRefusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, UpgradeRefusal> {
        let refusal = |text| (StatusCode::BAD_REQUEST, text);
        let headers = &parts.headers;
        if parts.method != Method::GET {
            return Err((
                StatusCode::METHOD_NOT_ALLOWED,
                "a WebSocket begins with GET",
            ));
        }
        if !names(headers, &header::CONNECTION, "upgrade")
            || !names(headers, &header::UPGRADE, "websocket")
        {
            return Err(refusal("the request does not ask for a WebSocket"));
        }
        if !names(headers, &header::SEC_WEBSOCKET_VERSION, "13") {
            return Err(refusal("the version of WebSocket is 13"));
        }
        let key = headers.get(header::SEC_WEBSOCKET_KEY).cloned();
        let key = key.ok_or(refusal("the request has no Sec-WebSocket-Key"))?;
        let on_upgrade = parts.extensions.remove::<OnUpgrade>();
        let on_upgrade = on_upgrade.ok_or((
            StatusCode::UPGRADE_REQUIRED,
            "the connection cannot be upgraded",
        ))?;
        Ok(Self {
            upgraded: on_upgrade,
            place: parts.extensions.remove(),
            key,
            offered: headers.clone(),
        })
    }
}

impl Upgrade {
    /// Answers the request, and serves the socket once the client has the answer, with what the
    /// client sent ahead. Whether the client offered `protocol` is told, and answered, too.
    pub(crate) fn accept<Served>(
        self,
        protocol: &'static str,
        serve: impl FnOnce(TcpStream, Vec<u8>, bool) -> Served + Send + 'static,
    ) -> Response
    where
        Served: Future<Output = ()> + Send + 'static,
    {
        let speaks = names(&self.offered, &header::SEC_WEBSOCKET_PROTOCOL, protocol);
        let upgraded = self.upgraded;
        let place = self.place;
        tokio::spawn(async move {
            let _in_use = place.as_ref().map(InUse::of);
            // A client that went away meanwhile needs nothing more.
            let Ok(upgraded) = upgraded.await else {
                return;
            };
            let (socket, ahead) = match upgraded.downcast::<TokioIo<TcpStream>>() {
                // A copy, as even an empty rest holds the whole buffer of the request.
                Ok(parts) => (parts.io.into_inner(), parts.read_buf.to_vec()),
                Err(_other) => return error!("a WebSocket did not come over TCP"),
            };
            tokio::select! {
                () = serve(socket, ahead, speaks) => {}
                () = given_up(place.as_deref()) => {}
            }
        });
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        // Base64 has no byte that a header may not have.
        if let Ok(accepted) = HeaderValue::from_str(&derive_accept_key(self.key.as_bytes())) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accepted);
        }
        if speaks {
            let protocol = HeaderValue::from_static(protocol);
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        response
    }
}

/// Waits until the connection gives up its place, if it has one.
async fn given_up(place: Option<&Place>) {
    match place {
        Some(place) => place.given_up().await,
        None => std::future::pending().await,
    }
}

/// Whether a header, a list of words, has this word.
fn names(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter();
    let mut words = values.flat_map(|value| value.as_bytes().split(|&byte| byte == b','));
    words.any(|it| it.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn refused(without: Option<&str>, method: &str) -> Option<StatusCode> {
        let mut request = Request::builder().method(method);
        for (name, value) in [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "WebSocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ] {
            if without != Some(name) {
                request = request.header(name, value);
            }
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let upgrade = Upgrade::from_request_parts(&mut parts, &()).await;
        upgrade.err().map(|(status, _)| status)
    }

    #[tokio::test]
    async fn what_asks_for_no_websocket_is_refused() {
        for missing in [
            "connection",
            "upgrade",
            "sec-websocket-version",
            "sec-websocket-key",
        ] {
            let status = refused(Some(missing), "GET").await;
            assert_eq!(status, Some(StatusCode::BAD_REQUEST), "{missing}");
        }
        assert_eq!(
            refused(None, "POST").await,
            Some(StatusCode::METHOD_NOT_ALLOWED)
        );
        // There is no connection below this request.
        assert_eq!(
            refused(None, "GET").await,
            Some(StatusCode::UPGRADE_REQUIRED)
        );
    }
}
