//! The real binary, started as an operator starts it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::clock::TestClock;
use crate::process::{Process, free_port};
use crate::redis::TestRedis;
use crate::{eventually, within};

/// Where the server under test keeps its rooms.
#[derive(Debug)]
pub enum Store {
    /// One SQLite file.
    Sqlite,
    /// A Redis of its own.
    Redis(TestRedis),
    /// A Redis at this address, which others use too.
    Shared(String),
}

impl Store {
    /// Makes a command use it.
    fn tell(&self, command: &mut Command) {
        match self {
            Self::Sqlite => {}
            Self::Redis(redis) => {
                command.env("HARTSLAG_REDIS_URL", redis.url());
            }
            Self::Shared(url) => {
                command.env("HARTSLAG_REDIS_URL", url);
            }
        }
    }
}

/// A running server; ends with the test.
#[derive(Debug)]
pub struct TestServer {
    port: u16,
    directory: TempDir,
    /// The store it runs on.
    pub store: Store,
    /// The process.
    pub process: Process,
    /// The wall clock that it sees, where that is not the machine's.
    pub clock: Option<TestClock>,
    client: Client,
}

/// A room that a test made.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatedRoom {
    /// Its identifier.
    pub id: String,
    /// The secrets to come in with.
    pub invitations: Invitations,
    /// The code for phones.
    pub join_code: String,
}

/// A secret per role.
#[derive(Clone, Debug, Deserialize)]
pub struct Invitations {
    /// Makes a coach.
    pub coach: String,
    /// Makes a participant.
    pub participant: String,
    /// Makes an observer.
    pub observer: String,
}

/// A person with a device that has joined a room.
#[derive(Clone, Debug)]
pub struct Person {
    /// The room.
    pub room: String,
    /// Who they are in it.
    pub participant: String,
    /// The cookie of their device.
    pub cookie: String,
}

impl TestServer {
    /// Starts a server on the store that `HARTSLAG_TEST_STORE` names, `sqlite` or `redis`: the
    /// suite runs once on each.
    pub async fn start() -> Self {
        match std::env::var("HARTSLAG_TEST_STORE").as_deref() {
            Ok("redis") => Self::start_on_redis().await,
            _ => Self::start_on_sqlite().await,
        }
    }

    /// Starts a server on SQLite.
    pub async fn start_on_sqlite() -> Self {
        Self::start_on(Store::Sqlite).await
    }

    /// Starts a server on a Redis of its own.
    pub async fn start_on_redis() -> Self {
        Self::start_on(Store::Redis(TestRedis::start().await)).await
    }

    /// Starts a server and waits until it is ready.
    pub async fn start_on(store: Store) -> Self {
        Self::start_with(store, None).await
    }

