//! What is left to see of a round that is closed: one's own votes, then the ranking.

use hartslag_protocol::workshop::response::Ballot;
use hartslag_protocol::workshop::round::{RankedOption, Round, RoundOption, RoundResult};
use maud::{Markup, html};

use super::Page;

/// Ranks that have a word of their own in the message files.
const RANK_WORDS: [&str; 10] = [
    "vote.rank.1",
    "vote.rank.2",
    "vote.rank.3",
    "vote.rank.4",
    "vote.rank.5",
    "vote.rank.6",
    "vote.rank.7",
    "vote.rank.8",
    "vote.rank.9",
    "vote.rank.10",
];

impl Page<'_> {
    pub(super) fn closed(&self, round: &Round, ballot: &Ballot, late: bool) -> Markup {
        let texts = self.texts;
        let chosen = round.options.iter().filter_map(|option| {
            let votes = ballot
                .votes
                .get(&option.note)
                .copied()
                .filter(|&votes| votes > 0)?;
            Some((option, u64::from(votes)))
        });
        html! {
            @if late { p.fault role="alert" { (texts.of("vote.late")) } }
            section.card {
                p.lead { (texts.of("vote.closed.lead")) }
                p { (texts.of("vote.closed.next")) }
                (self.ways_on(true))
            }
            @if ballot.used() == 0 {
                p.intro { (texts.of("vote.closed.none")) }
            } @else {
                h2.own { (texts.of("vote.closed.yours")) }
                ul.ideas {
                    @for (option, votes) in chosen {
                        li.idea.mine {
                            (self.idea_text(option, None))
                            b.count { (texts.counted("vote.votes", votes)) }
                        }
                    }
                }
            }
        }
    }

    pub(super) fn revealed(&self, round: &Round, result: &RoundResult) -> Markup {
        let texts = self.texts;
        let most = result.ranking.first().map_or(1, |first| first.votes.max(1));
        let people = texts.counted("vote.voters", u64::from(result.voters));
        let votes = texts.counted("vote.votes", result.votes);
        let identity = if round.only_present {
            "vote.identity.present"
        } else {
            "vote.identity.everyone"
        };
        html! {
            p.intro {
                b { (people) " · " (votes) } " · " (texts.of(identity))
            }
            ol.ranking {
                @for ranked in &result.ranking {
                    @if let Some(option) =
                        round.options.iter().find(|option| option.note == ranked.note)
                    {
                        (self.ranked(option, ranked, most))
                    }
                }
            }
            (self.ways_on(true))
        }
    }

    fn ranked(&self, option: &RoundOption, ranked: &RankedOption, most: u64) -> Markup {
        let texts = self.texts;
        let votes = texts.counted("vote.votes", ranked.votes);
        let people = texts.counted("vote.from", u64::from(ranked.voters));
        html! {
            li.idea.first[ranked.rank == 1 && ranked.votes > 0] {
                span.rank { (self.rank(ranked)) }
                (self.idea_text(option, None))
                p.score {
                    svg.bar viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
                        rect width=(100 * ranked.votes / most) height="8" {}
                    }
                    b { (votes) } " " @if ranked.votes > 0 { (people) }
                }
            }
        }
    }

    fn rank(&self, ranked: &RankedOption) -> String {
        let word = usize::try_from(ranked.rank)
            .ok()
            .and_then(|rank| RANK_WORDS.get(rank.checked_sub(1)?));
        let rank = match word {
            Some(key) => self.texts.of(key).to_owned(),
            None => self
                .texts
                .filled("vote.rank.other", &[("n", &ranked.rank.to_string())]),
        };
        if ranked.tied {
            self.texts.filled("vote.rank.tied", &[("rank", &rank)])
        } else {
            rank
        }
    }
}
