//! The way from the public address to the server: what the proxy in between lets through.
//!
//! The request goes to `/healthz/proxy`, which tells what arrived, and tells it in two parts so
//! that holding them back is seen. TLS is left to curl: the server speaks none.

use std::process::Stdio;
use std::time::{Duration, Instant};

use axum::http::Uri;
use serde::Deserialize;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

use super::Finding;

const PROXY: &str = "public address";
const WEBSOCKET: &str = "websocket upgrade";
const FORWARDED: &str = "X-Forwarded-For";
const STREAM: &str = "event streams";
const HTTPS: &str = "https";

const PATIENCE: Duration = Duration::from_secs(10);
/// The second part comes half a second after the first, where nothing holds the first one back.
const BETWEEN: Duration = Duration::from_millis(200);
/// Lines of a response that are read at most.
const LINES: usize = 200;

/// Asks for an upgrade without meaning it: only whether the words arrive matters.
const HEADERS: [(&str, &str); 4] = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Accept", "text/event-stream"),
    ("User-Agent", "hartslag-doctor"),
];

/// What `/healthz/proxy` says of a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Arrived {
    upgrade: bool,
    forwarded_for: usize,
    trusts_forwarded_for: bool,
    public_url: Option<String>,
}

/// What came back, and when.
#[derive(Debug)]
struct Answer {
    arrived: Arrived,
    has_hsts: bool,
    between: Duration,
}

pub(super) async fn examine(url: &str) -> Vec<Finding> {
    let url = url.trim_end_matches('/');
    match timeout(PATIENCE, ask(url)).await {
        Ok(Ok(answer)) => judged(url, &answer),
        Ok(Err(fault)) => vec![unreached(url, &fault)],
        Err(_elapsed) => vec![unreached(url, "no answer within ten seconds")],
    }
}

fn unreached(url: &str, fault: &str) -> Finding {
    Finding::error(
        PROXY,
        format!("{url}: {fault}"),
        "start the server and the proxy first; this machine must reach the public address",
    )
}

fn judged(url: &str, answer: &Answer) -> Vec<Finding> {
    let arrived = &answer.arrived;
    let mut findings = vec![Finding::ok(PROXY, format!("{url} answers"))];
    findings.push(if arrived.upgrade {
        Finding::ok(WEBSOCKET, "arrives")
    } else {
        Finding::error(
            WEBSOCKET,
            "does not arrive",
            "let the proxy pass Upgrade and Connection on (docs/operating.md); boards work \
             without, slower",
        )
    });
    findings.push(forwarded(arrived));
    findings.push(if answer.between >= BETWEEN {
        Finding::ok(STREAM, "arrive as they are sent")
    } else {
        Finding::warning(
            STREAM,
            "are held back",
            "turn response buffering off for /sync/ and /api/ (docs/operating.md)",
        )
    });
    findings.push(https(url, answer));
    findings
}

fn forwarded(arrived: &Arrived) -> Finding {
    match (arrived.forwarded_for, arrived.trusts_forwarded_for) {
        (0, false) => Finding::ok(FORWARDED, "not set, and not asked for: no proxy in between"),
        (0, true) => Finding::error(
            FORWARDED,
            "is trusted and does not arrive",
            "let the proxy set it, or turn HARTSLAG_TRUST_FORWARDED_FOR off",
        ),
        (_, true) => Finding::ok(FORWARDED, "arrives and is trusted"),
        (_, false) => Finding::warning(
            FORWARDED,
            "arrives and is not trusted",
            "everyone counts as one network when codes are guessed: set \
             HARTSLAG_TRUST_FORWARDED_FOR, if the proxy overwrites or appends to the header",
        ),
    }
}

fn https(url: &str, answer: &Answer) -> Finding {
    if !url.starts_with("https://") {
        return Finding::warning(
            HTTPS,
            "not used",
            "fine on a laptop; municipalities must serve over TLS",
        );
    }
    match answer.arrived.public_url.as_deref() {
        Some(told) if told == url && answer.has_hsts => Finding::ok(HTTPS, "with HSTS"),
        Some(told) if told == url => Finding::warning(
            HTTPS,
            "the HSTS header does not arrive",
            "let the proxy leave response headers as they are",
        ),
        told => Finding::warning(
            HTTPS,
            format!(
                "the server has {} as its public address",
                told.unwrap_or("nothing")
            ),
            "set HARTSLAG_PUBLIC_URL to this address: secure cookies and HSTS follow from it",
        ),
    }
}

