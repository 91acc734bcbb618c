//! Answers that are sent and not read yet: so many bytes of one network, and of all.
//!
//! Who asks and does not read keeps the answer in memory for minutes. What is small the number of
//! connections bounds; what is large is counted until the kernel has taken it.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body::{Frame, SizeHint};

use super::AppState;
use super::client_network::ClientNetwork;
use super::error::ApiError;
use crate::network::Network;
use crate::work::Busy;

/// An answer of which more is counted.
const LARGE: usize = 16 << 10;
/// What one network has unread: all forms of a board that is as large as boards may be. One answer
/// may be larger.
const NETWORK_BYTES: usize = 32 << 20;
/// What all have.
const ALL_BYTES: usize = 96 << 20;

/// Sends an answer while its network reads those before it.
pub(super) async fn bound(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let ClientNetwork(network) = ClientNetwork::of(&parts, &app);
    // The web client is in the binary, and takes no memory whoever reads it.
    let is_made = parts.uri.path().starts_with("/api/");
    let response = next.run(Request::from_parts(parts, body)).await;
    let bytes = response.body().size_hint().exact().unwrap_or_default();
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    if !is_made || bytes <= LARGE {
        return response;
    }
    match app.unread.hold(network, bytes) {
        Ok(held) => response.map(|body| Body::new(Held(body, Arc::new(held)))),
        Err(busy) => ApiError::from(busy).into_response(),
    }
}

/// What is unread.
#[derive(Clone, Default)]
pub struct Unread(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    all: usize,
    networks: HashMap<Network, usize>,
}

/// An answer that counts until this is dropped.
struct Share {
    unread: Unread,
    network: Network,
    bytes: usize,
}

impl Unread {
    fn hold(&self, network: Network, bytes: usize) -> Result<Share, Busy> {
        let mut counts = self.lock();
        let own = counts.networks.get(&network).copied().unwrap_or_default();
        if own > 0 && own.saturating_add(bytes) > NETWORK_BYTES {
            return Err(Busy::Person);
        }
        if counts.all > 0 && counts.all.saturating_add(bytes) > ALL_BYTES {
            return Err(Busy::Memory);
        }
        counts.all += bytes;
        counts.networks.insert(network, own + bytes);
        let unread = self.clone();
        Ok(Share {
            unread,
            network,
            bytes,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // It is whole between any two uses.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut counts = self.unread.lock();
        counts.all -= self.bytes;
        if let Some(own) = counts.networks.get_mut(&self.network) {
            *own -= self.bytes;
            if *own == 0 {
                counts.networks.remove(&self.network);
            }
        }
    }
}

/// A body whose bytes count as long as anyone has them: the connection drops the body when it has
/// taken the last of it, and keeps the bytes until they are written.
struct Held(Body, Arc<Share>);

struct HeldBytes(
    Bytes,
    #[expect(dead_code, reason = "it counts while it is there")] Arc<Share>,
);

impl AsRef<[u8]> for HeldBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let share = Arc::clone(&self.1);
        let frame = Pin::new(&mut self.0).poll_frame(context);
        let held = |bytes| Bytes::from_owner(HeldBytes(bytes, share));
        frame.map(|frame| frame.map(|frame| frame.map(|frame| frame.map_data(held))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn what_a_network_leaves_unread_keeps_its_next_answers_and_nobody_elses() {
        let unread = Unread::default();
        let elsewhere = IpAddr::from([10, 1, 1, 1]).into();
        let first = unread.hold(Network::HERE, NETWORK_BYTES + 1).unwrap();

        assert_eq!(
            unread.hold(Network::HERE, 1).err(),
            Some(Busy::Person),
            "one may be larger, and comes alone"
        );
        assert!(unread.hold(elsewhere, NETWORK_BYTES).is_ok());
        assert_eq!(unread.hold(elsewhere, ALL_BYTES).err(), Some(Busy::Memory));

        drop(first);
        assert!(unread.hold(Network::HERE, 1).is_ok());
        assert!(unread.lock().networks.is_empty());
    }

    #[tokio::test]
    async fn an_answer_counts_until_its_last_byte_is_dropped() {
        let unread = Unread::default();
        let share = unread.hold(Network::HERE, 5).unwrap();
        let body = Body::new(Held(Body::from("hallo"), Arc::new(share)));

        let bytes = axum::body::to_bytes(body, 5).await.unwrap();
        assert_eq!((&bytes[..], unread.lock().all), (&b"hallo"[..], 5));

        drop(bytes);
        assert_eq!(unread.lock().all, 0);
    }
}
