//! The HTTP side: every route, and the only module that knows status codes.
//!
//! Handlers translate and nothing else: they take what they need from the request, ask
//! [`access`](crate::access) or a room, and answer. What goes wrong becomes a problem document
//! in [`error`].

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use hartslag_protocol::ids::ParticipantId;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::AccessStore;
use crate::access::quota::Quota;
use crate::access::typed_codes::TypedCodes;
use crate::connection::event_stream::EventStreams;
use crate::log::RoomLog;
use crate::metrics::Metrics;
use crate::room::Rooms;

mod board_mode;
mod client_network;
mod description;
mod device;
pub mod error;
mod events;
mod exports;
mod extract;
mod guesses;
mod headers;
mod health;
mod invitations;
mod join;
mod join_page;
mod member;
mod new_rooms;
mod origin;
mod own_response;
mod pages;
mod patience;
mod people;
mod plain_page;
mod proxy_check;
mod request_log;
mod responses;
mod rooms;
mod rounds;
mod settings;
mod sync;
mod templates;
mod texts;
mod tickets;
mod time;
mod timer;
mod turns;
mod unbuffered;
mod unread;
pub(crate) mod upgrade;
mod vote_page;
mod web_client;

#[cfg(test)]
mod tests;

pub use exports::Exports;
pub use health::Checks;
pub use settings::Settings;
pub use turns::Turns;
pub use unread::Unread;
pub(crate) use web_client::build as web_client_build;

/// Bytes of a plain form; JSON bodies have limits of their own.
const FORM_BYTES: usize = 64 << 10;

/// What every handler can reach: one pointer, as each layer of each request has its own.
#[derive(Clone)]
pub struct AppState(Arc<App>);

impl From<App> for AppState {
    fn from(app: App) -> Self {
        Self(Arc::new(app))
    }
}

impl Deref for AppState {
    type Target = App;

    fn deref(&self) -> &App {
        &self.0
    }
}

/// What the server has.
pub struct App {
    /// How the server is reached, and whom it trusts.
    pub settings: Settings,
    /// Who may enter.
    pub access: Arc<dyn AccessStore>,
    /// What keeps the rooms.
    pub log: Arc<dyn RoomLog>,
    /// Join codes that are typed.
    pub codes: TypedCodes,
    /// Rooms that are made.
    pub creations: Quota,
    /// Orders of participants that are kept, or told to everyone.
    pub orders: Quota<ParticipantId>,
    /// Answers of participants to rounds.
    pub answers: Quota<ParticipantId>,
    /// What the store says of itself.
    pub checks: Checks,
    /// Connections of those whose network lets no WebSocket through.
    pub event_streams: EventStreams,
    /// What is made of boards.
    pub exports: Exports,
    /// The rooms in memory.
    pub rooms: Rooms,
    /// Questions that are worked on.
    pub turns: Turns,
    /// Answers that are not read yet.
    pub unread: Unread,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

/// What who runs the server asks.
fn operations() -> Router<AppState> {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/healthz/proxy", get(proxy_check::show))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
}

/// What browsers show.
fn pages() -> Router<AppState> {
    Router::new()
        .route("/", get(pages::board))
        .route("/join", get(pages::phone).post(join_page::submit))
        .route("/rooms/{room}", get(pages::board))
        .route("/rooms/{room}/invite", get(pages::board))
        .route("/rooms/{room}/people", get(pages::board))
        .route("/rooms/{room}/phone", get(pages::phone))
        .route(
            "/rooms/{room}/vote",
            get(vote_page::show)
                .post(vote_page::put)
                // Five thousand phones fetch it within a minute. It holds nothing secret that
                // an attacker could guess at by its compressed size.
                .layer(CompressionLayer::new()),
        )
        .route("/toegankelijkheid", get(pages::board))
        .route("/.well-known/security.txt", get(pages::security_txt))
}

/// Every route of the server.
pub fn router(app: AppState) -> Router {
    let (api, description) = OpenApiRouter::with_openapi(description::Api::openapi())
        .routes(routes!(templates::list))
        .routes(routes!(join::join))
        .routes(routes!(new_rooms::create))
        .routes(routes!(rooms::show))
        .routes(routes!(tickets::issue, tickets::revoke))
        .routes(routes!(invitations::create))
        .routes(routes!(invitations::show_code, invitations::renew_code))
        .routes(routes!(invitations::show_qr))
        .routes(routes!(guesses::list))
        .routes(routes!(guesses::pass))
        .routes(routes!(exports::journey))
        .routes(routes!(exports::json))
        .routes(routes!(exports::csv))
        .routes(routes!(exports::svg))
        .routes(routes!(rounds::open, rounds::list))
        .routes(routes!(rounds::show))
        .routes(routes!(rounds::close))
        .routes(routes!(rounds::reveal))
        .routes(routes!(responses::show, responses::put))
        .routes(routes!(timer::set, timer::stop))
        .routes(routes!(board_mode::set))
        .routes(routes!(people::show))
        .routes(routes!(people::set_door))
        .routes(routes!(people::dismiss))
        .routes(routes!(people::dismiss_newcomers))
        .routes(routes!(people::undo))
        .routes(routes!(events::listen))
        .split_for_parts();
    let api = api
        .route("/openapi.json", get(description::show))
        .layer(axum::Extension(description::Text::of(&description)));

    let routes = Router::new()
        .nest("/api/v1", api)
        .merge(pages())
        .merge(operations())
        .route("/sync/{room}", get(sync::open))
        .route("/sync/{room}/events", get(sync::listen))
        .route("/sync/{room}/messages", post(sync::post))
        .fallback(pages::other)
        .method_not_allowed_fallback(pages::wrong_method)
        .layer(from_fn(patience::limit))
        .layer(CatchPanicLayer::custom(error::after_panic))
        .layer(from_fn_with_state(app.clone(), origin::check))
        .layer(from_fn_with_state(app.clone(), request_log::log))
        .with_state(app.clone());
    // What needs no route goes around all of them: a layer of each is cloned by all above it.
    let around = ServiceBuilder::new()
        .layer(from_fn_with_state(app.clone(), headers::secure))
        .layer(from_fn(headers::describe_api))
        .layer(from_fn_with_state(app.clone(), turns::take))
        .layer(from_fn_with_state(app, unread::bound))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .service(routes);
    Router::new().fallback_service(around)
}