    /// Starts a server that sees this clock, and waits until it is ready.
    pub async fn start_with(store: Store, clock: Option<TestClock>) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let port = free_port();
        let process = launch(port, &directory, &store, clock.as_ref());
        let mut server = Self {
            port,
            directory,
            store,
            process,
            clock,
            client: Client::new(),
        };
        server.has_started().await;
        server
    }

    /// Ends the server as a power cut would, and starts it again on the same data.
    pub async fn crash_and_return(&mut self) {
        self.process.kill();
        self.start_again().await;
    }

    /// Starts an ended server again, at the same address, on the same data.
    pub async fn start_again(&mut self) {
        self.launch();
        self.has_started().await;
    }

    /// Starts it again so that it keeps no room in memory for longer than it must.
    pub async fn keep_rooms_briefly(&mut self) {
        self.process.kill();
        let address = self.address();
        let serve = ["serve", "--listen", &address, "--idle-unload-seconds", "1"];
        let mut command = self.command(&serve);
        self.process = Process::start(command.env("HARTSLAG_LOG", "warn"));
        self.ready().await;
    }

    fn launch(&mut self) {
        let clock = self.clock.as_ref();
        self.process = launch(self.port, &self.directory, &self.store, clock);
    }

    /// Waits until it takes work. A server gives up whose Redis does not answer for some seconds
    /// as it starts; whoever runs it has it started again, and so does this.
    async fn has_started(&mut self) {
        let mut pause = tokio::time::interval(std::time::Duration::from_millis(20));
        within("the server to start", async {
            while !self.is_ready().await {
                pause.tick().await;
                if !self.process.is_running() {
                    eprintln!("the server ended as it started, and is started again");
                    self.launch();
                }
            }
        })
        .await;
    }

    /// Waits until the process has ended.
    pub async fn has_ended(&mut self) {
        let mut pause = tokio::time::interval(std::time::Duration::from_millis(20));
        let process = &mut self.process;
        within("the server to end", async {
            while process.is_running() {
                pause.tick().await;
            }
        })
        .await;
    }

    /// Makes every write fail that makes a file larger than so many bytes; `None` takes that
    /// back. It is what a full disk looks like from inside.
    pub fn limit_file_size(&self, bytes: Option<u64>) {
        let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        self.limit(&format!("--fsize={limit}:unlimited"));
    }

    /// Lets the server have so many files open, connections among them.
    pub fn limit_files(&self, files: u64) {
        self.limit(&format!("--nofile={files}:{files}"));
    }

    fn limit(&self, limit: &str) {
        let process = self.process.id().to_string();
        let status = Command::new("prlimit")
            .args(["--pid", &process, limit])
            .status();
        assert!(status.expect("util-linux has prlimit").success());
    }

    /// Starts `hartslag import` of these files into the server's store, beside it.
    pub fn import(&self, files: &[PathBuf]) -> Process {
        let mut command = Command::new(binary());
        command
            .arg("import")
            .args(files)
            .arg("--data")
            .arg(self.data())
            .env("HARTSLAG_LOG", "warn")
            .env_remove("HARTSLAG_REDIS_URL")
            .stdout(Stdio::null());
        self.store.tell(&mut command);
        Process::start(&mut command)
    }

    /// Waits until the server takes work.
    pub async fn ready(&self) {
        eventually("the server to be ready", || async {
            self.is_ready().await.then_some(())
        })
        .await;
    }

    async fn is_ready(&self) -> bool {
        let asking = self.request(Method::GET, "/readyz", None).send().await;
        asking.is_ok_and(|answer| answer.status().is_success())
    }

    /// Its address without a scheme.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The directory that it keeps its data in.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Runs another command of the binary on the server's store, as its operator would.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).env("HARTSLAG_DATA", self.data());
        command
            .env_remove("HARTSLAG_REDIS_URL")
            .stdin(Stdio::null());
        if let Store::Redis(redis) = &self.store {
            command.env("HARTSLAG_REDIS_URL", redis.url());
        }
        command
    }

    /// A request as the web client makes it.
    pub fn request(&self, method: Method, path: &str, person: Option<&Person>) -> RequestBuilder {
        let address = format!("http://{}", self.address());
        let request = self
            .client
            .request(method, format!("{address}{path}"))
            .header("origin", address);
        match person {
            Some(person) => request.header("cookie", &person.cookie),
            None => request,
        }
    }

    /// Makes a blank room, or one from a journey.
    pub async fn create_room(&self, journey: Option<&Value>) -> CreatedRoom {
        let mut body = json!({ "title": "Wij willen trouwen", "municipality": "Duinrade" });
        if let Some(journey) = journey {
            body = json!({ "title": journey["title"], "municipality": journey["municipality"]["name"],
                "journey": journey });
        }
        let request = self
            .request(Method::POST, "/api/v1/rooms", None)
            .json(&body);
        let response = request.send().await.expect("the server answers");
        assert_eq!(
            response.status(),
            StatusCode::CREATED,
            "{:?}",
            response.text().await
        );
        response.json().await.expect("a created room")
    }

    /// Lets a person in with an invitation.
    pub async fn join(&self, invitation: &str, name: &str) -> Person {
        self.join_with(
            &json!({ "invitation": invitation, "name": name, "municipality": "Duinrade" }),
        )
        .await
    }

    /// Lets a person in with the code.
    pub async fn join_by_code(&self, code: &str) -> Person {
        self.join_with(&json!({ "code": code })).await
    }

    async fn join_with(&self, body: &Value) -> Person {
        let request = self.request(Method::POST, "/api/v1/join", None).json(body);
        let response = request.send().await.expect("the server answers");
        assert_eq!(
            response.status(),
            StatusCode::OK,
            "{:?}",
            response.text().await
        );
        let cookie = response.headers()["set-cookie"]
            .to_str()
            .expect("a cookie is text");
        let cookie = cookie
            .split(';')
            .next()
            .expect("a cookie has a value")
            .to_owned();
        let joined: Value = response.json().await.expect("who joined");
        let text = |field: &str| joined[field].as_str().expect("an identifier").to_owned();
        Person {
            room: text("room"),
            participant: text("participant"),
            cookie,
        }
    }

    /// Asks the API as a person; the status and the answer.
    pub async fn api(
        &self,
        person: &Person,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let path = format!("/api/v1/rooms/{}{path}", person.room);
        let mut request = self.request(method, &path, Some(person));
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.expect("the server answers");
        let status = response.status();
        (status, response.json().await.unwrap_or(Value::Null))
    }
}

fn launch(port: u16, directory: &TempDir, store: &Store, clock: Option<&TestClock>) -> Process {
    // A write over the file size limit must fail as on a full disk, not end the process.
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(binary())
        .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
        .arg("--data")
        .arg(directory.path().join("data"))
        .env("HARTSLAG_LOG", "warn")
        .env_remove("HARTSLAG_REDIS_URL")
        .stdout(Stdio::null());
    store.tell(&mut command);
    if let Some(clock) = clock {
        clock.give(&mut command);
    }
    Process::start(&mut command)
}

/// The binary under test: beside this test's own, or where `HARTSLAG_BINARY` says.
fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("HARTSLAG_BINARY") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a running test has a path");
    let folder = test
        .ancestors()
        .nth(2)
        .expect("a test is in target/PROFILE/deps");
    folder.join("hartslag")
}
