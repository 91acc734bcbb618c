//! How our values stand in Redis's strings.

use std::collections::HashMap;

use bytes::Bytes;
use hartslag_protocol::ids::ParticipantId;
use redis::Value;
use redis::streams::StreamId;

use super::error::damaged;
use crate::log::{Entry, EntryKind, LogError, StoredResponse};

/// Digits of the largest number.
const DIGITS: usize = 20;

/// The number as text that sorts as numbers do.
pub(super) fn sortable(number: u64) -> String {
    format!("{number:0DIGITS$}")
}

pub(super) fn kind_word(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Update => "u",
        EntryKind::Event => "e",
    }
}

/// An entry of the stream.
pub(super) fn entry(stored: StreamId) -> Result<Entry, LogError> {
    let mut fields = stored.map;
    let sequence = stored.id.strip_suffix("-0").and_then(|id| id.parse().ok());
    let kind = match take(&mut fields, "t")?.as_slice() {
        b"u" => EntryKind::Update,
        b"e" => EntryKind::Event,
        _ => return Err(damaged("an entry has an unknown kind")),
    };
    let writer = match take(&mut fields, "w")? {
        nobody if nobody.is_empty() => None,
        somebody => Some(participant(&somebody)?),
    };
    Ok(Entry {
        sequence: sequence.ok_or_else(|| damaged("an entry has no number"))?,
        key: sixteen(&take(&mut fields, "k")?)?,
        kind,
        writer,
        at: number(&take(&mut fields, "a")?)?,
        bytes: Bytes::from(take(&mut fields, "b")?),
    })
}

/// A response, without its participant, as `put_response.lua` keeps it.
pub(super) fn response(
    participant: ParticipantId,
    kept: &[u8],
) -> Result<StoredResponse, LogError> {
    let (revision, body) = kept
        .split_at_checked(DIGITS)
        .ok_or_else(|| damaged("a response has no revision"))?;
    Ok(StoredResponse {
        participant,
        revision: number(revision)?,
        body: Bytes::copy_from_slice(body),
    })
}

pub(super) fn participant(bytes: &[u8]) -> Result<ParticipantId, LogError> {
    sixteen(bytes).map(ParticipantId::from_bytes)
}

pub(super) fn number(digits: &[u8]) -> Result<u64, LogError> {
    std::str::from_utf8(digits)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| damaged("a number is not one"))
}

fn sixteen(bytes: &[u8]) -> Result<[u8; 16], LogError> {
    bytes
        .try_into()
        .map_err(|_other_length| damaged("an identifier has not sixteen bytes"))
}

fn take(fields: &mut HashMap<String, Value>, name: &str) -> Result<Vec<u8>, LogError> {
    match fields.remove(name) {
        Some(Value::BulkString(bytes)) => Ok(bytes),
        _ => Err(damaged("an entry misses a field")),
    }
}
