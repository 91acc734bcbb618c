//! Client ids without end: whatever tells what a replica has names all of them.

use super::craft;
use super::line::{Line, summary};
use super::scene::{Scene, pause};

/// Who come with many client ids each.
pub(super) const DEVICES: usize = 120;
const EACH: u64 = 64;

/// Devices come back again and again, each time to write one note under a new client id.
pub(super) async fn sessions(scene: &Scene) -> Result<String, String> {
    let devices = scene.devices(&scene.room.participant, DEVICES).await?;
    let api = scene.api();
    let mut begun = 0;
    for round in 0..EACH {
        for (device, joined) in devices.iter().enumerate() {
            if !scene.goes_on() {
                return Ok(format!("{begun} sessions"));
            }
            let line = Line::open(&api.seat(&scene.room, joined)).await?;
            let client = (1 << 52) + craft::client(device, round);
            let note = craft::note(client, &line.participant);
            begun += u32::from(line.takes(&craft::blocks((client, 0), &note), scene).await);
        }
    }
    Ok(format!("{begun} sessions"))
}

/// Each of a hundred and twenty devices begins all the ids that it may begin at once.
pub(super) async fn many(scene: &Scene) -> Result<String, String> {
    let lines = scene.lines(DEVICES).await?;
    for (device, line) in lines.iter().enumerate() {
        let sections: Vec<_> = (0..EACH)
            .map(|which| {
                // As long as they may be: they fill what names them sooner.
                let client = (1 << 52) + craft::client(device, which);
                craft::section((client, 0), &craft::note(client, &line.participant))
            })
            .collect();
        line.update(&craft::update(&sections, &[]));
    }
    while scene.goes_on() {
        pause().await;
    }
    Ok(summary(&lines))
}
