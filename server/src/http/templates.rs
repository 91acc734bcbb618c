//! `GET /templates`: the sample journeys, to begin a board with.

use axum::Json;
use hartslag_protocol::board::journey::Journey;
use serde::Serialize;
use utoipa::ToSchema;

use crate::samples;

/// A sample journey at a glance.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Template {
    /// For `template` of a new room.
    slug: String,
    title: String,
    municipality: String,
    summary: String,
    /// Name of the customer.
    persona: String,
    phases: usize,
    touchpoints: usize,
}

impl From<&Journey> for Template {
    fn from(journey: &Journey) -> Self {
        let persona = journey.persona.as_ref();
        Self {
            slug: journey.slug.clone(),
            title: journey.title.clone(),
            municipality: journey.municipality.name.clone(),
            summary: journey.summary.clone(),
            persona: persona
                .map(|persona| persona.name.clone())
                .unwrap_or_default(),
            phases: journey.phases.len(),
            touchpoints: journey
                .phases
                .iter()
                .map(|phase| phase.touchpoints.len())
                .sum(),
        }
    }
}

/// The sample journeys.
#[utoipa::path(get, path = "/templates", responses((status = 200, body = [Template])))]
pub(super) async fn list() -> Json<Vec<Template>> {
    Json(samples::journeys().iter().map(Template::from).collect())
}
