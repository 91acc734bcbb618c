//! Several servers on one Redis, each with a proxy to Redis and one to its clients.

use crate::clock::TestClock;
use crate::fault_proxy::FaultProxy;
use crate::redis::TestRedis;
use crate::server::{Store, TestServer};

/// One server among several.
#[derive(Debug)]
pub struct Node {
    /// The server.
    pub server: TestServer,
    /// Between it and Redis.
    pub to_redis: FaultProxy,
    /// Between its clients and it.
    pub to_clients: FaultProxy,
}

/// Several servers on one Redis.
#[derive(Debug)]
pub struct Nodes {
    /// What they share.
    pub redis: TestRedis,
    nodes: Vec<Node>,
}

impl Nodes {
    /// Starts a Redis and so many servers, and waits until all are ready.
    pub async fn start(count: usize) -> Self {
        Self::start_with((0..count).map(|_| None)).await
    }

    /// Starts a Redis and a server for each of these clocks, and waits until all are ready.
    pub async fn start_with(clocks: impl Iterator<Item = Option<TestClock>>) -> Self {
        let redis = TestRedis::start().await;
        let mut nodes = Vec::new();
        for clock in clocks {
            let to_redis = FaultProxy::to(redis.port()).await;
            let url = format!("redis://{}", to_redis.address());
            let server = TestServer::start_with(Store::Shared(url), clock).await;
            let to_clients = FaultProxy::to(server.port()).await;
            nodes.push(Node {
                server,
                to_redis,
                to_clients,
            });
        }
        Self { redis, nodes }
    }

    /// Where clients reach each of them.
    pub fn addresses(&self) -> Vec<String> {
        let nodes = self.nodes.iter();
        nodes.map(|node| node.to_clients.address()).collect()
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    /// One of them.
    pub fn node(&self, number: usize) -> &Node {
        &self.nodes[number]
    }

    /// One of them, to kill or to start.
    pub fn node_mut(&mut self, number: usize) -> &mut Node {
        &mut self.nodes[number]
    }
}
