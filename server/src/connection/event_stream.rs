//! A member over server-sent events and POST, where a proxy lets no WebSocket through (W20 to W26).
//!
//! One task per connection, as with a WebSocket: it writes events for the response to carry
//! away, and hands in what comes with POSTs. It ends with the response, and takes the member
//! with it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use futures_util::{Stream, stream};
use hartslag_protocol::ids::{ParticipantId, RoomId};
use hartslag_protocol::wire::bundle::{Bundled, read_bundle};
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::workshop::Role;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::events::write;
use super::intake::{Intake, LARGEST_FRAME_BYTES, USUAL_FRAME_BYTES};
use crate::network::Network;
use crate::room::{Dialect, Member, RoomClosed, RoomHandle};

/// Bytes of a body besides its largest frame.
const BESIDES_BYTES: usize = 64 << 10;
/// A client renews its presence four times as often; one whose network went away without a word
/// is let go, though a proxy may hold its stream open.
const SILENCE: Duration = Duration::from_mins(2);

/// What tells a connection's POSTs from everyone else's: 128 random bits.
pub(super) type Secret = [u8; 16];
type Key = (RoomId, Secret);

/// The open event streams of this node, for the POSTs that belong to them.
#[derive(Clone, Debug, Default)]
pub struct EventStreams {
    lines: Arc<Mutex<HashMap<Key, Line>>>,
}

/// The way in to one connection.
#[derive(Clone, Debug)]
pub struct Line {
    posts: mpsc::Sender<Post>,
    progress: Arc<Progress>,
}

/// How far a connection's POSTs have come, for who asks before a body is read.
#[derive(Debug)]
struct Progress {
    handed_in: AtomicU64,
    may_be_large: AtomicBool,
}

#[derive(Debug)]
struct Post {
    number: u64,
    body: Bytes,
    done: oneshot::Sender<()>,
}

/// A place for one body.
#[derive(Debug)]
pub struct Slot(mpsc::OwnedPermit<Post>);

/// Why a body has no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// The connection ended, or is another node's.
    #[error("the connection is gone: open a new one")]
    Gone,
    /// Another POST of the connection is under way.
    #[error("one POST at a time")]
    Busy,
}

/// Takes a connection out of the list as it ends.
struct Entry {
    streams: EventStreams,
    key: Key,
}

impl EventStreams {
    /// Opens a connection of this participant; what it returns is the body of the response.
    /// Whether they may join was decided before (W3).
    pub async fn open(
        &self,
        room: RoomHandle,
        participant: ParticipantId,
        role: Role,
        network: Network,
    ) -> Result<impl Stream<Item = Bytes> + Send + use<>, RoomClosed> {
        let key = (room.room(), rand::random());
        let dialect = Dialect::Hartslag;
        let member = room.connect(participant, role, network, dialect).await?;
        let (posts, incoming) = mpsc::channel(1);
        let progress = Arc::new(Progress {
            handed_in: AtomicU64::new(0),
            may_be_large: AtomicBool::new(true),
        });
        let line = Line {
            posts,
            progress: Arc::clone(&progress),
        };
        self.lock().insert(key, line);
        let entry = Entry {
            streams: self.clone(),
            key,
        };
        let (events, outgoing) = mpsc::channel(1);
        tokio::spawn(serve(member, incoming, progress, events, entry));
        Ok(stream::unfold(outgoing, async |mut outgoing| {
            Some((outgoing.recv().await?, outgoing))
        }))
    }

    /// The connection that a secret names, when it is this node's.
    pub fn line(&self, room: RoomId, secret: &str) -> Result<Line, PostError> {
        let secret = URL_SAFE_NO_PAD.decode(secret).ok();
        let secret = secret.and_then(|bytes| bytes.try_into().ok());
        let line = secret.and_then(|secret| self.lock().get(&(room, secret)).cloned());
        line.ok_or(PostError::Gone)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Line>> {
        // The list is whole between any two statements: a panic elsewhere leaves it usable.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Whether a POST was handed in already: its answer was lost, and it counts once (W23).
    pub fn has_handed_in(&self, number: u64) -> bool {
        number <= self.progress.handed_in.load(Ordering::Acquire)
    }

    /// Bytes that the next body may have.
    pub fn largest_body(&self) -> usize {
        BESIDES_BYTES
            + if self.progress.may_be_large.load(Ordering::Acquire) {
                LARGEST_FRAME_BYTES
            } else {
                USUAL_FRAME_BYTES
            }
    }

    /// Takes the place for a body, before it is read.
    pub fn reserve(self) -> Result<Slot, PostError> {
        let permit = self.posts.try_reserve_owned();
        permit.map(Slot).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => PostError::Busy,
            mpsc::error::TrySendError::Closed(_) => PostError::Gone,
        })
    }
}

impl Slot {
    /// Hands the body to the room; it is there when this returns.
    pub async fn hand_in(self, number: u64, body: Bytes) -> Result<(), PostError> {
        let (done, handed_in) = oneshot::channel();
        self.0.send(Post { number, body, done });
        handed_in.await.map_err(|_dropped| PostError::Gone)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.streams.lock().remove(&self.key);
    }
}

async fn serve(
    member: Member,
    mut posts: mpsc::Receiver<Post>,
    progress: Arc<Progress>,
    events: mpsc::Sender<Bytes>,
    entry: Entry,
) {
    let reading = async {
        if let Err(code) = read(&mut posts, &member, &progress).await {
            member.outbox().close(code);
            // The connection ends when this was written.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = reading => {}
        // What could not be written, nobody waits for.
        _ = write(&events, &member, &entry.key.1) => {}
        () = events.closed() => {}
        () = member.outbox().let_go() => {}
    }
}

/// Hands in what comes until the client has been silent too long (`Ok`) or must go (`Err`).
async fn read(
    posts: &mut mpsc::Receiver<Post>,
    member: &Member,
    progress: &Progress,
) -> Result<(), CloseCode> {
    let mut intake = Intake::new(Dialect::Hartslag);
    let mut next = 1;
    while let Ok(Some(post)) = timeout(intake.patience(SILENCE), posts.recv()).await {
        if post.number > next {
            return Err(CloseCode::Malformed);
        }
        if post.number == next {
            hand_in(&post.body, member, &mut intake).await?;
            let may_be_large = intake.may_be_large();
            progress.may_be_large.store(may_be_large, Ordering::Release);
            progress.handed_in.store(next, Ordering::Release);
            next += 1;
        }
        // Who does not wait for the answer asks again.
        let _ = post.done.send(());
    }
    intake.after_silence()
}

async fn hand_in(body: &Bytes, member: &Member, intake: &mut Intake) -> Result<(), CloseCode> {
    let frames = read_bundle(body).map_err(|_malformed| CloseCode::Malformed)?;
    for frame in frames {
        match frame {
            Bundled::Text(text) => intake.text(text.to_owned(), member).await?,
            Bundled::Binary(bytes) => intake.binary(body.slice_ref(bytes), member).await?,
        }
    }
    Ok(())
}
