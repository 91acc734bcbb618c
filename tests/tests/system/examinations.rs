//! `hartslag doctor` on a running server: what it says, and that it disturbs nobody.

use hartslag_tests::member::Member;
use hartslag_tests::server::TestServer;
use serde_json::Value;

#[tokio::test]
async fn the_doctor_finds_no_error_with_a_server_that_runs() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let person = server.join(&room.invitations.coach, "Fatima").await;
    let mut member = Member::connect(&server, &person).await;

    let url = format!("http://{}", server.address());
    let (passed, told) = examined(&server, &["--public-url", &url]);

    assert!(passed, "{told}");
    for (check, verdict) in [
        ("clock", "ok"),
        ("public address", "ok"),
        ("websocket upgrade", "ok"),
        ("X-Forwarded-For", "ok"),
        ("event streams", "ok"),
        ("https", "warning"),
    ] {
        assert_eq!(verdict_of(&told, check), Some(verdict), "{check}: {told}");
    }
    member.add_note("n1", "Gewoon verder").await;
    member.all_stored().await;
}

#[tokio::test]
async fn the_doctor_fails_where_nothing_answers() {
    let mut server = TestServer::start_on_redis().await;
    let url = format!("http://{}", server.address());
    server.process.kill();

    let (passed, told) = examined(&server, &["--public-url", &url]);

    assert!(!passed);
    assert_eq!(verdict_of(&told, "public address"), Some("error"), "{told}");
    assert_eq!(verdict_of(&told, "redis durability"), Some("ok"), "{told}");
}

fn examined(server: &TestServer, arguments: &[&str]) -> (bool, Value) {
    let mut command = server.command(&["doctor", "--json"]);
    let done = command.args(arguments).output().unwrap();
    let told = serde_json::from_slice(&done.stdout).unwrap();
    (done.status.success(), told)
}

fn verdict_of<'a>(told: &'a Value, check: &str) -> Option<&'a str> {
    let findings = told["findings"].as_array()?;
    let finding = findings.iter().find(|finding| finding["check"] == check)?;
    finding["verdict"].as_str()
}
