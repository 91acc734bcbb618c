//! The TypeScript twin of what crosses to the web client, made for a test that compares it.

use std::fmt::Write as _;

use ts_rs::{Config, TS};

use super::close::CloseCode;
use super::message::{ClientMessage, RefusalReason, RefusedPlace, SUBPROTOCOL, ServerMessage};
use crate::ids::{ConnectionId, ParticipantId, RoomId, RoundId};
use crate::problem::{Fault, Problem};
use crate::workshop::event::{PARTICIPANT_COLOURS, Participant};
use crate::workshop::policy::BoardMode;
use crate::workshop::response::Ballot;
use crate::workshop::rights::Role;
use crate::workshop::round::{RankedOption, Round, RoundOption, RoundResult, RoundStatus};
use crate::workshop::timer::Timer;

const WRITES: &str = "a string takes whatever is written";

/// The whole of `generated.ts`.
pub(crate) fn typescript() -> String {
    let config = Config::default();
    let types = [
        RoomId::decl(&config),
        ParticipantId::decl(&config),
        ConnectionId::decl(&config),
        RoundId::decl(&config),
        Role::decl(&config),
        Participant::decl(&config),
        RoundStatus::decl(&config),
        RoundOption::decl(&config),
        RankedOption::decl(&config),
        RoundResult::decl(&config),
        Round::decl(&config),
        Ballot::decl(&config),
        Timer::decl(&config),
        BoardMode::decl(&config),
        RefusalReason::decl(&config),
        RefusedPlace::decl(&config),
        ClientMessage::decl(&config),
        ServerMessage::decl(&config),
        Fault::decl(&config),
        Problem::decl(&config),
    ];
    let mut text = String::from("// Written by a test of hartslag-protocol; do not edit.\n\n");
    for declaration in types {
        text.push_str("export ");
        text.push_str(&declaration);
        text.push_str("\n\n");
    }
    text.push_str(&constants());
    text
}

fn constants() -> String {
    use CloseCode::{
        Behind, Epoch, Forbidden, Malformed, Restart, RoomGone, TooLarge, TooMany, Unauthorised,
        Unavailable,
    };
    let codes = [
        ("restart", Restart),
        ("malformed", Malformed),
        ("unauthorised", Unauthorised),
        ("forbidden", Forbidden),
        ("roomGone", RoomGone),
        ("epoch", Epoch),
        ("tooLarge", TooLarge),
        ("tooMany", TooMany),
        ("unavailable", Unavailable),
        ("behind", Behind),
    ];
    let mut text = format!("export const SUBPROTOCOL = \"{SUBPROTOCOL}\";\n\n");
    writeln!(
        text,
        "export const PARTICIPANT_COLOURS = {PARTICIPANT_COLOURS};
"
    )
    .expect(WRITES);
    text.push_str("export const CloseCode = {\n");
    for (name, code) in codes {
        writeln!(text, "  {name}: {},", code.code()).expect(WRITES);
    }
    text.push_str("} as const;\n");
    text
}
