//! Waiting for a seat: whoever goes away while waiting leaves the queue.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Busy;
use super::seats::{Asked, Asker, Refused, Seats, Ticket};
use crate::clock::now;
use crate::metrics::{Metrics, reason};

/// How long a request waits for its turn: shorter than its answer may take.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Seats, with those who wait for them.
pub struct Queue {
    inner: Mutex<Inner>,
    patience: Duration,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct Inner {
    seats: Seats,
    called: HashMap<Ticket, oneshot::Sender<()>>,
    shown: (i64, i64),
}

/// Leave to work; given back when dropped.
pub struct Seat {
    queue: Arc<Queue>,
    ticket: Ticket,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inner = self.queue.lock();
        inner.called.remove(&self.ticket);
        inner.seats.leave(self.ticket, now());
        self.queue.call(&mut inner);
    }
}

impl Queue {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self {
            inner: Mutex::default(),
            patience: PATIENCE,
            metrics,
        }
    }

    /// Waits for so many seats.
    pub async fn seat(self: &Arc<Self>, asker: Asker, seats: u32) -> Result<Seat, Busy> {
        let (seat, called) = self.ask(asker, seats).map_err(|refused| match refused {
            Refused::Person => self.refused("person", Busy::Person),
            Refused::Full => self.refused("full", Busy::Crowded),
        })?;
        match timeout(self.patience, called).await {
            Ok(Ok(())) => Ok(seat),
            Ok(Err(_displaced)) => Err(self.refused("displaced", Busy::Crowded)),
            Err(_elapsed) => Err(self.refused("late", Busy::Crowded)),
        }
    }

    fn ask(
        self: &Arc<Self>,
        asker: Asker,
        seats: u32,
    ) -> Result<(Seat, oneshot::Receiver<()>), Refused> {
        let (sender, called) = oneshot::channel();
        let mut inner = self.lock();
        let Asked { ticket, displaced } = inner.seats.ask(asker, seats, now())?;
        if let Some(displaced) = displaced {
            inner.called.remove(&displaced);
        }
        inner.called.insert(ticket, sender);
        self.call(&mut inner);
        let queue = Arc::clone(self);
        Ok((Seat { queue, ticket }, called))
    }

    /// Calls everyone for whom there is a seat.
    fn call(&self, inner: &mut Inner) {
        while let Some(ticket) = inner.seats.next(now()) {
            if let Some(called) = inner.called.remove(&ticket) {
                // Who has gone is about to give the seat back.
                let _ = called.send(());
            }
        }
        let (taken, waiting) = inner.seats.counts();
        let counts = (taken.into(), i64::try_from(waiting).unwrap_or(i64::MAX));
        self.metrics.work_seats.inc_by(counts.0 - inner.shown.0);
        self.metrics.work_waiting.inc_by(counts.1 - inner.shown.1);
        inner.shown = counts;
    }

    fn refused(&self, word: &'static str, busy: Busy) -> Busy {
        self.metrics.work_refused.get_or_create(&reason(word)).inc();
        busy
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // It is whole between any two statements.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::seats::SEATS;

    #[tokio::test]
    async fn a_seat_goes_to_the_next_when_it_is_given_back() {
        let queue = Arc::new(Queue::new(Arc::default()));
        let mut taken = Vec::new();
        for _ in 0..SEATS {
            taken.push(queue.seat(Asker::default(), 1).await.unwrap());
        }
        let mut next = Box::pin(queue.seat(Asker::default(), 1));
        assert!(futures_util::poll!(&mut next).is_pending());
        assert_eq!(queue.metrics.work_waiting.get(), 1);

        taken.pop();

        assert!(next.await.is_ok());
        drop(taken);
        assert_eq!(queue.lock().seats.counts(), (0, 0));
    }

    #[tokio::test]
    async fn nobody_waits_for_a_seat_for_ever() {
        let queue = Arc::new(Queue {
            patience: Duration::ZERO,
            ..Queue::new(Arc::default())
        });
        let taken = queue.seat(Asker::default(), SEATS).await.unwrap();
        let more = queue.seat(Asker::default(), SEATS).await.unwrap();

        let late = queue.seat(Asker::default(), 1).await;

        assert_eq!(late.err(), Some(Busy::Crowded));
        drop((taken, more));
        assert_eq!(queue.lock().seats.counts(), (0, 0));
    }

    #[tokio::test]
    async fn who_goes_away_leaves_the_queue() {
        let queue = Arc::new(Queue::new(Arc::default()));
        let taken = queue.seat(Asker::default(), SEATS).await.unwrap();
        let more = queue.seat(Asker::default(), SEATS).await.unwrap();
        let mut gone = Box::pin(queue.seat(Asker::default(), 1));
        assert!(futures_util::poll!(&mut gone).is_pending());

        drop(gone);
        drop((taken, more));

        assert_eq!(queue.lock().seats.counts(), (0, 0));
        assert_eq!(queue.metrics.work_seats.get(), 0);
    }
}
