//! The ballot: `GET` and `POST /rooms/{room}/vote`.
//!
//! Phones get it as finished HTML. It works as a plain form, by the same way into the room as
//! the API's; its script does the same without the round trips.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form as FormBody, State as AppStateOf};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use hartslag_protocol::workshop::{Ballot, Round, RoundStatus};

use self::form::{Form, FormFault};
use self::message::{Message, message};
use self::view::{Page, Sheet, State};
use super::AppState;
use super::error::ApiError;
use super::member::Member;
use super::texts::{Language, Texts};
use crate::room::{Overview, OwnBallot, PutBallotError, RoomHandle};

mod form;
mod message;
mod order;
mod view;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

/// A visitor at the ballot.
struct Visit {
    member: Member,
    texts: Texts,
    room: RoomHandle,
    overview: Overview,
    /// The newest round is for who was there, and the visitor came after it began (R13).
    came_later: bool,
}

/// Shows the ballot, or what there is in its place.
pub(super) async fn show(
    member: Result<Member, ApiError>,
    AppStateOf(app): AppStateOf<AppState>,
    headers: HeaderMap,
) -> Response {
    let texts = Texts::vote(Language::preferred(&headers));
    match shown(member, &app, texts).await {
        Ok(response) => response,
        Err(error) => failed(error, texts),
    }
}

/// Takes a ballot that was sent as a form.
pub(super) async fn put(
    member: Result<Member, ApiError>,
    AppStateOf(app): AppStateOf<AppState>,
    headers: HeaderMap,
    fields: Result<FormBody<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let texts = Texts::vote(Language::preferred(&headers));
    let Ok(FormBody(fields)) = fields else {
        return failed(ApiError::UnsupportedMediaType, texts);
    };
    match taken(member, &app, texts, &Form::read(fields)).await {
        Ok(response) => response,
        Err(error) => failed(error, texts),
    }
}

async fn shown(
    member: Result<Member, ApiError>,
    app: &AppState,
    texts: Texts,
) -> Result<Response, ApiError> {
    let visit = Visit::open(member?, app, texts).await?;
    let own = match &visit.overview.round {
        Some(round) => {
            visit
                .room
                .own_ballot(visit.member.participant, round.id)
                .await?
        }
        None => OwnBallot::default(),
    };
    Ok(visit.page(StatusCode::OK, visit.state(own)))
}

async fn taken(
    member: Result<Member, ApiError>,
    app: &AppState,
    texts: Texts,
    form: &Form,
) -> Result<Response, ApiError> {
    let visit = Visit::open(member?, app, texts).await?;
    let Some(round) = visit
        .overview
        .round
        .as_ref()
        .filter(|round| form.round == Some(round.id))
    else {
        return Ok(visit.look_again(None));
    };
    let ballot = match form.ballot(round) {
        Ok(ballot) => ballot,
        Err(faults) if round.status == RoundStatus::Open && visit.may_answer() => {
            let state = State::Open(visit.refused(round, form, faults));
            return Ok(visit.page(StatusCode::BAD_REQUEST, state));
        }
        // Where nothing is taken, it does not matter what it says.
        Err(_) => Ballot::default(),
    };
    visit.member.pay_answer(app)?;
    let voter = visit.member.participant;
    let revision = form.revision.saturating_add(1);
    match visit
        .room
        .put_ballot(voter, round.id, revision, ballot)
        .await
    {
        Ok(_) => Ok(visit.look_again(form.pressed_option())),
        Err(PutBallotError::Conflict(stored)) => {
            let mut sheet = visit.sheet(round, &stored);
            sheet.elsewhere = true;
            Ok(visit.page(StatusCode::CONFLICT, State::Open(sheet)))
        }
        Err(PutBallotError::NotOpen) => visit.late(round).await,
        Err(PutBallotError::NotAllowed | PutBallotError::CameLater) => {
            let state = visit.state(OwnBallot::default());
            Ok(visit.page(StatusCode::FORBIDDEN, state))
        }
        Err(PutBallotError::NoSuchRound | PutBallotError::Invalid(_)) => Ok(visit.look_again(None)),
        Err(PutBallotError::Log(error)) => Err(error.into()),
        Err(PutBallotError::Closed(error)) => Err(error.into()),
    }
}

