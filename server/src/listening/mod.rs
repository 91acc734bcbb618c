//! Connections, taken in one by one: each gets so long to say what it wants, and of so many
//! [`places`] one.
//!
//! axum's own loop sets no timer, and without one hyper waits for a request without end: whoever
//! opened connections and said nothing, or a byte a minute, would use up the files that the
//! process may have open.

mod place;
mod places;

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;
use tracing::{debug, warn};

pub(crate) use place::{InUse, Place};
use place::{Shared, Used};

/// The head of a request, from when the connection could have sent it: so long may a connection
/// be idle too. Longer than proxies keep theirs, which then close them first.
const HEAD: Duration = Duration::from_secs(75);
/// How long a connection may leave what it is sent unread, or its network unreachable: hyper
/// itself would wait without end for who asks and never reads the answer.
#[cfg(target_os = "linux")]
const UNREAD: Duration = Duration::from_mins(2);
/// Bytes of a head that are read, and of an answer that are taken before the socket takes them:
/// hyper itself would take half a MiB for who never reads.
const BUFFER_BYTES: usize = 32 << 10;
/// Bytes that the kernel keeps for a connection that does not read. Of its own accord it would
/// keep some MiB, which no budget of this process counts.
#[cfg(target_os = "linux")]
const UNSENT_BYTES: usize = 128 << 10;
/// How long nobody is taken in where the process has too many files open: what was let go for the
/// next one is closed by then.
const PAUSE: Duration = Duration::from_millis(10);
/// Between two lines in the log that tell of it.
const TELL_AGAIN: Duration = Duration::from_mins(1);

/// Takes connections in until told to stop, and returns when what was asked of them is answered.
pub(crate) async fn serve(listener: TcpListener, routes: Router, stopping: CancellationToken) {
    let places = Shared::new(place::claim());
    serve_at(places, listener, routes, stopping).await;
}

async fn serve_at(
    places: Arc<Shared>,
    listener: TcpListener,
    routes: Router,
    stopping: CancellationToken,
) {
    let open = TaskTracker::new();
    let http = http(HEAD);
    let mut told = None::<Instant>;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => break,
        };
        match accepted {
            Ok((socket, address)) => {
                // Nobody has more than who asks: it may try again, its socket closes.
                let Ok(place) = Shared::take(&places, address.ip().into()) else {
                    continue;
                };
                let answering = answer((socket, address), place, &http, &routes, &stopping);
                open.spawn(answering);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                if told.is_none_or(|told| told.elapsed() > TELL_AGAIN) {
                    warn!(%error, "who uses no connection gives it up for others: {error}");
                    told = Some(Instant::now());
                }
                places.relieve();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    open.close();
    open.wait().await;
}

fn http(head: Duration) -> Builder {
    let mut http = Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(BUFFER_BYTES);
    http
}

/// Answers what is asked over a connection, until it ends or becomes a WebSocket.
fn answer(
    (socket, address): (TcpStream, SocketAddr),
    place: Arc<Place>,
    http: &Builder,
    routes: &Router,
    stopping: &CancellationToken,
) -> impl Future<Output = ()> + use<> {
    if let Err(error) = prepare(&socket) {
        debug!(%error, "a socket keeps what is usual: {error}");
    }
    let routes = routes.clone();
    let taken = Arc::clone(&place);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        let in_use = InUse::of(&taken);
        let extensions = request.extensions_mut();
        extensions.insert(ConnectInfo(address));
        extensions.insert(Arc::clone(&taken));
        let answered = routes.clone().call(request);
        async { Ok::<_, Infallible>(answered.await?.map(|body| Used::new(body, in_use))) }
    });
    let connection = http.serve_connection(TokioIo::new(socket), service);
    let connection = connection.with_upgrades();
    let stopping = stopping.clone();
    async move {
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = place.given_up() => return debug!("a connection gave up its place"),
            () = stopping.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            debug!(%error, "a connection ended early: {error}");
        }
    }
}

fn prepare(socket: &TcpStream) -> io::Result<()> {
    // Frames are small and wait for nobody.
    socket.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    {
        let unread = u32::try_from(UNREAD.as_millis()).unwrap_or(u32::MAX);
        rustix::net::sockopt::set_tcp_user_timeout(socket, unread)?;
        rustix::net::sockopt::set_socket_send_buffer_size(socket, UNSENT_BYTES)?;
    }
    Ok(())
}

