//! The proxy against a plain echo.

use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::{eventually, within};

struct Echo {
    proxy: FaultProxy,
    task: JoinHandle<()>,
}

impl Echo {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        let proxy = FaultProxy::to(port).await;
        Self { proxy, task }
    }

    async fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.proxy.address()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn says(stream: &mut TcpStream, text: &[u8]) {
    stream.write_all(text).await.unwrap();
    let mut heard = vec![0; text.len()];
    within("the echo", stream.read_exact(&mut heard))
        .await
        .unwrap();
    assert_eq!(heard, text);
}

async fn hears_nothing(stream: &mut TcpStream, during: Duration) {
    let mut byte = [0];
    let heard = tokio::time::timeout(during, stream.read(&mut byte)).await;
    assert!(heard.is_err(), "something came: {heard:?}");
}

#[tokio::test]
async fn what_passes_is_unchanged_and_connections_are_counted() {
    let echo = Echo::start().await;
    let mut first = echo.connect().await;
    let mut second = echo.connect().await;
    let large: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();

    says(&mut first, b"hello").await;
    let (mut from, mut to) = second.split();
    let mut heard = vec![0; large.len()];
    let (sent, read) = tokio::join!(to.write_all(&large), from.read_exact(&mut heard));

    assert!(sent.is_ok() && read.is_ok() && heard == large);
    assert_eq!((echo.proxy.accepted(), echo.proxy.open()), (2, 2));
    drop((first, second));
    eventually("both connections to end", || async {
        (echo.proxy.open() == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_cut_ends_open_connections_with_a_reset_or_in_order() {
    let echo = Echo::start().await;
    let mut byte = [0];

    let mut stream = echo.connect().await;
    says(&mut stream, b"one").await;
    echo.proxy.cut(Cut::Reset);
    let ended = within("the reset", stream.read(&mut byte)).await;
    assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::ConnectionReset);

    let mut stream = echo.connect().await;
    says(&mut stream, b"two").await;
    echo.proxy.cut(Cut::Finish);
    let ended = within("the end", stream.read(&mut byte)).await;
    assert_eq!(ended.unwrap(), 0);
}

#[tokio::test]
async fn a_delay_keeps_the_order() {
    let echo = Echo::start().await;
    let mut stream = echo.connect().await;
    echo.proxy.delay(Duration::from_millis(50));
    let started = Instant::now();

    says(&mut stream, b"one").await;
    says(&mut stream, b"two").await;

    assert!(started.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_half_open_connection_loses_one_direction_and_is_reset_when_healed() {
    let echo = Echo::start().await;
    let mut stream = echo.connect().await;
    says(&mut stream, b"one").await;

    echo.proxy.lose(Direction::FromTarget);
    stream.write_all(b"two").await.unwrap();
    hears_nothing(&mut stream, Duration::from_millis(100)).await;
    echo.proxy.heal();

    let ended = within("the reset", stream.read(&mut [0])).await;
    assert!(ended.is_err());
    says(&mut echo.connect().await, b"three").await;
}

#[tokio::test]
async fn a_pause_holds_and_loses_nothing() {
    let echo = Echo::start().await;
    let mut stream = echo.connect().await;
    echo.proxy.pause();

    stream.write_all(b"wait").await.unwrap();
    hears_nothing(&mut stream, Duration::from_millis(100)).await;
    echo.proxy.heal();

    let mut heard = [0; 4];
    within("the echo", stream.read_exact(&mut heard))
        .await
        .unwrap();
    assert_eq!(&heard, b"wait");
}

#[tokio::test]
async fn throttled_and_split_bytes_arrive_whole_and_late() {
    let echo = Echo::start().await;
    let mut stream = echo.connect().await;
    echo.proxy.split(3);
    says(&mut stream, &[7; 1_000]).await;
    echo.proxy.heal();
    echo.proxy.throttle(10_000);
    let started = Instant::now();

    says(&mut stream, &[7; 5_000]).await;

    assert!(started.elapsed() >= Duration::from_millis(350));
}

#[tokio::test]
async fn a_proxy_that_refuses_takes_nobody_until_it_is_healed() {
    let echo = Echo::start().await;
    let mut before = echo.connect().await;
    says(&mut before, b"one").await;

    echo.proxy.refuse();
    assert!(within("the reset", before.read(&mut [0])).await.is_err());
    let mut refused = echo.connect().await;
    assert!(within("the reset", refused.read(&mut [0])).await.is_err());
    echo.proxy.heal();

    says(&mut echo.connect().await, b"two").await;
    assert_eq!(echo.proxy.accepted(), 2);
}