async fn ask(url: &str) -> Result<Answer, String> {
    let address = format!("{url}/healthz/proxy");
    if url.starts_with("https://") {
        ask_by_curl(&address).await
    } else {
        ask_plainly(&address).await
    }
}

async fn ask_plainly(address: &str) -> Result<Answer, String> {
    let uri: Uri = address.parse().map_err(|error| format!("{error}"))?;
    let host = uri.host().ok_or("it has no host")?;
    let port = uri.port_u16().unwrap_or(80);
    let stream = TcpStream::connect((host, port)).await;
    let mut stream = stream.map_err(|error| error.to_string())?;
    let headers = HEADERS.map(|(name, value)| format!("{name}: {value}\r\n"));
    let (path, headers) = (uri.path(), headers.concat());
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n{headers}\r\n");
    let sent = stream.write_all(request.as_bytes()).await;
    sent.map_err(|error| error.to_string())?;
    read(BufReader::new(stream)).await
}

async fn ask_by_curl(address: &str) -> Result<Answer, String> {
    let mut curl = Command::new("curl");
    curl.args([
        "--silent",
        "--show-error",
        "--no-buffer",
        "--include",
        "--http1.1",
    ]);
    for (name, value) in HEADERS {
        curl.args(["--header", &format!("{name}: {value}")]);
    }
    curl.args(["--", address]).kill_on_drop(true);
    curl.stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let running = curl.spawn();
    let mut running = running.map_err(|error| format!("curl is needed for https: {error}"))?;
    let output = running.stdout.take().ok_or("curl says nothing")?;
    match read(BufReader::new(output)).await {
        Ok(answer) => Ok(answer),
        Err(fault) => {
            let ended = running.wait_with_output().await;
            let told = ended.map_or_else(
                |error| error.to_string(),
                |ended| String::from_utf8_lossy(&ended.stderr).trim().to_owned(),
            );
            Err(if told.is_empty() { fault } else { told })
        }
    }
}

/// Reads until the second part; lines of the transfer's own are passed over.
async fn read(mut response: impl AsyncBufRead + Unpin) -> Result<Answer, String> {
    let mut has_hsts = false;
    let mut first: Option<(Arrived, Instant)> = None;
    for _ in 0..LINES {
        let mut line = String::new();
        let read = response.read_line(&mut line).await;
        if read.map_err(|error| error.to_string())? == 0 {
            break;
        }
        let line = line.trim();
        has_hsts |= line
            .to_ascii_lowercase()
            .starts_with("strict-transport-security:");
        if let Some(told) = line.strip_prefix("data: {") {
            let arrived = serde_json::from_str(&format!("{{{told}"));
            first = Some((arrived.map_err(|error| error.to_string())?, Instant::now()));
        } else if line == "data: end" {
            let (arrived, at) = first.ok_or("the first part is missing")?;
            return Ok(Answer {
                arrived,
                has_hsts,
                between: at.elapsed(),
            });
        }
    }
    Err("what answers is not this version of hartslag".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn answer(upgrade: bool, forwarded_for: usize, trusts: bool, between: u64) -> Answer {
        Answer {
            arrived: Arrived {
                upgrade,
                forwarded_for,
                trusts_forwarded_for: trusts,
                public_url: Some("https://hartslag.example".to_owned()),
            },
            has_hsts: true,
            between: Duration::from_millis(between),
        }
    }

    #[test]
    fn a_good_proxy_is_praised_and_each_fault_is_told() {
        let verdicts = |answer: Answer| {
            let findings = judged("https://hartslag.example", &answer);
            findings
                .iter()
                .map(|finding| finding.verdict)
                .collect::<Vec<_>>()
        };

        assert_eq!(verdicts(answer(true, 1, true, 500)), [Verdict::Ok; 5]);
        assert_eq!(verdicts(answer(false, 1, true, 500))[1], Verdict::Error);
        assert_eq!(verdicts(answer(true, 0, true, 500))[2], Verdict::Error);
        assert_eq!(verdicts(answer(true, 1, false, 500))[2], Verdict::Warning);
        assert_eq!(verdicts(answer(true, 1, true, 10))[3], Verdict::Warning);
    }

    #[tokio::test]
    async fn another_program_is_told_from_ours() {
        let told = read(&b"HTTP/1.1 200 OK\r\n\r\n<html>\n"[..]).await;

        assert!(told.unwrap_err().contains("not this version"));
    }
}