/// Whether it tells of a connection that went before it was taken in.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use futures_util::{StreamExt as _, stream};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const SHORT: Duration = Duration::from_millis(200);

    /// A connection to a server that waits `SHORT` for a request.
    async fn connect() -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let far = TcpStream::connect(listener.local_addr().unwrap());
        let (near, far) = tokio::join!(listener.accept(), far);
        let (socket, address) = near.unwrap();
        let routes = Router::new().route("/", get(async || "here"));
        let stopping = CancellationToken::new();
        let place = Shared::take(&Shared::new(1), address.ip().into()).unwrap();
        let http = http(SHORT);
        tokio::spawn(answer((socket, address), place, &http, &routes, &stopping));
        far.unwrap()
    }

    #[tokio::test]
    async fn who_never_finishes_a_request_is_let_go() {
        for said in ["", "GET / HTTP/1.1\r\nHost: a\r\nX: "] {
            let mut socket = connect().await;
            socket.write_all(said.as_bytes()).await.unwrap();

            // The end comes by itself, or this test does not end.
            let mut answer = Vec::new();
            socket.read_to_end(&mut answer).await.unwrap();

            assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
        }
    }

    #[tokio::test]
    async fn connections_that_say_nothing_keep_nobody_out() {
        let address = serve_few(2).await;
        let mut mute = TcpStream::connect(address).await.unwrap();
        let _mute_too = TcpStream::connect(address).await.unwrap();
        let mut other = TcpStream::connect(address).await.unwrap();

        let answer = ask(&mut other, "/").await;

        assert!(answer.ends_with("here"), "{answer}");
        assert_eq!(mute.read(&mut [0]).await.unwrap_or(0), 0);
    }

    #[tokio::test]
    async fn who_is_being_answered_is_not_let_go_for_who_says_nothing() {
        let address = serve_few(2).await;
        let mut long = TcpStream::connect(address).await.unwrap();
        let begun = ask(&mut long, "/long").await;
        let mut mute = TcpStream::connect(address).await.unwrap();
        let mut other = TcpStream::connect(address).await.unwrap();

        let answer = ask(&mut other, "/").await;

        assert!(begun.contains("begun"), "{begun}");
        assert!(answer.ends_with("here"), "{answer}");
        assert_eq!(mute.read(&mut [0]).await.unwrap_or(0), 0);
        let unread = std::io::ErrorKind::WouldBlock;
        assert_eq!(long.try_read(&mut [0]).unwrap_err().kind(), unread);
    }

    /// A server with so many places, where `/long` is answered without end.
    async fn serve_few(places: usize) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let long = async || {
            let begun = stream::iter([Ok::<_, Infallible>("begun")]);
            Body::from_stream(begun.chain(stream::pending()))
        };
        let routes = Router::new()
            .route("/", get(async || "here"))
            .route("/long", get(long));
        let stopping = CancellationToken::new();
        tokio::spawn(serve_at(Shared::new(places), listener, routes, stopping));
        address
    }

    /// What is answered, as far as it comes at once.
    async fn ask(socket: &mut TcpStream, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        while !["here", "begun"].iter().any(|end| answer.contains(end)) {
            let mut buffer = [0; 1024];
            let read = socket.read(&mut buffer).await.unwrap();
            assert!(read > 0, "closed after {answer:?}");
            answer.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
        answer
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn who_never_reads_an_answer_is_let_go_by_the_kernel() {
        let socket = connect().await;

        prepare(&socket).unwrap();

        let unread = rustix::net::sockopt::tcp_user_timeout(&socket).unwrap();
        assert_eq!(u128::from(unread), UNREAD.as_millis());
        // The kernel keeps as much again for itself.
        let unsent = rustix::net::sockopt::socket_send_buffer_size(&socket).unwrap();
        assert!(unsent <= 2 * UNSENT_BYTES, "{unsent}");
    }

    #[tokio::test]
    async fn a_connection_that_was_answered_is_let_go_when_it_asks_no_more() {
        let mut socket = connect().await;
        socket
            .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            .await
            .unwrap();

        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();

        assert!(answer.contains("200 OK") && answer.ends_with("here"));
    }
}
