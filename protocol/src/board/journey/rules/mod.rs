//! The nine rules that a finished journey keeps; beside them, the references of every journey.
//!
//! They look at plain JSON and pass over what has the wrong shape, so that all faults of a file
//! come out together. Rules 1 and 2 (no heartbeat is stored twice) are kept by the shape.

mod place;
mod references;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::place::{Faults, Place};
pub(super) use self::references::reference_faults;
use crate::problem::Fault;

/// What breaks the nine rules.
pub(super) fn faults(journey: &Value) -> Vec<Fault> {
    let root = Place::root(journey);
    let mut faults = Faults::default();
    faults.language(&root);
    for phase in root.list("phases") {
        faults.desired_covers_current(&phase);
        faults.targets(&phase);
    }
    faults.desired_is_better(&root);
    faults.votes(&root);
    faults.selected_ideas(&root);
    faults.dates(&root);
    faults.moment_of_truth(&root);
    faults.found
}

impl Faults {
    fn language(&mut self, root: &Place<'_>) {
        if root.text("language") == Some("en") {
            self.add(
                "/language",
                "must be \"nl\" in version 1.0; version 1.1 takes \"en\" too".to_owned(),
            );
        }
    }

    /// Rule 3.
    fn desired_covers_current(&mut self, phase: &Place<'_>) {
        let current = phase.list("touchpoints");
        let desired = phase.at("desired");
        let desired = desired.iter().flat_map(|it| it.list("touchpoints"));
        let mut scores = BTreeMap::new();
        for touchpoint in &current {
            if let Some(id) = touchpoint.text("id") {
                scores.insert(id, touchpoint.number("score"));
            }
        }
        let mut seen = BTreeSet::new();
        for touchpoint in desired {
            self.desired_touchpoint(&touchpoint, &scores, &mut seen);
        }
        for touchpoint in &current {
            if let Some(id) = touchpoint.text("id").filter(|id| !seen.contains(id)) {
                self.add(
                    &format!("{}/id", touchpoint.pointer),
                    format!("{id} must stand as ref of one desired touchpoint of its phase"),
                );
            }
        }
    }

