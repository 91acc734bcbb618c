//! The server as a whole: bound, serving, stopping.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::access::quota::Quota;
use crate::access::typed_codes::TypedCodes;
use crate::config::ServeConfig;
use crate::connection::event_stream::EventStreams;
use crate::http::{self, App, AppState, Exports, Turns, Unread};
use crate::links::{LinksError, RoomLink, fresh_links};
use crate::listening;
use crate::log::LogError;
use crate::metrics::Metrics;
use crate::room::Rooms;
use crate::samples;
use crate::store::Store;
use crate::work::Work;

/// What requests under way may take once all rooms are closed.
const LAST_REQUESTS: Duration = Duration::from_secs(2);

/// Why the server stopped, or never started.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another program has the address, or it is not ours.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The store did not open.
    #[error("cannot open the store: {0}")]
    Store(#[from] LogError),
    /// The sample journeys could not be loaded.
    #[error("cannot load the sample journeys: {0}")]
    Samples(#[from] LinksError),
    /// The listener broke.
    #[error("cannot serve")]
    Serve(#[from] std::io::Error),
}

/// A server that is bound to its address.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: AppState,
    store: Store,
    shutdown: CancellationToken,
}

impl Server {
    /// Opens the store and binds the address. Nobody is served yet.
    pub async fn bind(config: ServeConfig) -> Result<Self, ServeError> {
        let store = Store::open_alone(&config.store).await?;
        let build = http::web_client_build();
        let metrics = Arc::new(Metrics::of_build(&build));
        metrics.set_durability(Some(store.log.check().await?));
        let rooms = Rooms::of_build(
            Arc::clone(&store.log),
            Arc::clone(&metrics),
            Work::new(&metrics),
            &build,
            config.idle_unload(),
        );
        let app = AppState::from(App {
            turns: Turns::default(),
            unread: Unread::default(),
            settings: config.settings(),
            access: Arc::clone(&store.access),
            log: Arc::clone(&store.log),
            codes: TypedCodes::default(),
            creations: Quota::of_rooms(),
            orders: Quota::of_orders(),
            answers: Quota::of_answers(),
            checks: http::Checks::default(),
            event_streams: EventStreams::default(),
            exports: Exports::new(rooms.work()),
            rooms,
            metrics,
        });
        let address = config.listen;
        let refused = |source| ServeError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self {
            listener,
            address,
            app,
            store,
            shutdown: CancellationToken::new(),
        })
    }

    /// Loads the sample journeys into a store without rooms, and returns how to get into every
    /// room there is.
    pub async fn samples(&self) -> Result<Vec<RoomLink>, LinksError> {
        let (log, access) = (self.app.log.as_ref(), self.app.access.as_ref());
        samples::load_into_empty(log, access).await?;
        let port = self.address.port();
        let local = format!("http://localhost:{port}");
        let base = self.app.settings.public_url.as_deref().unwrap_or(&local);
        fresh_links(&self.app.rooms, log, access, base).await
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cancel it to stop the server.
    pub fn shutdown_handle(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    /// Serves until the shutdown handle is cancelled. Then it accepts nobody, finishes what is
    /// in flight, saves snapshots and closes sockets with the code that means "restart"; in
    /// bounded time, as the log holds everything anyway.
    pub async fn serve(self) -> Result<(), ServeError> {
        let rooms = self.app.rooms.clone();
        let routes = http::router(self.app);
        let stopping = self.shutdown.clone();
        let mut serving = tokio::spawn(listening::serve(self.listener, routes, stopping));

        let served = tokio::select! {
            served = &mut serving => Some(served),
            () = self.shutdown.cancelled() => None,
        };
        rooms.close_all().await;
        let served = match served {
            Some(served) => served,
            None => match tokio::time::timeout(LAST_REQUESTS, &mut serving).await {
                Ok(served) => served,
                Err(_elapsed) => {
                    warn!("some requests were still under way");
                    serving.abort();
                    Ok(())
                }
            },
        };
        self.store.close().await;
        info!("stopped");
        served.map_err(std::io::Error::other)?;
        Ok(())
    }
}
