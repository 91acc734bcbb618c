//! Which network someone comes from: as close as the product comes to an address.

use std::net::{IpAddr, Ipv6Addr};

/// The part of an address that stands for one network: /24 of IPv4, /56 of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network([u8; 7]);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Self([0, 0, 0, 4, a, b, c])
            }
            IpAddr::V6(address) => {
                let mut range = [0; 7];
                range.copy_from_slice(&address.octets()[..7]);
                Self(range)
            }
        }
    }
}

/// An address as far as it tells devices apart: a device has a whole /64 of IPv6.
pub fn device_part(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let host = u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !host))
        }
        address @ IpAddr::V4(_) => address,
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let [0, 0, 0, 4, network @ ..] = &self.0 {
            let [first, second, third] = network;
            return write!(formatter, "{first}.{second}.{third}.0/24");
        }
        let mut address = [0; 16];
        address[..self.0.len()].copy_from_slice(&self.0);
        write!(formatter, "{}/56", Ipv6Addr::from(address))
    }
}

#[cfg(test)]
impl Network {
    pub(crate) const HERE: Self = Self([0, 0, 0, 4, 127, 0, 0]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_24_bits_of_an_ipv4_and_56_of_an_ipv6_address() {
        assert_eq!(network("192.0.2.7"), network("192.0.2.8"));
        assert_eq!(network("192.0.2.7"), network("::ffff:192.0.2.8"));
        assert_ne!(network("192.0.2.7"), network("192.0.3.7"));
        assert_eq!(network("2001:db8:0:1::1"), network("2001:db8:0:ff::1"));
        assert_ne!(network("2001:db8:0:1::1"), network("2001:db8:0:100::1"));
        assert_eq!(network("192.0.2.7").to_string(), "192.0.2.0/24");
        assert_eq!(network("2001:db8:0:1::1").to_string(), "2001:db8::/56");
    }

    #[test]
    fn devices_are_told_apart_by_64_bits_of_an_ipv6_address() {
        let part = |address: &str| device_part(address.parse().unwrap());

        assert_eq!(part("2001:db8:0:1::1"), part("2001:db8:0:1:ffff::2"));
        assert_ne!(part("2001:db8:0:1::1"), part("2001:db8:0:2::1"));
        assert_ne!(part("192.0.2.7"), part("192.0.2.8"));
        assert_eq!(part("192.0.2.7"), part("::ffff:192.0.2.7"));
    }

    fn network(address: &str) -> Network {
        address.parse::<IpAddr>().unwrap().into()
    }
}
