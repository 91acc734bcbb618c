//! A proxy that holds events back unless it is told not to: no attack, but it shuts phones out.

use std::time::Duration;

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::joining::open_round;
use super::scene::Scene;

/// What it holds back.
const BUFFER: usize = 4 << 10;
/// Bytes before the first event, for proxies that cannot be told.
const PADDING: usize = 2 << 10;
const PATIENCE: Duration = Duration::from_secs(2);

/// A phone behind it hears of a round.
pub(super) async fn behind_a_proxy(scene: &Scene) -> Result<String, String> {
    let phone = scene.devices(&scene.room.participant, 1).await?;
    let cookie = &phone[0].cookie;
    open_round(scene).await?;
    let proxy = start(scene.address.clone()).await?;
    for (path, event) in [
        (
            format!("/api/v1/rooms/{}/events", scene.room.id),
            "event: round",
        ),
        (format!("/sync/{}/events", scene.room.id), "event: opened"),
    ] {
        let url = format!("http://{proxy}{path}");
        let request = reqwest::Client::new().request(Method::GET, url);
        let heard = until(request.header("cookie", cookie), event);
        let heard = tokio::time::timeout(PATIENCE, heard).await;
        let before = heard.map_err(|_elapsed| format!("{path} reaches nobody"))??;
        if before < PADDING {
            return Err(format!("{path} has {before} bytes before its first event"));
        }
    }
    Ok("both streams come through".to_owned())
}

/// Reads a stream up to an event; the bytes before it.
async fn until(request: reqwest::RequestBuilder, event: &str) -> Result<usize, String> {
    let mut response = request.send().await.map_err(|error| error.to_string())?;
    let mut text = String::new();
    loop {
        if let Some(place) = text.find(event) {
            return Ok(place);
        }
        let chunk = response.chunk().await.map_err(|error| error.to_string())?;
        let chunk = chunk.ok_or_else(|| format!("{} ended", response.status()))?;
        text += &String::from_utf8_lossy(&chunk);
    }
}

async fn start(server: String) -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    tokio::task::spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::task::spawn_local(carry(stream, server.clone()));
        }
    });
    Ok(address.to_string())
}

async fn carry(phone: TcpStream, server: String) -> std::io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    let (mut asking, mut answering) = phone.into_split();
    let (mut from_server, mut to_server) = server.split();
    let asked = tokio::io::copy(&mut asking, &mut to_server);
    let answered = async {
        let (mut held, mut passes) = (Vec::new(), false);
        while from_server.read_buf(&mut held).await? > 0 {
            let head = String::from_utf8_lossy(&held).to_lowercase();
            passes |= head.contains("\r\nx-accel-buffering: no\r\n");
            if passes || held.len() >= BUFFER {
                answering.write_all(&std::mem::take(&mut held)).await?;
            }
        }
        answering.write_all(&held).await
    };
    tokio::select! { done = asked => done.map(drop), done = answered => done }
}
