//! One piece of work for all who ask for the same: it goes on when they leave.
//!
//! Each who asks waits in the queue for themselves, as the work is done in the turn of whoever
//! comes first: nobody waits behind the many requests of another because that one asked
//! earlier. What is under way is waited for without a place in the queue.

use std::collections::HashMap;
use std::hash::Hash;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use super::Busy;
use super::queue::{Queue, Seat};
use super::seats::Asker;

type Outcome<V> = watch::Receiver<Option<V>>;

/// Work that is under way, by what it is for.
pub struct Jobs<K, V> {
    queue: Arc<Queue>,
    under_way: Mutex<HashMap<K, Outcome<V>>>,
    begun: Notify,
}

impl<K, V> Jobs<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Whose work takes seats of this queue.
    pub fn new(queue: Arc<Queue>) -> Self {
        Self {
            queue,
            under_way: Mutex::default(),
            begun: Notify::new(),
        }
    }

    /// The outcome of the work for this key, which begins once someone who asks for it has a
    /// seat.
    pub async fn of<F>(
        self: &Arc<Self>,
        key: K,
        asker: Asker,
        seats: u32,
        work: impl FnOnce(Seat) -> F + Send,
    ) -> Result<V, Busy>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut seat = pin!(self.queue.seat(asker, seats));
        loop {
            let mut begun = pin!(self.begun.notified());
            begun.as_mut().enable();
            let under_way = self.under_way().get(&key).cloned();
            if let Some(outcome) = under_way {
                return told(outcome).await;
            }
            tokio::select! {
                biased;
                seat = &mut seat => {
                    let outcome = self.begin(key, seat?, work);
                    return told(outcome).await;
                }
                () = begun => {}
            }
        }
    }

    fn begin<F>(self: &Arc<Self>, key: K, seat: Seat, work: impl FnOnce(Seat) -> F) -> Outcome<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut under_way = self.under_way();
        if let Some(outcome) = under_way.get(&key) {
            return outcome.clone();
        }
        let (sender, outcome) = watch::channel(None);
        under_way.insert(key.clone(), outcome.clone());
        drop(under_way);
        let ending = Ending(Arc::clone(self), key);
        let work = work(seat);
        tokio::spawn(async move {
            let outcome = work.await;
            drop(ending);
            // Everyone who waited may have gone.
            let _ = sender.send(Some(outcome));
        });
        self.begun.notify_waiters();
        outcome
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<K, Outcome<V>>> {
        // It is whole between any two statements.
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Work that ends, be it by a panic: the next who asks begins anew.
struct Ending<K: Eq + Hash, V>(Arc<Jobs<K, V>>, K);

impl<K: Eq + Hash, V> Drop for Ending<K, V> {
    fn drop(&mut self) {
        let under_way = self.0.under_way.lock();
        under_way
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.1);
    }
}

async fn told<V: Clone>(mut outcome: Outcome<V>) -> Result<V, Busy> {
    let told = outcome.wait_for(Option::is_some).await;
    told.ok()
        .and_then(|outcome| outcome.clone())
        .ok_or(Busy::Failed)
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use futures_util::poll;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::work::seats::SEATS;

    /// Work that counts itself and waits for a permit.
    struct Bench {
        jobs: Arc<Jobs<u32, u32>>,
        begun: Arc<Mutex<u32>>,
        permits: Arc<Semaphore>,
    }

    impl Bench {
        fn new() -> Self {
            let queue = Arc::new(Queue::new(Arc::default()));
            Self {
                jobs: Arc::new(Jobs::new(queue)),
                begun: Arc::default(),
                permits: Arc::new(Semaphore::new(0)),
            }
        }

        async fn ask(&self, key: u32) -> Result<u32, Busy> {
            let (begun, permits) = (Arc::clone(&self.begun), Arc::clone(&self.permits));
            let work = move |seat| async move {
                *begun.lock().unwrap() += 1;
                permits.acquire().await.unwrap().forget();
                drop(seat);
                key * 2
            };
            self.jobs.of(key, Asker::default(), 1, work).await
        }

        fn begun(&self) -> u32 {
            *self.begun.lock().unwrap()
        }
    }

    #[tokio::test]
    async fn a_hundred_who_ask_for_the_same_share_one_piece_of_work() {
        let bench = Bench::new();
        bench.permits.add_permits(100);

        let told = join_all((0..100).map(|_| bench.ask(3))).await;

        assert!(told.into_iter().all(|told| told == Ok(6)));
        assert_eq!(bench.begun(), 1);
    }

    #[tokio::test]
    async fn no_more_is_under_way_than_there_are_seats() {
        let bench = Bench::new();
        let mut asked = Box::pin(join_all((0..20).map(|key| bench.ask(key))));
        assert!(poll!(&mut asked).is_pending());
        tokio::task::yield_now().await;
        assert_eq!(bench.begun(), SEATS);

        bench.permits.add_permits(20);

        assert_eq!(asked.await.len(), 20);
        assert_eq!(bench.begun(), 20);
    }

    #[tokio::test]
    async fn work_goes_on_when_its_only_asker_leaves() {
        let bench = Bench::new();
        let mut asked = Box::pin(bench.ask(3));
        assert!(poll!(&mut asked).is_pending());
        drop(asked);

        let mut again = Box::pin(bench.ask(3));
        assert!(poll!(&mut again).is_pending());
        bench.permits.add_permits(1);

        assert_eq!(again.await, Ok(6));
        assert_eq!(bench.begun(), 1);
    }

    #[tokio::test]
    async fn work_that_panics_is_told_and_can_be_asked_for_again() {
        let bench = Bench::new();
        bench.permits.close();
        assert_eq!(bench.ask(3).await, Err(Busy::Failed));

        assert_eq!(bench.ask(3).await, Err(Busy::Failed));
        assert_eq!(bench.begun(), 2);
    }
}
