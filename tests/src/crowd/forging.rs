//! Writing what one may not.

use super::writer::Writer;
use crate::history::Change;

impl Writer {
    /// Writes a note as an observer, and begins anew when that is refused, as a good client
    /// would have to.
    pub(super) async fn forge(&mut self) {
        let token = self.token();
        let note = format!("{}.forged", self.name);
        let change = Change::Write {
            note: note.clone(),
            token: token.clone(),
        };
        self.stage.history(|history| history.forge(change));
        self.member.add_note(&note, &format!("{token};")).await;
        let (_, sent) = self.member.acknowledged();
        while self.member.acknowledged().0 < sent && self.member.receive_soon().await {}
        self.look_at_news();
        self.forget();
    }
}