impl Visit {
    async fn open(member: Member, app: &AppState, texts: Texts) -> Result<Self, ApiError> {
        let room = member.open(app).await?;
        let overview = room.overview().await?;
        let came_later = match &overview.round {
            Some(round) if round.only_present => {
                let workshop = room.workshop().await?;
                !workshop.was_before(member.participant, round.id)
            }
            _ => false,
        };
        Ok(Self {
            member,
            texts,
            room,
            overview,
            came_later,
        })
    }

    fn may_answer(&self) -> bool {
        self.member.role.may_respond() && !self.came_later
    }

    /// What this visitor sees of the room's newest round.
    fn state(&self, own: OwnBallot) -> State<'_> {
        let Some(round) = &self.overview.round else {
            return State::Waiting;
        };
        match (round.status, &round.result) {
            (RoundStatus::Revealed, Some(result)) => State::Revealed { round, result },
            (RoundStatus::Open, _) if self.may_answer() => State::Open(self.sheet(round, &own)),
            (RoundStatus::Open, _) => State::Watching {
                round,
                came_later: self.came_later,
            },
            _ => State::Closed {
                round,
                ballot: own.ballot,
                late: false,
            },
        }
    }

    fn sheet<'a>(&self, round: &'a Round, own: &OwnBallot) -> Sheet<'a> {
        let votes = |(index, note): (usize, &String)| {
            own.ballot
                .votes
                .get(note)
                .map(|votes| (index, votes.to_string()))
        };
        let notes = round.options.iter().map(|option| &option.note);
        Sheet {
            round,
            options: order::options_for(round, self.member.participant),
            entered: notes.enumerate().filter_map(votes).collect(),
            revision: own.revision,
            done: own.ballot.done,
            faults: Vec::new(),
            elsewhere: false,
        }
    }

    /// The form as it was filled in, with what is wrong with it.
    fn refused<'a>(&self, round: &'a Round, form: &Form, faults: Vec<FormFault>) -> Sheet<'a> {
        let mut sheet = self.sheet(round, &OwnBallot::default());
        sheet.entered.clone_from(&form.entered);
        sheet.revision = form.revision;
        sheet.done = form.was_done;
        sheet.faults = faults;
        sheet
    }

    /// The ballot came after the round had closed: shows what counts.
    async fn late(&self, round: &Round) -> Result<Response, ApiError> {
        let own = self
            .room
            .own_ballot(self.member.participant, round.id)
            .await?;
        let state = match self.state(own.clone()) {
            revealed @ State::Revealed { .. } => revealed,
            _ => State::Closed {
                round,
                ballot: own.ballot,
                late: true,
            },
        };
        Ok(self.page(StatusCode::CONFLICT, state))
    }

    /// Sends the browser to look, so that loading the page again sends nothing again.
    fn look_again(&self, option: Option<usize>) -> Response {
        let place = option
            .map(|option| format!("#i{option}"))
            .unwrap_or_default();
        let to = format!("/rooms/{}/vote{place}", self.member.room);
        Redirect::to(&to).into_response()
    }

    fn page(&self, status: StatusCode, state: State) -> Response {
        let page = Page {
            texts: self.texts,
            room: self.member.room,
            voter: self.member.participant,
            board: &self.overview.title,
            state,
        };
        // It shows a person's own votes: no cache keeps it.
        (
            status,
            [(header::CACHE_CONTROL, "no-store")],
            page.document(),
        )
            .into_response()
    }
}

/// Says in words what the API says as a problem; who is no member is led to the form for the code.
fn failed(error: ApiError, texts: Texts) -> Response {
    if let ApiError::NotMember = error {
        return Redirect::to("/join").into_response();
    }
    let reason = match error {
        ApiError::RoomNotFound => Message::NoSuchRoom,
        ApiError::SentAway => Message::SentAway,
        _ => Message::Failed,
    };
    let status = error.into_response().status();
    (status, message(texts, reason)).into_response()
}
