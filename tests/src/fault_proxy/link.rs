//! One connection through the proxy: two directions, each with its own pace.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::{Cut, Direction, Faults, reset};

/// Bytes that are read at once.
const READ: usize = 16 << 10;
/// Reads that are under way in one direction; more are not read yet, so that a slow side pushes
/// back as it would without a proxy.
const UNDER_WAY: usize = 64;

type Piece = (Instant, Vec<u8>);

/// Both ends of a connection.
pub(super) struct Link {
    near: TcpStream,
    far: TcpStream,
    faults: watch::Receiver<Faults>,
}

impl Link {
    pub(super) fn new(near: TcpStream, far: TcpStream, faults: watch::Receiver<Faults>) -> Self {
        Self { near, far, faults }
    }

    /// Carries bytes both ways until the connection ends or is cut.
    pub(super) async fn run(self) {
        for stream in [&self.near, &self.far] {
            // A stream that has ended already tells so at its first read.
            let _: io::Result<()> = stream.set_nodelay(true);
        }
        let born = self.faults.borrow().cuts;
        let (from_near, to_near) = self.near.into_split();
        let (from_far, to_far) = self.far.into_split();
        let has_lost = Arc::new(AtomicBool::new(false));
        let way = |direction| Way {
            direction,
            faults: self.faults.clone(),
            has_lost: Arc::clone(&has_lost),
        };
        let mut to_far = to_far;
        let mut to_near = to_near;
        let cut = {
            let there = way(Direction::ToTarget).carry(from_near, &mut to_far);
            let back = way(Direction::FromTarget).carry(from_far, &mut to_near);
            let both = async { tokio::join!(there, back) };
            tokio::select! {
                _ = both => None,
                cut = ended(self.faults.clone(), born, Arc::clone(&has_lost)) => Some(cut),
            }
        };
        if cut == Some(Cut::Reset) {
            // A half that is dropped says FIN first.
            for half in [to_near, to_far] {
                reset(half.as_ref());
                half.forget();
            }
        }
    }
}

/// Waits until the connection is cut, or is whole again on paper only.
async fn ended(mut faults: watch::Receiver<Faults>, born: u64, has_lost: Arc<AtomicBool>) -> Cut {
    loop {
        {
            let now = faults.borrow_and_update();
            if now.cuts > born {
                return now.cut.unwrap_or(Cut::Reset);
            }
            if now.lost.is_none() && has_lost.load(Ordering::Acquire) {
                return Cut::Reset;
            }
        }
        if faults.changed().await.is_err() {
            return Cut::Reset;
        }
    }
}

struct Way {
    direction: Direction,
    faults: watch::Receiver<Faults>,
    has_lost: Arc<AtomicBool>,
}

impl Way {
    /// Reads from one end and writes to the other, with what is wrong at the moment.
    async fn carry(self, from: OwnedReadHalf, to: &mut OwnedWriteHalf) {
        let (pieces, queue) = mpsc::channel(UNDER_WAY);
        let reading = read(from, pieces, self.faults.clone());
        let writing = self.write(queue, to);
        // An end that cannot be read or written is told to the other by its FIN.
        let _: ((), io::Result<()>) = tokio::join!(reading, writing);
    }

    async fn write(
        mut self,
        mut queue: mpsc::Receiver<Piece>,
        to: &mut OwnedWriteHalf,
    ) -> io::Result<()> {
        while let Some((due, bytes)) = queue.recv().await {
            tokio::time::sleep_until(due).await;
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let faults = self.moving().await;
                if faults.lost == Some(self.direction) {
                    self.has_lost.store(true, Ordering::Release);
                    break;
                }
                let (piece, pause) = size(&faults, rest.len());
                let (now, later) = rest.split_at(piece);
                to.write_all(now).await?;
                rest = later;
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
            }
        }
        to.shutdown().await
    }

    /// The faults, once nothing holds this direction.
    async fn moving(&mut self) -> Faults {
        match self.faults.wait_for(|faults| !faults.is_paused).await {
            Ok(faults) => *faults,
            // The proxy is gone, and with it this connection.
            Err(_ended) => Faults::default(),
        }
    }
}

async fn read(
    mut from: OwnedReadHalf,
    pieces: mpsc::Sender<Piece>,
    faults: watch::Receiver<Faults>,
) {
    let mut buffer = vec![0; READ];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let due = Instant::now() + faults.borrow().delay;
        let piece = (due, buffer[..count].to_vec());
        if pieces.send(piece).await.is_err() {
            return;
        }
    }
}

/// How much to write at once, and how long to wait after it.
fn size(faults: &Faults, most: usize) -> (usize, Duration) {
    let mut piece = faults.piece.unwrap_or(most).min(most);
    let Some(rate) = faults.throttle else {
        return (piece, Duration::ZERO);
    };
    // Ten writes a second: slow, not bursty.
    let share = usize::try_from(rate / 10).unwrap_or(usize::MAX).max(1);
    piece = piece.min(share);
    let bytes = u32::try_from(piece).unwrap_or(u32::MAX);
    (piece, Duration::from_secs(1) * bytes / rate)
}
