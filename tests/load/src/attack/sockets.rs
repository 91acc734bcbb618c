//! Connections that take up a place and hardly do anything.

use futures_util::future::join_all;
use hartslag_protocol::wire::bundle::Bundled;
use hartslag_tests::event_stream::EventStream;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::line::{Line, STEP1};
use super::scene::{Scene, pause};

const SLOW: usize = 400;
/// Between two bytes.
const TRICKLE: std::time::Duration = std::time::Duration::from_millis(200);

/// Requests that come byte by byte and never end: the head of some, the body of others.
pub(super) async fn slow_requests(scene: &Scene) -> Result<String, String> {
    let mut streams = Vec::new();
    for number in 0..SLOW {
        let stream = TcpStream::connect(&scene.address).await;
        let mut stream = stream.map_err(|error| error.to_string())?;
        let body = if number % 2 == 0 {
            "Content-Length: 60000\r\n\r\n"
        } else {
            ""
        };
        let head = format!(
            "POST /api/v1/join HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\n\
             Content-Type: application/json\r\n{body}",
            scene.address
        );
        let written = stream.write_all(head.as_bytes()).await;
        written.map_err(|error| error.to_string())?;
        streams.push(stream);
    }
    while scene.goes_on() {
        // Who was let go is let go.
        join_all(streams.iter_mut().map(|stream| stream.write_all(b"x"))).await;
        tokio::time::sleep(TRICKLE).await;
    }
    Ok(format!("{SLOW} slow requests"))
}

/// Devices that come, ask for the document and go, again and again.
pub(super) async fn reconnects(scene: &Scene) -> Result<String, String> {
    let devices = scene.devices(&scene.room.participant, 50).await?;
    let api = scene.api();
    let coming = devices.iter().map(|device| async {
        let (seat, mut times) = (api.seat(&scene.room, device), 0_u32);
        while scene.goes_on() {
            if let Ok(line) = Line::open(&seat).await {
                line.is_said(scene).await;
                times += 1;
            }
            pause().await;
        }
        times
    });
    let times: u32 = join_all(coming).await.iter().sum();
    Ok(format!("{times} connections"))
}

/// Connections without a WebSocket that post as fast as they are answered.
pub(super) async fn posts(scene: &Scene) -> Result<String, String> {
    let devices = scene.devices(&scene.room.participant, 20).await?;
    let path = format!("/sync/{}", scene.room.id);
    let posting = devices.iter().map(|device| async {
        let stream = EventStream::open(&scene.address, &path, &device.cookie).await;
        let (Some(mut stream), mut times) = (stream, 0_u32) else {
            return 0;
        };
        while scene.goes_on() && stream.send(Bundled::Binary(STEP1)).await.is_some() {
            times += 1;
            pause().await;
        }
        times
    });
    let times: u32 = join_all(posting).await.iter().sum();
    Ok(format!("{times} posts"))
}
