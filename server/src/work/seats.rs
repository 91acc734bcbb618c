//! Who does heavy work next: whoever had least of it of late, with their network and room.
//!
//! An order of arrival would give one person with a thousand requests a thousand turns, and a cap
//! per address would keep a whole town hall waiting for one guest. So what counts is what was
//! used: by the person, by their network, and in their room, each fading with time. Coaches
//! have seats that others never take, and the other way round.

use std::collections::{BTreeMap, HashMap};

use hartslag_protocol::ids::{ParticipantId, RoomId};

use crate::log::Milliseconds;
use crate::network::Network;

/// Seats of coaches, and as many of everyone else: two cores, and work that waits for the store.
pub const SEATS: u32 = 4;
/// Seats that one network takes at most of either share, so that others find one free.
const NETWORK_SEATS: u32 = 2;
/// Seats of work on a large board.
pub const LARGE: u32 = 2;
/// Requests of one person that wait.
pub const PERSON_WAITING: usize = 4;
/// Requests of one network that wait: a hall that comes back after a restart.
pub const NETWORK_WAITING: usize = 256;
/// Requests that wait.
pub const WAITING: usize = 1_024;

/// In which time what was used counts half.
const HALF_LIFE: Milliseconds = 10_000;
/// Time on a seat that counts as one.
const UNIT: Milliseconds = 100;
/// People, networks and rooms that are remembered; beyond it all are equal again.
const USERS: usize = 30_000;

/// Stands for one request.
pub type Ticket = u64;

/// Who asks for work. The server itself is nobody from nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asker {
    /// Who it is, where they are in a room.
    pub person: Option<ParticipantId>,
    /// Where they are.
    pub network: Option<Network>,
    /// The room that it is for.
    pub room: Option<RoomId>,
    /// Whether they steer it.
    pub is_coach: bool,
}

/// Why a request does not even wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The person has enough waiting.
    Person,
    /// Others, who had no more of late, have enough waiting.
    Full,
}

/// A request that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its number.
    pub ticket: Ticket,
    /// The request whose place it took, of someone who had more.
    pub displaced: Option<Ticket>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum User {
    Person(ParticipantId),
    Network(Network),
    Room(RoomId),
}

#[derive(Clone, Copy, Debug)]
struct Used {
    amount: f64,
    at: Milliseconds,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    asker: Asker,
    seats: u32,
}

#[derive(Debug, Default)]
struct Share {
    waiting: BTreeMap<Ticket, Place>,
    seated: BTreeMap<Ticket, (Place, Milliseconds)>,
}

/// Who has a seat, and who waits for one.
#[derive(Debug, Default)]
pub struct Seats {
    coaches: Share,
    others: Share,
    used: HashMap<User, Used>,
    last: Ticket,
}

impl Asker {
    fn users(&self) -> impl Iterator<Item = User> {
        let person = self.person.map(User::Person);
        let network = self.network.map(User::Network);
        [person, network, self.room.map(User::Room)]
            .into_iter()
            .flatten()
    }
}

impl Used {
    fn by(self, now: Milliseconds) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "what was used years ago is nothing"
        )]
        let halves = now.saturating_sub(self.at) as f64 / HALF_LIFE as f64;
        self.amount * (-halves).exp2()
    }
}

impl Share {
    fn free(&self) -> u32 {
        SEATS - self.taken(|_| true)
    }

    fn taken(&self, of: impl Fn(&Asker) -> bool) -> u32 {
        let places = self.seated.values().filter(|(place, _)| of(&place.asker));
        places.map(|(place, _)| place.seats).sum()
    }

    /// Whether the network of a request leaves it a seat.
    fn may_sit(&self, place: &Place) -> bool {
        let network = place.asker.network;
        network.is_none()
            || self.taken(|asker| asker.network == network) + place.seats <= NETWORK_SEATS
    }
}

impl Seats {
    /// Lets a request wait.
    pub fn ask(&mut self, asker: Asker, seats: u32, now: Milliseconds) -> Result<Asked, Refused> {
        let own = |other: &Asker| asker.person.is_some() && other.person == asker.person;
        if self.waiting(own).count() >= PERSON_WAITING {
            return Err(Refused::Person);
        }
        let near = |other: &Asker| asker.network.is_some() && other.network == asker.network;
        let displaced = if self.waiting(near).count() >= NETWORK_WAITING {
            Some(self.displace(&asker, near, now)?)
        } else if self.waiting(|_| true).count() >= WAITING {
            Some(self.displace(&asker, |_| true, now)?)
        } else {
            None
        };
        self.last += 1;
        let ticket = self.last;
        let seats = seats.clamp(1, NETWORK_SEATS);
        let place = Place { asker, seats };
        self.share(&asker).waiting.insert(ticket, place);
        Ok(Asked { ticket, displaced })
    }

