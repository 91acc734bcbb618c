//! Requests that cost far more to answer than to make.

use reqwest::Method;

use super::flood::flood;
use super::scene::Scene;

const AT_ONCE: usize = 100;
/// Every form in which a board leaves the server.
pub(super) const EXPORTS: &[&str] = &["exports/csv", "exports/svg", "exports/json", "journey"];
/// The picture of the join address.
pub(super) const QR: &[&str] = &["invitation.svg"];
/// What a phone or a page asks first.
pub(super) const OVERVIEW: &[&str] = &["", "rounds"];

/// A hundred requests at once, of one device or of more, which came in by this invitation.
pub(super) async fn ask(
    scene: &Scene,
    paths: &[&str],
    invitation: &str,
    devices: usize,
) -> Result<String, String> {
    let devices = scene.devices(invitation, devices).await?;
    let api = scene.api();
    let room = format!("/rooms/{}", scene.room.id);
    let answers = flood(scene, AT_ONCE, |number| {
        let path = format!("{room}/{}", paths[number % paths.len()]);
        let request = api.request(Method::GET, path.trim_end_matches('/'));
        request.header("cookie", &devices[number % devices.len()].cookie)
    })
    .await;
    answers.verdict()
}
