//! Who gives up a connection where the server holds as many as it can.
//!
//! A connection costs whoever opens it nothing, and the server a file and some memory. So the
//! places are counted by network: who has many gives one up to who has few. One that never asked
//! for anything goes before one that was answered and is kept for more, and that before one that is
//! used. Behind a proxy all connections are of one network, and
//! it is the proxy that shares them out.

use std::collections::{BTreeMap, BTreeSet};

use crate::network::Network;

/// Names a connection; a later one has a higher number.
pub(super) type Number = u64;

/// Every place is taken, and nobody has more than the network that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

/// The connections that are open, by network.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    taken: usize,
    last: Number,
    networks: BTreeMap<Network, Held>,
}

/// The connections of one network.
#[derive(Debug, Default)]
struct Held {
    /// They never asked for anything.
    mute: BTreeSet<Number>,
    /// They were answered, and are kept for more.
    idle: BTreeSet<Number>,
    /// A request of theirs is being answered, or they became something that lasts.
    used: BTreeSet<Number>,
}

impl Held {
    fn all(&self) -> usize {
        self.mute.len() + self.idle.len() + self.used.len()
    }
}

impl Places {
    /// Room for so many.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            taken: 0,
            last: 0,
            networks: BTreeMap::new(),
        }
    }

    /// Takes a place for a new connection, and tells which one gives up its own for it.
    pub(super) fn take(&mut self, by: Network) -> Result<(Number, Option<Number>), Full> {
        let given_up = (self.taken >= self.most)
            .then(|| self.idlest().or_else(|| self.of_largest(by)).ok_or(Full))
            .transpose()?;
        if let Some((network, number)) = given_up {
            self.leave(network, number);
        }
        self.last += 1;
        self.taken += 1;
        self.networks.entry(by).or_default().mute.insert(self.last);
        Ok((self.last, given_up.map(|(_, number)| number)))
    }

    /// One gives up its place for nobody in particular, if any is without use.
    pub(super) fn relieve(&mut self) -> Option<Number> {
        let (network, number) = self.idlest()?;
        self.leave(network, number);
        Some(number)
    }

    /// The connection is used from here on, or not any more.
    pub(super) fn use_it(&mut self, by: Network, number: Number, is_used: bool) {
        let Some(held) = self.networks.get_mut(&by) else {
            return;
        };
        let (was, becomes) = if is_used {
            let was = held.mute.remove(&number) || held.idle.remove(&number);
            (was, &mut held.used)
        } else {
            (held.used.remove(&number), &mut held.idle)
        };
        // One that gave up its place is in none.
        if was {
            becomes.insert(number);
        }
    }

    /// The connection ended.
    pub(super) fn leave(&mut self, by: Network, number: Number) {
        let Some(held) = self.networks.get_mut(&by) else {
            return;
        };
        let sets = [&mut held.mute, &mut held.idle, &mut held.used];
        if sets.into_iter().any(|set| set.remove(&number)) {
            self.taken -= 1;
        }
        if held.all() == 0 {
            self.networks.remove(&by);
        }
    }

    /// The oldest of the network that has most connections without use.
    fn idlest(&self) -> Option<(Network, Number)> {
        self.oldest_of_most(|held| &held.mute)
            .or_else(|| self.oldest_of_most(|held| &held.idle))
    }

    fn oldest_of_most(&self, of: fn(&Held) -> &BTreeSet<Number>) -> Option<(Network, Number)> {
        let networks = self.networks.iter();
        let (&network, held) = networks.max_by_key(|(_, held)| of(held).len())?;
        of(held).first().map(|&number| (network, number))
    }

    /// The newest of the network that has most, where that is more than `by` would have: who was
    /// there before stays.
    fn of_largest(&self, by: Network) -> Option<(Network, Number)> {
        let own = self.networks.get(&by).map_or(0, Held::all);
        let networks = self.networks.iter();
        let (&network, held) = networks.max_by_key(|(_, held)| held.all())?;
        let newest = held.used.last().filter(|_| held.all() > own + 1);
        newest.map(|&number| (network, number))
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::*;

    fn network(of: u8) -> Network {
        IpAddr::from([10, 0, of, 1]).into()
    }

    fn taken_by(places: &mut Places, by: u8, count: usize) -> Vec<Number> {
        (0..count)
            .map(|_| places.take(network(by)).unwrap().0)
            .collect()
    }

    #[test]
    fn who_opens_connections_without_use_gives_them_up() {
        let mut places = Places::new(100);
        let idle = taken_by(&mut places, 1, 100);

        let given_up = [2, 3].map(|other| places.take(network(other)).unwrap().1);

        assert_eq!(given_up, [Some(idle[0]), Some(idle[1])]);
    }

    #[test]
    fn a_used_connection_stays_while_one_without_use_is_there() {
        let mut places = Places::new(3);
        let used = taken_by(&mut places, 1, 2);
        for &number in &used {
            places.use_it(network(1), number, true);
        }
        let idle = taken_by(&mut places, 2, 1);

        assert_eq!(places.take(network(3)).unwrap().1, Some(idle[0]));
    }

    #[test]
    fn a_connection_that_was_answered_stays_while_one_that_never_asked_is_there() {
        let mut places = Places::new(3);
        let answered = taken_by(&mut places, 1, 2);
        for &number in &answered {
            places.use_it(network(1), number, true);
            places.use_it(network(1), number, false);
        }
        let mute = taken_by(&mut places, 2, 1);

        assert_eq!(places.take(network(3)).unwrap().1, Some(mute[0]));
        // The one that just came never asked either.
        let last = places.take(network(3)).unwrap().1;
        assert_eq!(last, Some(mute[0] + 1));
    }

    #[test]
    fn who_uses_most_gives_its_newest_to_who_has_fewer_and_not_the_other_way_round() {
        let mut places = Places::new(4);
        let many = taken_by(&mut places, 1, 4);
        for &number in &many {
            places.use_it(network(1), number, true);
        }

        assert_eq!(places.take(network(1)), Err(Full));
        assert_eq!(places.take(network(2)).unwrap().1, Some(many[3]));
    }

    #[test]
    fn a_place_that_is_left_is_free() {
        let mut places = Places::new(1);
        let (number, _) = places.take(network(1)).unwrap();
        places.use_it(network(1), number, true);

        places.leave(network(1), number);
        // What gave up its place, and ends later, frees none.
        places.leave(network(1), number);

        let (next, given_up) = places.take(network(2)).unwrap();
        assert_eq!(given_up, None);
        places.use_it(network(2), next, true);
        assert_eq!(places.take(network(2)), Err(Full));
    }

    proptest! {
        #[test]
        fn there_are_never_more_than_there_is_room_for(
            steps in prop::collection::vec((0_u8..4, 0_u8..4, any::<prop::sample::Index>()), 1..200)
        ) {
            let mut places = Places::new(8);
            let mut open: Vec<(Network, Number)> = Vec::new();
            for (kind, by, which) in steps {
                let some = (!open.is_empty()).then(|| which.index(open.len()));
                match (kind, some) {
                    (0, _) | (_, None) => {
                        if let Ok((number, given_up)) = places.take(network(by)) {
                            open.retain(|(_, other)| Some(*other) != given_up);
                            open.push((network(by), number));
                        }
                    }
                    (1, Some(at)) => {
                        let (by, number) = open.swap_remove(at);
                        places.leave(by, number);
                    }
                    (_, Some(at)) => places.use_it(open[at].0, open[at].1, kind == 2),
                }
                let held = places.networks.values().map(Held::all).sum::<usize>();
                prop_assert_eq!((held, places.taken), (open.len(), open.len()));
                prop_assert!(open.len() <= 8);
            }
        }
    }
}
