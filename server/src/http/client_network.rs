//! Which network a request comes from.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;

use super::AppState;
use crate::network::Network;

/// The network that a request comes from; the address itself is nobody's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientNetwork(pub(crate) Network);

/// The address that a request comes from, for those who wait to have a code looked up.
#[derive(Clone, Copy)]
pub(super) struct ClientAddress(pub(super) IpAddr);

impl ClientNetwork {
    /// The network of the client's address.
    pub(crate) fn of(parts: &Parts, app: &AppState) -> Self {
        Self(ClientAddress::of(parts, app).0.into())
    }
}

impl ClientAddress {
    /// The address, by the connection or, where a proxy is trusted, by what that proxy saw.
    fn of(parts: &Parts, app: &AppState) -> Self {
        let forwarded = app
            .settings
            .trust_forwarded_for
            .then(|| forwarded_for(parts))
            .flatten();
        let peer = || {
            let connection = parts.extensions.get::<ConnectInfo<SocketAddr>>();
            connection.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip())
        };
        Self(forwarded.unwrap_or_else(peer).to_canonical())
    }
}

/// The last address: that one the trusted proxy wrote, the ones before it anyone may have.
fn forwarded_for(parts: &Parts) -> Option<IpAddr> {
    let header = parts
        .headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()?;
    header
        .to_str()
        .ok()?
        .rsplit(',')
        .next()?
        .trim()
        .parse()
        .ok()
}

impl FromRequestParts<AppState> for ClientNetwork {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Infallible> {
        Ok(Self::of(parts, app))
    }
}

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Infallible> {
        Ok(Self::of(parts, app))
    }
}
