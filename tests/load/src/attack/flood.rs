//! Many requests at once, and how they were answered.

use std::collections::BTreeMap;
use std::fmt;

use futures_util::stream::{self, StreamExt};
use reqwest::RequestBuilder;

use super::scene::{Scene, pause};

/// No attack makes more.
const MOST: usize = 20_000;

/// How many requests were answered how.
#[derive(Debug, Default)]
pub(super) struct Answers {
    counts: BTreeMap<String, u64>,
    /// Refusals that could be waited for, and did not say how long.
    without_retry_after: u64,
}

impl Answers {
    /// What to tell of it.
    pub(super) fn verdict(&self) -> Result<String, String> {
        match self.without_retry_after {
            0 => Ok(self.to_string()),
            hidden => Err(format!("{self}, {hidden} without Retry-After")),
        }
    }

    fn count(&mut self, answer: &Answer) {
        *self.counts.entry(answer.status.clone()).or_default() += 1;
        self.without_retry_after += u64::from(answer.hides_how_long);
    }
}

impl fmt::Display for Answers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts.iter();
        let told: Vec<_> = counts
            .map(|(status, count)| format!("{count} × {status}"))
            .collect();
        formatter.write_str(&told.join(", "))
    }
}

struct Answer {
    status: String,
    hides_how_long: bool,
}

/// Keeps so many requests under way until the time is over, and leaves those that have no answer
/// by then.
pub(super) async fn flood(
    scene: &Scene,
    at_once: usize,
    request: impl Fn(usize) -> RequestBuilder,
) -> Answers {
    let mut answers = Answers::default();
    let mut answering = stream::iter(0..MOST)
        .map(|number| answer(request(number)))
        .buffer_unordered(at_once)
        .take_until(Box::pin(scene.is_over()))
        .boxed_local();
    while let Some(answer) = answering.next().await {
        answers.count(&answer);
    }
    answers
}

async fn answer(request: RequestBuilder) -> Answer {
    let answered = async {
        let response = request.send().await?;
        let status = response.status().as_u16();
        let is_told = response.headers().contains_key("retry-after");
        response.bytes().await?;
        Ok::<_, reqwest::Error>((status, is_told))
    };
    match answered.await {
        Ok((status, is_told)) => {
            if status != 200 {
                pause().await;
            }
            Answer {
                status: status.to_string(),
                hides_how_long: matches!(status, 429 | 503) && !is_told,
            }
        }
        Err(_broken) => {
            pause().await;
            Answer {
                status: "broken off".to_owned(),
                hides_how_long: false,
            }
        }
    }
}
