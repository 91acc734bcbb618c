//! What a room is asked, told to its rules: what came together makes one turn.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::event::Event;
use super::handle::{Arrival, Order};
use super::state::RoomState;
use super::task::{Listener, RoomTask};

/// What was asked since the last turn.
#[derive(Default)]
struct Gathered {
    events: Vec<Event>,
    /// Space of frames that wait, given back when they were read.
    permits: Vec<OwnedSemaphorePermit>,
    /// Who is told that they are connected.
    arrived: Vec<oneshot::Sender<()>>,
}

impl RoomTask {
    /// Carries orders out, in their order.
    pub(super) async fn orders(&mut self, orders: impl Iterator<Item = Order>) {
        let mut gathered = Gathered::default();
        for order in orders {
            if let Some(question) = self.gather(order, &mut gathered) {
                self.turn(&mut gathered).await;
                self.answer(question).await;
            } else if self.is_answered_large(&gathered) {
                self.turn(&mut gathered).await;
            }
        }
        self.turn(&mut gathered).await;
    }

    fn is_answered_large(&self, gathered: &Gathered) -> bool {
        let newest = gathered.events.last();
        let state = self.state.as_ref();
        state.is_some_and(|state| newest.is_some_and(|it| state.is_answered_large(it)))
    }

    async fn turn(&mut self, gathered: &mut Gathered) {
        let Gathered {
            events,
            permits,
            arrived,
        } = std::mem::take(gathered);
        self.take(events).await;
        drop(permits);
        for reply in arrived {
            answer(reply, Some(()));
        }
    }

    /// Makes an event of an order, or gives the order back where it asks for an answer of now.
    fn gather(&mut self, order: Order, gathered: &mut Gathered) -> Option<Order> {
        let event = match order {
            Order::Connect(arrival) => self.arrive(arrival, gathered),
            Order::Frame(connection, frame, permit) => {
                gathered.permits.push(permit);
                Event::Frame { connection, frame }
            }
            Order::Text(connection, text) => Event::Text { connection, text },
            Order::CaughtUp(connection, base) => Event::CaughtUp { connection, base },
            Order::Leave(connection) => {
                if self.listeners.remove(&connection).is_some() {
                    self.metrics.connections.dec();
                }
                Event::Left { connection }
            }
            Order::Record {
                event,
                writer,
                reply,
            } => {
                self.tickets += 1;
                let ticket = self.tickets;
                self.waiting.insert(ticket, reply);
                Event::Record {
                    event,
                    writer,
                    ticket,
                }
            }
            Order::ReadUp(reply) => {
                self.tickets += 1;
                let ticket = self.tickets;
                self.waiting.insert(ticket, reply);
                Event::ReadUp { ticket }
            }
            Order::Answered(round) => Event::Answered { round },
            question => return Some(question),
        };
        gathered.events.push(event);
        None
    }

    fn arrive(&mut self, arrival: Arrival, gathered: &mut Gathered) -> Event {
        let Arrival {
            connection,
            participant,
            role,
            network,
            dialect,
            outbox,
            reply,
        } = arrival;
        let listener = Listener {
            participant,
            dialect,
            follows: false,
            outbox,
        };
        self.metrics.connections.inc();
        self.listeners.insert(connection, listener);
        gathered.arrived.push(reply);
        Event::Connected {
            connection,
            participant,
            role,
            network,
            dialect,
        }
    }

    async fn answer(&mut self, question: Order) {
        match question {
            Order::Subscribe(participant, subscriber) => {
                self.subscribers.add(participant, subscriber);
                self.count();
            }
            Order::MakeRoom if self.state.as_ref().is_some_and(RoomState::may_rest) => {
                self.rest();
            }
            Order::CaptureRound(id, new, reply) => {
                let captured = self.look(move |state| state.capture_round(id, new)).await;
                answer(reply, captured.and_then(Result::ok));
            }
            Order::Overview(reply) => {
                let overview = self.look_at_board(RoomState::overview).await;
                answer(reply, overview.and_then(Result::ok));
            }
            Order::Document(reply) => {
                let document = self.look(|state| state.document.encoded()).await;
                answer(reply, document.and_then(Result::ok));
            }
            Order::Workshop(reply) => {
                let workshop = self.state.as_ref().map(|state| Arc::clone(&state.workshop));
                answer(reply, workshop);
            }
            Order::Standing(participant, reply) => {
                let state = self.state.as_ref();
                answer(reply, state.map(|state| state.standing(participant)));
            }
            Order::Attendance(reply) => {
                let attendance = self.look_at_board(RoomState::attendance).await;
                answer(reply, attendance.and_then(Result::ok));
            }
            _event => {}
        }
    }
}

/// Answers an order; without an answer the asker hears that the room closed.
pub(super) fn answer<T>(reply: oneshot::Sender<T>, answer: Option<T>) {
    if let Some(answer) = answer {
        // Whoever asked may have gone; the order was carried out all the same.
        let _ = reply.send(answer);
    }
}
