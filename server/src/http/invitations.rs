//! Ways into a room for others: invitations, the join code, and its QR code. Coaches only.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use fast_qr::ECL;
use fast_qr::convert::{Builder as _, svg::SvgBuilder};
use fast_qr::qr::{QRBuilder, QRCodeError};
use hartslag_protocol::workshop::Role;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AppState;
use super::client_network::ClientNetwork;
use super::error::ApiError;
use super::extract::JsonBody;
use super::member::Coach;
use super::settings::Settings;
use super::time::timestamp;
use crate::access::admission::invite;
use crate::access::{JoinCode, join_code};
use crate::clock::now;

/// Modules of white around the code: scanners need four.
const QUIET_ZONE: usize = 4;

/// What an invitation makes of its holder.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invite {
    /// `coach`, `participant`, `voter` or `observer`.
    #[schema(value_type = String)]
    role: Role,
}

/// An invitation; it is shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invited {
    /// The secret, for after `/join#`.
    invitation: String,
}

/// The room's join code.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownJoinCode {
    /// Six characters.
    join_code: String,
    /// The secret of its link, for after `/join#`.
    invitation: String,
    /// When both end.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl ShownJoinCode {
    fn of(code: JoinCode) -> Result<Self, ApiError> {
        Ok(Self {
            invitation: link(&code)?,
            join_code: code.code,
            expires_at: timestamp(code.expires_at),
        })
    }
}

fn link(code: &JoinCode) -> Result<String, ApiError> {
    join_code::link(code).ok_or(ApiError::Internal("a join code has no link"))
}

/// Makes an invitation.
#[utoipa::path(
    post,
    path = "/rooms/{room}/invitations",
    params(Coach),
    request_body = Invite,
    responses((status = 201, body = Invited), Coach)
)]
pub(super) async fn create(
    Coach(coach): Coach,
    State(app): State<AppState>,
    JsonBody(asked): JsonBody<Invite>,
) -> Result<(StatusCode, Json<Invited>), ApiError> {
    coach.pay(&app)?;
    let secret = invite(app.access.as_ref(), coach.room, asked.role).await?;
    let invited = Invited {
        invitation: secret.reveal().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(invited)))
}

/// The join code; a new one where it has expired.
#[utoipa::path(
    get,
    path = "/rooms/{room}/join-code",
    params(Coach),
    responses((status = 200, body = ShownJoinCode), Coach)
)]
pub(super) async fn show_code(
    Coach(coach): Coach,
    State(app): State<AppState>,
    ClientNetwork(network): ClientNetwork,
) -> Result<Json<ShownJoinCode>, ApiError> {
    let code = join_code::current(app.access.as_ref(), coach.room, now()).await?;
    // The hall where it is shown types it next.
    app.codes.know(network, &code);
    Ok(Json(ShownJoinCode::of(code)?))
}

/// A new join code; the old one ends.
#[utoipa::path(
    post,
    path = "/rooms/{room}/join-code",
    params(Coach),
    responses((status = 201, body = ShownJoinCode), Coach)
)]
pub(super) async fn renew_code(
    Coach(coach): Coach,
    State(app): State<AppState>,
    ClientNetwork(network): ClientNetwork,
) -> Result<(StatusCode, Json<ShownJoinCode>), ApiError> {
    coach.pay(&app)?;
    let code = join_code::renew(app.access.as_ref(), coach.room, now()).await?;
    app.codes.know(network, &code);
    Ok((StatusCode::CREATED, Json(ShownJoinCode::of(code)?)))
}

/// The QR code of the link, black on white.
#[utoipa::path(
    get,
    path = "/rooms/{room}/invitation.svg",
    params(Coach),
    responses((status = 200, description = "The picture", content_type = "image/svg+xml"), Coach)
)]
pub(super) async fn show_qr(
    Coach(coach): Coach,
    State(app): State<AppState>,
    headers: HeaderMap,
) -> Result<([(HeaderName, &'static str); 1], String), ApiError> {
    let code = join_code::current(app.access.as_ref(), coach.room, now()).await?;
    let address = format!("{}/join#{}", base(&app.settings, &headers), link(&code)?);
    let picture = qr(&address).map_err(|error| {
        tracing::error!(
            ?error,
            "a join address of {} bytes has no QR code",
            address.len()
        );
        ApiError::Internal("a join address has no QR code")
    })?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], picture))
}

/// Where people reach the server: as configured, else as the one who asks reached it.
fn base(settings: &Settings, headers: &HeaderMap) -> String {
    settings.public_url.clone().unwrap_or_else(|| {
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        format!("http://{}", host.unwrap_or("localhost"))
    })
}

fn qr(text: &str) -> Result<String, QRCodeError> {
    // Nothing wears it on a screen: few and large modules can be read from further away.
    let code = QRBuilder::new(text).ecl(ECL::L).build()?;
    Ok(SvgBuilder::default().margin(QUIET_ZONE).to_str(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qr_code_is_black_on_white_with_a_quiet_zone() {
        let picture = qr("https://hartslag.example/join#K7M2PX").unwrap();

        assert!(picture.starts_with("<svg"));
        assert!(
            picture.contains("#ffffff") && picture.contains("#000000"),
            "{picture}"
        );
        assert!(!picture.contains("style="));
    }
}