    fn desired_touchpoint<'a>(
        &mut self,
        touchpoint: &Place<'a>,
        scores: &BTreeMap<&str, Option<f64>>,
        seen: &mut BTreeSet<&'a str>,
    ) {
        let at = |name: &str| format!("{}/{name}", touchpoint.pointer);
        let is_null = |name| touchpoint.value.get(name).is_some_and(Value::is_null);
        let change = touchpoint.text("change");
        if is_null("ref") && change.is_some_and(|it| it != "add") {
            self.add(
                &at("ref"),
                "null goes with change \"add\" only; name the current touchpoint".to_owned(),
            );
        }
        if is_null("score") && change.is_some_and(|it| it != "remove") {
            self.add(
                &at("score"),
                "null goes with change \"remove\" only; give a score from -2 to 2".to_owned(),
            );
        }
        let Some(id) = touchpoint.text("ref") else {
            return;
        };
        match scores.get(id) {
            None => self.add(
                &at("ref"),
                format!("{id} must be a current touchpoint of the same phase"),
            ),
            Some(_) if !seen.insert(id) => self.add(
                &at("ref"),
                format!("{id} stands as ref twice; each current touchpoint has one desired one"),
            ),
            Some(&Some(score)) if change == Some("keep") => {
                if touchpoint
                    .number("score")
                    .is_some_and(|it| (it - score).abs() > 0.0)
                {
                    self.add(
                        &at("score"),
                        format!("must be {score}, as in {id}: change \"keep\" keeps the score"),
                    );
                }
            }
            Some(_) => {}
        }
    }

    /// Rule 4.
    fn desired_is_better(&mut self, root: &Place<'_>) {
        let (mut current, mut desired) = (Vec::new(), Vec::new());
        for phase in root.list("phases") {
            let scores = |place: &Place<'_>| -> Vec<f64> {
                let touchpoints = place.list("touchpoints");
                touchpoints
                    .iter()
                    .filter_map(|it| it.number("score"))
                    .collect()
            };
            current.extend(scores(&phase));
            desired.extend(phase.at("desired").iter().flat_map(scores));
        }
        if let (Some(current), Some(desired)) = (mean(&current), mean(&desired))
            && desired <= current
        {
            self.add(
                "/phases",
                format!(
                    "the mean of the desired scores ({desired:.2}) must be higher than that of \
                     the current ones ({current:.2})"
                ),
            );
        }
    }

    /// Rule 5.
    fn targets(&mut self, phase: &Place<'_>) {
        for metric in phase.list("metrics") {
            let (Some(baseline), Some(target), Some(direction)) = (
                metric.number("baseline"),
                metric.number("target"),
                metric.text("direction"),
            ) else {
                continue;
            };
            let holds = match direction {
                "higher" => target > baseline,
                "lower" => target < baseline,
                _ => true,
            };
            if !holds {
                self.add(
                    &format!("{}/target", metric.pointer),
                    format!("must be {direction} than the baseline ({baseline}); it is {target}"),
                );
            }
        }
    }

    /// Rule 6.
    fn votes(&mut self, root: &Place<'_>) {
        let workshop = root.at("workshop");
        let participants = workshop.as_ref().and_then(|it| it.number("participants"));
        let each = workshop
            .as_ref()
            .and_then(|it| it.number("votesPerParticipant"));
        let mut given = 0.0;
        for idea in root.list("ideas") {
            let votes = idea.number("votes").unwrap_or(0.0);
            given += votes;
            if let Some(participants) = participants.filter(|&it| votes > it) {
                self.add(
                    &format!("{}/votes", idea.pointer),
                    format!("must be at most {participants}: one vote of each participant"),
                );
            }
        }
        if let (Some(participants), Some(each)) = (participants, each)
            && given > participants * each
        {
            self.add(
                "/ideas",
                format!(
                    "the ideas have {given} votes; {participants} participants with {each} votes \
                     each give at most {}",
                    participants * each
                ),
            );
        }
    }

    /// Rule 7; that every `ideaIds` entry exists is checked with the references.
    fn selected_ideas(&mut self, root: &Place<'_>) {
        let actions = root.list("actions");
        let ids: Vec<_> = actions.iter().flat_map(|it| it.list("ideaIds")).collect();
        let taken: BTreeSet<_> = ids.iter().filter_map(|it| it.value.as_str()).collect();
        for idea in root.list("ideas") {
            if idea.text("status") == Some("selected")
                && let Some(id) = idea.text("id").filter(|id| !taken.contains(id))
            {
                self.add(
                    &format!("{}/status", idea.pointer),
                    format!("{id} is selected, so an action must have it in ideaIds"),
                );
            }
        }
    }

    /// Rule 8. Dates compare as text: year, month and day in that order.
    fn dates(&mut self, root: &Place<'_>) {
        let workshop = root.at("workshop");
        let workshop = workshop.as_ref().and_then(|it| it.text("date"));
        let interviews = root.at("brief").and_then(|it| it.at("interviews"));
        if let (Some(workshop), Some(interviews)) = (workshop, interviews)
            && interviews.text("to").is_some_and(|it| it >= workshop)
        {
            self.add(
                &format!("{}/to", interviews.pointer),
                format!("interviews must end before the workshop ({workshop})"),
            );
        }
        let as_of = root.text("asOf");
        for action in root.list("actions") {
            let Some(start) = action.text("startDate") else {
                continue;
            };
            let at = format!("{}/startDate", action.pointer);
            if let Some(workshop) = workshop.filter(|&it| start < it) {
                self.add(
                    &at,
                    format!("must be the workshop day ({workshop}) or later"),
                );
            }
            match (action.text("status"), as_of) {
                (Some("planned"), Some(as_of)) if start <= as_of => self.add(
                    &at,
                    format!("a planned action must start after {as_of}, the day of asOf"),
                ),
                (Some(status), Some(as_of)) if status != "planned" && start > as_of => self.add(
                    &at,
                    format!("with status {status} it must have started on {as_of} at the latest"),
                ),
                _ => {}
            }
        }
    }

    /// Rule 9.
    fn moment_of_truth(&mut self, root: &Place<'_>) {
        let phases = root.list("phases");
        let mut touchpoints = phases.iter().flat_map(|phase| phase.list("touchpoints"));
        let marked =
            touchpoints.any(|it| it.value.get("momentOfTruth") == Some(&Value::Bool(true)));
        if !phases.is_empty() && !marked {
            self.add(
                "/phases",
                "at least one touchpoint must have momentOfTruth true".to_owned(),
            );
        }
    }
}

fn mean(scores: &[f64]) -> Option<f64> {
    let count = u32::try_from(scores.len()).ok().filter(|&it| it > 0)?;
    Some(scores.iter().sum::<f64>() / f64::from(count))
}
