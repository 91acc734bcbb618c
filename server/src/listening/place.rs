//! The place of one connection, shared by whoever carries it: the loop that answers its requests,
//! an answer that is still being sent, the WebSocket that it became.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::places::{Full, Number, Places};
use crate::network::Network;

/// Connections that the process holds at most. An idle one takes 8 KiB, so that all together take
/// a quarter of what the process may, and a hall of 5,000 phones is a third of them.
pub(super) const CONNECTIONS: usize = 16_384;
/// Files that the store, and what watches it, may have open besides.
const OTHER_FILES: usize = 128;

/// The places of all connections.
pub(super) struct Shared {
    state: Mutex<State>,
}

struct State {
    places: Places,
    /// What tells a connection that it gave up its place.
    given_up: HashMap<Number, CancellationToken>,
}

/// Claims the files that [`CONNECTIONS`] need, as far as the process may have them, and tells how
/// many connections it can hold.
pub(super) fn claim() -> usize {
    let wanted = (CONNECTIONS + OTHER_FILES) as u64;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let mut files = current.unwrap_or(u64::MAX);
    if files < wanted {
        let raised = maximum.map_or(wanted, |maximum| maximum.min(wanted));
        let limits = Rlimit {
            current: Some(raised),
            maximum,
        };
        match setrlimit(Resource::Nofile, limits) {
            Ok(()) => files = raised,
            Err(error) => debug!(%error, "the limit of open files stays {files}: {error}"),
        }
    }
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    files.saturating_sub(OTHER_FILES).clamp(1, CONNECTIONS)
}

impl Shared {
    pub(super) fn new(most: usize) -> Arc<Self> {
        let state = State {
            places: Places::new(most),
            given_up: HashMap::new(),
        };
        Arc::new(Self {
            state: Mutex::new(state),
        })
    }

    /// Takes a place for a connection; the one that gives up its own is told.
    pub(super) fn take(places: &Arc<Self>, by: Network) -> Result<Arc<Place>, Full> {
        let mut state = places.lock();
        let (number, given_up) = state.places.take(by)?;
        state.tell(given_up);
        let given_up = CancellationToken::new();
        state.given_up.insert(number, given_up.clone());
        drop(state);
        Ok(Arc::new(Place {
            number,
            by,
            given_up,
            uses: Mutex::new(0),
            places: Arc::clone(places),
        }))
    }

    /// Lets one go that nobody uses: the process has no file left for another.
    pub(super) fn relieve(&self) {
        let mut state = self.lock();
        let given_up = state.places.relieve();
        state.tell(given_up);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // What a panic left behind is at worst a place that nobody has.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn tell(&mut self, given_up: Option<Number>) {
        if let Some(token) = given_up.and_then(|number| self.given_up.remove(&number)) {
            token.cancel();
        }
    }
}

/// The place of a connection; when it is dropped, the place is free.
pub(crate) struct Place {
    number: Number,
    by: Network,
    given_up: CancellationToken,
    /// Requests that are answered over it, and the WebSocket that it became.
    uses: Mutex<u32>,
    places: Arc<Shared>,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Place").finish_non_exhaustive()
    }
}

impl Place {
    /// Waits until the connection has to end in favour of another.
    pub(crate) async fn given_up(&self) {
        self.given_up.cancelled().await;
    }

    /// Counts one use more or less.
    fn count(&self, is_more: bool) {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let was_used = *uses > 0;
        *uses = if is_more {
            *uses + 1
        } else {
            uses.saturating_sub(1)
        };
        if was_used != (*uses > 0) {
            let mut state = self.places.lock();
            state.places.use_it(self.by, self.number, !was_used);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.places.lock();
        state.places.leave(self.by, self.number);
        state.given_up.remove(&self.number);
    }
}

/// While it is there, the connection is used.
#[derive(Debug)]
pub(crate) struct InUse(Arc<Place>);

impl InUse {
    pub(crate) fn of(place: &Arc<Place>) -> Self {
        place.count(true);
        Self(Arc::clone(place))
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.0.count(false);
    }
}

/// An answer: its connection is used until it is sent.
pub(super) struct Used {
    body: Body,
    _in_use: InUse,
}

impl Used {
    pub(super) fn new(body: Body, in_use: InUse) -> Self {
        Self {
            body,
            _in_use: in_use,
        }
    }
}

impl hyper::body::Body for Used {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