    /// Gives a free seat to the request that is next.
    pub fn next(&mut self, now: Milliseconds) -> Option<Ticket> {
        let ticket = self
            .candidate(&self.coaches, now)
            .or_else(|| self.candidate(&self.others, now))?;
        let waiting = [&mut self.coaches, &mut self.others];
        let share = waiting
            .into_iter()
            .find(|share| share.waiting.contains_key(&ticket))?;
        let place = share.waiting.remove(&ticket)?;
        share.seated.insert(ticket, (place, now));
        self.charge(&place.asker, f64::from(place.seats), now);
        Some(ticket)
    }

    /// Ends a request, whether it waited or had a seat.
    pub fn leave(&mut self, ticket: Ticket, now: Milliseconds) {
        let shares = [&mut self.coaches, &mut self.others];
        let seated = shares.into_iter().find_map(|share| {
            share.waiting.remove(&ticket);
            share.seated.remove(&ticket)
        });
        if let Some((place, since)) = seated {
            // The first unit was charged when it began.
            let units = (now.saturating_sub(since) / UNIT).saturating_sub(1);
            let units = u32::try_from(units).unwrap_or(u32::MAX);
            self.charge(&place.asker, f64::from(place.seats) * f64::from(units), now);
        }
    }

    /// Seats that are taken, and requests that wait.
    pub fn counts(&self) -> (u32, usize) {
        let taken = self.coaches.taken(|_| true) + self.others.taken(|_| true);
        (taken, self.waiting(|_| true).count())
    }

    /// The request that is next, where it fits: a large one is not passed by, or it would never
    /// have its turn.
    fn candidate(&self, share: &Share, now: Milliseconds) -> Option<Ticket> {
        let waiting = share.waiting.iter();
        let next = waiting
            .filter(|(_, place)| share.may_sit(place))
            .map(|(ticket, place)| (self.used(&place.asker, now), *ticket, place.seats))
            .min_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        next.filter(|(_, _, seats)| *seats <= share.free())
            .map(|(_, ticket, _)| ticket)
    }

    /// Ends the request of who had most, and has most waiting, for one of who had less.
    fn displace(
        &mut self,
        asker: &Asker,
        of: impl Fn(&Asker) -> bool,
        now: Milliseconds,
    ) -> Result<Ticket, Refused> {
        let mut wanted = HashMap::new();
        for other in self.waiting(|_| true) {
            *wanted.entry(other.person).or_insert(0.0) += 1.0;
        }
        let weight = |asker: &Asker| {
            let waiting = wanted.get(&asker.person).copied().unwrap_or_default();
            self.used(asker, now) + waiting
        };
        let places = [&self.coaches, &self.others];
        let (most, ticket) = places
            .into_iter()
            .flat_map(|share| &share.waiting)
            .filter(|(_, place)| of(&place.asker))
            .map(|(ticket, place)| (weight(&place.asker), *ticket))
            .max_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)))
            .ok_or(Refused::Full)?;
        if weight(asker) + 1.0 >= most {
            return Err(Refused::Full);
        }
        self.leave(ticket, now);
        Ok(ticket)
    }

    fn waiting<'a>(&'a self, of: impl Fn(&Asker) -> bool + 'a) -> impl Iterator<Item = Asker> + 'a {
        [&self.coaches, &self.others]
            .into_iter()
            .flat_map(|share| share.waiting.values())
            .map(|place| place.asker)
            .filter(move |asker| of(asker))
    }

    fn share(&mut self, asker: &Asker) -> &mut Share {
        if asker.is_coach {
            &mut self.coaches
        } else {
            &mut self.others
        }
    }

    fn used(&self, asker: &Asker, now: Milliseconds) -> f64 {
        let used = asker.users().filter_map(|user| self.used.get(&user));
        used.map(|used| used.by(now)).sum()
    }

    fn charge(&mut self, asker: &Asker, amount: f64, now: Milliseconds) {
        if self.used.len() >= USERS {
            self.used.retain(|_, used| used.by(now) >= 0.1);
            if self.used.len() >= USERS {
                self.used.clear();
            }
        }
        for user in asker.users() {
            let used = self.used.entry(user).or_insert(Used {
                amount: 0.0,
                at: now,
            });
            *used = Used {
                amount: used.by(now) + amount,
                at: now,
            };
        }
    }
}

#[cfg(test)]
mod tests;
