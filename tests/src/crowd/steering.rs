//! Opening and revealing rounds while the server may die under it.

use hartslag_protocol::workshop::{Round, RoundStatus};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::writer::Writer;
use super::{BUDGET, CAP, VOTED_NOTES};

/// What the coach knows of the rounds.
#[derive(Debug, Default)]
pub(super) struct Steering {
    /// The round that is open or being revealed.
    round: Option<String>,
    /// A round was asked for and the answer did not come.
    is_uncertain: bool,
}

impl Writer {
    /// Reveals the round, or opens the next.
    pub(super) async fn steer(&mut self) {
        match self.steering.round.clone() {
            Some(round) => self.reveal(&round).await,
            None => self.open().await,
        }
    }

    async fn reveal(&mut self, round: &str) {
        let path = format!("/rounds/{round}/reveal");
        let Some((status, answer)) = self
            .api
            .call(&self.address, Method::POST, &path, None)
            .await
        else {
            return;
        };
        match (status, serde_json::from_value::<Round>(answer)) {
            // What comes too often comes again.
            (StatusCode::NOT_FOUND | StatusCode::TOO_MANY_REQUESTS, _) => {}
            (
                StatusCode::OK,
                Ok(Round {
                    result: Some(_), ..
                }),
            ) => {
                self.stage.round.send_replace(None);
                self.steering.round = None;
            }
            (status, round) => {
                let fault = format!("a reveal got {status}: {round:?}");
                self.stage.history(|history| history.fault(fault));
            }
        }
    }

    async fn open(&mut self) {
        if self.steering.is_uncertain && !self.found_opened().await {
            return;
        }
        if self.steering.round.is_some() {
            return;
        }
        let order = json!({ "kind": "vote", "notes": VOTED_NOTES, "budget": BUDGET, "cap": CAP });
        self.steering.is_uncertain = true;
        let opened = self
            .api
            .call(&self.address, Method::POST, "/rounds", Some(&order))
            .await;
        if let Some((StatusCode::CREATED, opened)) = opened {
            let id = opened["id"].as_str().unwrap_or_default().to_owned();
            self.opened(id);
        }
    }

    /// Looks whether the round was opened whose outcome is unknown; false without an answer.
    async fn found_opened(&mut self) -> bool {
        let listed = self
            .api
            .call(&self.address, Method::GET, "/rounds", None)
            .await;
        let Some((StatusCode::OK, rounds)) = listed else {
            return false;
        };
        let rounds: Vec<Round> = serde_json::from_value(rounds).unwrap_or_default();
        let newest = rounds.last();
        if let Some(open) = newest.filter(|round| round.status == RoundStatus::Open) {
            self.opened(open.id.to_string());
        }
        true
    }

    fn opened(&mut self, round: String) {
        self.steering.is_uncertain = false;
        self.stage.round.send_replace(Some(round.clone()));
        self.steering.round = Some(round);
    }
}
