//! Client ids without end: whatever tells what a replica has names all of them.

use super::craft;
use super::line::summary;
use super::scene::{Scene, pause};

const DEVICES: usize = 120;
const EACH: u64 = 64;

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
