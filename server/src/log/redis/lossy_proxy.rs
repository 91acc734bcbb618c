//! A way to a server on which the answer to one script call can be lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

pub(super) struct LossyProxy {
    port: u16,
    loses_next: Arc<AtomicBool>,
    _task: AbortOnDropHandle<()>,
}

impl LossyProxy {
    pub(super) async fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let loses_next = Arc::new(AtomicBool::new(false));
        let loses = Arc::clone(&loses_next);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                tokio::spawn(pass(client, server, Arc::clone(&loses)));
            }
        });
        Self {
            port,
            loses_next,
            _task: AbortOnDropHandle::new(task),
        }
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Lets the next script call reach the server, and cuts the connection before its answer.
    pub(super) fn lose_next_answer(&self) {
        self.loses_next.store(true, Ordering::SeqCst);
    }

    pub(super) fn has_lost_it(&self) -> bool {
        !self.loses_next.load(Ordering::SeqCst)
    }
}

/// Passes bytes both ways until an end closes, or an answer is to be lost.
async fn pass(mut client: TcpStream, mut server: TcpStream, loses_next: Arc<AtomicBool>) {
    let (mut question, mut answer) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut is_losing = false;
    loop {
        let passed = tokio::select! {
            asked = client.read(&mut question) => {
                let asked = &question[..asked.unwrap_or(0)];
                let is_script = asked.windows(7).any(|word| word == b"EVALSHA");
                if is_script {
                    is_losing |= loses_next.swap(false, Ordering::SeqCst);
                }
                !asked.is_empty() && server.write_all(asked).await.is_ok()
            }
            answered = server.read(&mut answer) => {
                let answered = &answer[..answered.unwrap_or(0)];
                let is_open = !answered.is_empty() && !is_losing;
                is_open && client.write_all(answered).await.is_ok()
            }
        };
        if !passed {
            return;
        }
    }
}
