//! Connections, taken in one by one: each gets so long to say what it wants.
//!
//! axum's own loop sets no timer, and without one hyper waits for a request without end: whoever
//! opened connections and said nothing, or a byte a minute, would use up the files that the
//! process may have open.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

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

/// The head of a request, from when the connection could have sent it: so long may a connection
/// be idle too. Longer than proxies keep theirs, which then close them first.
const HEAD: Duration = Duration::from_secs(75);
/// How long a connection may leave what it is sent unread, or its network unreachable: hyper
/// itself would wait without end for who asks and never reads the answer.
#[cfg(target_os = "linux")]
const UNREAD: Duration = Duration::from_mins(2);
/// How long nobody is taken in where the process has too many files open.
const PAUSE: Duration = Duration::from_secs(1);

/// Takes connections in until told to stop, and returns when what was asked of them is answered.
pub(crate) async fn serve(listener: TcpListener, routes: Router, stopping: CancellationToken) {
    let open = TaskTracker::new();
    let http = http(HEAD);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => break,
        };
        match accepted {
            Ok((socket, address)) => {
                let answering = answer(socket, address, &http, &routes, &stopping);
                open.spawn(answering);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                warn!(%error, "nobody is taken in for a moment: {error}");
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
    http.timer(TokioTimer::new()).header_read_timeout(head);
    http
}

/// Answers what is asked over a connection, until it ends or becomes a WebSocket.
fn answer(
    socket: TcpStream,
    address: SocketAddr,
    http: &Builder,
    routes: &Router,
    stopping: &CancellationToken,
) -> impl Future<Output = ()> + use<> {
    if let Err(error) = prepare(&socket) {
        debug!(%error, "a socket keeps what is usual: {error}");
    }
    let routes = routes.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        routes.clone().call(request)
    });
    let connection = http.serve_connection(TokioIo::new(socket), service);
    let connection = connection.with_upgrades();
    let stopping = stopping.clone();
    async move {
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
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
        tokio::spawn(answer(socket, address, &http(SHORT), &routes, &stopping));
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

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn who_never_reads_an_answer_is_let_go_by_the_kernel() {
        let socket = connect().await;

        prepare(&socket).unwrap();

        let unread = rustix::net::sockopt::tcp_user_timeout(&socket).unwrap();
        assert_eq!(u128::from(unread), UNREAD.as_millis());
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
