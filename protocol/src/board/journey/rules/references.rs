//! References of a journey, finished or not, and the ids that they lead to.

use std::collections::BTreeSet;

use serde_json::Value;

use super::place::{Faults, Place};
use crate::board::journey::Edition;
use crate::limits::BOARD_PERSONAS;
use crate::problem::Fault;

/// References that lead nowhere, and ids that stand twice.
pub(in crate::board::journey) fn reference_faults(journey: &Value, edition: Edition) -> Vec<Fault> {
    let root = Place::root(journey);
    let mut faults = Faults::default();
    let phases = root.list("phases");
    let loose = root.at("loose");
    let touchpoints: Vec<_> = phases
        .iter()
        .chain(&loose)
        .flat_map(|part| part.list("touchpoints"))
        .collect();
    let desired: Vec<_> = phases
        .iter()
        .filter_map(|phase| phase.at("desired"))
        .flat_map(|desired| desired.list("touchpoints"))
        .chain(loose.iter().flat_map(|it| it.list("desiredTouchpoints")))
        .collect();
    let ideas = root.list("ideas");
    let actions = root.list("actions");

    let phase_ids = faults.unique_ids(phases.iter());
    let current_ids = faults.unique_ids(touchpoints.iter());
    let touchpoint_ids = faults.unique_ids(touchpoints.iter().chain(&desired));
    let idea_ids = faults.unique_ids(ideas.iter());
    faults.unique_ids(actions.iter());
    // A finished journey is stricter: rule 3 wants the touchpoint in the same phase.
    for touchpoint in desired.iter().filter(|_| edition == Edition::Draft) {
        faults.leads(touchpoint.at("ref"), &current_ids, "a current touchpoint");
    }
    for idea in &ideas {
        faults.leads(idea.at("phaseId"), &phase_ids, "a phase");
        faults.leads(idea.at("touchpointId"), &touchpoint_ids, "a touchpoint");
    }
    for idea_id in actions.iter().flat_map(|action| action.list("ideaIds")) {
        faults.leads(Some(idea_id), &idea_ids, "an idea");
    }
    let personas = root.list("morePersonas").len() + usize::from(root.at("persona").is_some());
    if personas > BOARD_PERSONAS {
        faults.add(
            "/morePersonas",
            format!("must leave at most {BOARD_PERSONAS} personas; there are {personas}"),
        );
    }
    for touchpoint in touchpoints.iter().chain(&desired) {
        for score in touchpoint.list("moreScores") {
            faults.leads_to_persona(&score, personas);
        }
    }
    faults.found
}

impl Faults {
    /// The ids of these places; one that stands a second time is a fault there.
    fn unique_ids<'a: 'b, 'b>(
        &mut self,
        places: impl Iterator<Item = &'b Place<'a>>,
    ) -> BTreeSet<&'a str> {
        let mut ids = BTreeSet::new();
        for place in places {
            if let Some(id) = place.text("id")
                && !ids.insert(id)
            {
                let pointer = format!("{}/id", place.pointer);
                if !self.found.iter().any(|fault| fault.pointer == pointer) {
                    self.add(&pointer, format!("{id} stands twice; an id is given once"));
                }
            }
        }
        ids
    }

    fn leads(&mut self, place: Option<Place<'_>>, ids: &BTreeSet<&str>, to: &str) {
        if let Some(place) = place
            && let Some(id) = place.value.as_str()
            && !ids.contains(id)
        {
            self.add(&place.pointer, format!("{id} is not the id of {to} here"));
        }
    }

    fn leads_to_persona(&mut self, score: &Place<'_>, personas: usize) {
        let persona = score.value.get("persona").and_then(Value::as_u64);
        if persona.is_some_and(|it| usize::try_from(it).is_ok_and(|it| it > personas)) {
            self.add(
                &format!("{}/persona", score.pointer),
                format!("must be the number of a persona; there are {personas}"),
            );
        }
    }
}
