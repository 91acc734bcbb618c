//! Turns of questions: so many of one network are worked on at a time, the others wait in order.
//!
//! A question costs little, but a device that sends a hundred at once would have each step of an
//! edit wait behind all of them, and whoever is in a room with somebody who does so would notice.
//! So a network keeps its own questions waiting, and nobody else's. What changes something is
//! bounded by kind, and goes on at once: the store writes what comes together in one go.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::AppState;
use super::client_network::ClientNetwork;
use crate::network::Network;

/// Questions of one network that are worked on.
const AT_ONCE: usize = 16;
/// What takes longer waits for something else, be it for what a slow line has yet to send: it
/// goes on without a turn, so that it keeps nobody of its network waiting.
const LONG: Duration = Duration::from_millis(10);

/// Lets a question wait for its turn.
pub(super) async fn take(State(app): State<AppState>, request: Request, next: Next) -> Response {
    if !request.method().is_safe() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let ClientNetwork(network) = ClientNetwork::of(&parts, &app);
    let turn = app.turns.turn(network).await;
    let mut answering = pin!(next.run(Request::from_parts(parts, body)));
    if let Ok(response) = timeout(LONG, &mut answering).await {
        return response;
    }
    drop(turn);
    answering.await
}

/// The turns of all networks.
#[derive(Clone, Default)]
pub struct Turns(Arc<Mutex<HashMap<Network, Arc<Semaphore>>>>);

/// A turn; the next of the network has it when this is dropped.
struct Turn {
    turns: Turns,
    network: Network,
    permit: Option<OwnedSemaphorePermit>,
}

impl Turns {
    async fn turn(&self, network: Network) -> Turn {
        let free = Arc::clone(
            self.lock()
                .entry(network)
                .or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))),
        );
        let mut turn = Turn {
            turns: self.clone(),
            network,
            permit: None,
        };
        // Nobody closes it, so there is always a turn to come.
        turn.permit = free.acquire_owned().await.ok();
        turn
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Network, Arc<Semaphore>>> {
        // It is whole between any two statements.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.permit.take());
        let mut networks = self.turns.lock();
        let is_last = |free: &Arc<Semaphore>| Arc::strong_count(free) == 1;
        if networks.get(&self.network).is_some_and(is_last) {
            networks.remove(&self.network);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use futures_util::poll;

    use super::*;

    #[tokio::test]
    async fn a_network_keeps_only_its_own_requests_waiting() {
        let turns = Turns::default();
        let mut taken = Vec::new();
        for _ in 0..AT_ONCE {
            taken.push(turns.turn(Network::HERE).await);
        }
        let mut next = Box::pin(turns.turn(Network::HERE));
        assert!(poll!(&mut next).is_pending());

        let other = IpAddr::V4(Ipv4Addr::new(10, 1, 1, 1)).into();
        let other = turns.turn(other).await;

        drop(taken.pop());
        drop((next.await, other, taken));
        assert!(turns.lock().is_empty());
    }

    #[tokio::test]
    async fn who_goes_away_while_waiting_leaves_nothing_behind() {
        let turns = Turns::default();
        let mut taken = Vec::new();
        for _ in 0..AT_ONCE {
            taken.push(turns.turn(Network::HERE).await);
        }
        let mut gone = Box::pin(turns.turn(Network::HERE));
        assert!(poll!(&mut gone).is_pending());

        drop(gone);
        drop(taken);

        assert!(turns.lock().is_empty());
    }
}
