//! A TCP proxy that fails the way networks do, at the test's word.
//!
//! It stands between clients and a server, or between a server and Redis. A fault holds for the
//! connections that are open and for those to come, until [`FaultProxy::heal`].

mod link;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use link::Link;

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// At once, and the other side hears of it (RST).
    Reset,
    /// In order, after what is under way (FIN).
    Finish,
}

/// A direction through the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From who connected to the target.
    ToTarget,
    /// Back.
    FromTarget,
}

/// What is wrong with the network.
#[derive(Clone, Copy, Debug, Default)]
struct Faults {
    /// Each piece arrives so much later, in order.
    delay: Duration,
    /// Bytes a second, each way.
    throttle: Option<u32>,
    /// Writes are no larger than this.
    piece: Option<usize>,
    /// Bytes in this direction vanish, and nobody is told: a connection that is half open.
    lost: Option<Direction>,
    /// Nothing moves, nothing is lost.
    is_paused: bool,
    /// New connections are reset.
    refuses: bool,
    /// Connections older than this many cuts end.
    cuts: u64,
    /// How the last cut was done.
    cut: Option<Cut>,
}

/// A proxy in front of one address; ends with the test.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    faults: watch::Sender<Faults>,
    accepted: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl FaultProxy {
    /// Starts a proxy to this loopback port; all passes.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let faults = watch::Sender::new(Faults::default());
        let accepted = Arc::new(AtomicUsize::new(0));
        let open = Arc::new(AtomicUsize::new(0));
        let accepting = Accepting {
            listener,
            target: (Ipv4Addr::LOCALHOST, port).into(),
            faults: faults.clone(),
            accepted: Arc::clone(&accepted),
            open: Arc::clone(&open),
        };
        Self {
            address,
            faults,
            accepted,
            open,
            task: tokio::spawn(accepting.run()),
        }
    }

    /// Where to connect in place of the target.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Connections that were taken so far, refused ones not among them.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Acquire)
    }

    /// Connections that are open.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// Takes every fault back. A connection that lost bytes is reset: it cannot be mended.
    pub fn heal(&self) {
        self.faults.send_modify(|faults| {
            *faults = Faults {
                cuts: faults.cuts,
                cut: faults.cut,
                ..Faults::default()
            };
        });
    }

    /// Ends every open connection; new ones are taken.
    pub fn cut(&self, how: Cut) {
        self.faults.send_modify(|faults| {
            faults.cuts += 1;
            faults.cut = Some(how);
        });
    }

    /// Makes each piece arrive so much later.
    pub fn delay(&self, by: Duration) {
        self.faults.send_modify(|faults| faults.delay = by);
    }

    /// Lets through so many bytes a second, each way.
    pub fn throttle(&self, bytes_per_second: u32) {
        let throttle = Some(bytes_per_second.max(1));
        self.faults.send_modify(|faults| faults.throttle = throttle);
    }

    /// Cuts what is written into pieces of at most this many bytes.
    pub fn split(&self, bytes: usize) {
        let piece = Some(bytes.max(1));
        self.faults.send_modify(|faults| faults.piece = piece);
    }

    /// Loses all bytes in this direction, without a word to either side.
    pub fn lose(&self, direction: Direction) {
        self.faults
            .send_modify(|faults| faults.lost = Some(direction));
    }

    /// Holds everything; it arrives when the fault is taken back.
    pub fn pause(&self) {
        self.faults.send_modify(|faults| faults.is_paused = true);
    }

    /// Resets every connection, and each new one.
    pub fn refuse(&self) {
        self.faults.send_modify(|faults| faults.refuses = true);
        self.cut(Cut::Reset);
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
        self.cut(Cut::Reset);
    }
}

struct Accepting {
    listener: TcpListener,
    target: SocketAddr,
    faults: watch::Sender<Faults>,
    accepted: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
}

impl Accepting {
    async fn run(self) {
        while let Ok((stream, _)) = self.listener.accept().await {
            if self.faults.borrow().refuses {
                reset(&stream);
                continue;
            }
            let faults = self.faults.subscribe();
            let open = Open::count(&self.open);
            self.accepted.fetch_add(1, Ordering::AcqRel);
            let target = self.target;
            tokio::spawn(async move {
                match TcpStream::connect(target).await {
                    Ok(far) => Link::new(stream, far, faults).run().await,
                    Err(_refused) => reset(&stream),
                }
                drop(open);
            });
        }
    }
}

/// One open connection, as long as it lives.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn count(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(open))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Makes the end of this stream a reset.
fn reset(stream: &TcpStream) {
    // It fails only where the other side was faster; the connection has ended then.
    let _: io::Result<()> = stream.set_zero_linger();
}

#[cfg(test)]
mod tests;
