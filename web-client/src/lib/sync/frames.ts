/** Binary frames of the y-protocols, one message each (W1). */

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";

const SYNC = 0;
const AWARENESS = 1;
const QUERY_AWARENESS = 3;

const STEP_1 = 0;
const STEP_2 = 1;
const UPDATE = 2;

/** What a binary frame says. */
export type Frame =
  | { kind: "step1"; stateVector: Uint8Array }
  | { kind: "step2"; update: Uint8Array }
  | { kind: "update"; update: Uint8Array }
  | { kind: "awareness"; update: Uint8Array }
  | { kind: "queryAwareness" };

/** Reads every message of a frame; what is unknown ends the reading. */
export function readFrame(bytes: Uint8Array): Frame[] {
  const decoder = decoding.createDecoder(bytes);
  const frames: Frame[] = [];
  while (decoding.hasContent(decoder)) {
    const frame = readMessage(decoder);
    if (!frame) break;
    frames.push(frame);
  }
  return frames;
}

/** Asks for what is missing from a replica. */
export function writeStep1(stateVector: Uint8Array): Uint8Array {
  return write(SYNC, STEP_1, stateVector);
}

/** Answers step 1. */
export function writeStep2(update: Uint8Array): Uint8Array {
  return write(SYNC, STEP_2, update);
}

/** Tells of a change. */
export function writeUpdate(update: Uint8Array): Uint8Array {
  return write(SYNC, UPDATE, update);
}

/** Tells who is where. */
export function writeAwareness(update: Uint8Array): Uint8Array {
  return write(AWARENESS, undefined, update);
}

function write(type: number, step: number | undefined, payload: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, type);
  if (step !== undefined) encoding.writeVarUint(encoder, step);
  encoding.writeVarUint8Array(encoder, payload);
  return encoding.toUint8Array(encoder);
}

function readMessage(decoder: decoding.Decoder): Frame | undefined {
  switch (decoding.readVarUint(decoder)) {
    case SYNC:
      return readSync(decoder);
    case AWARENESS:
      return { kind: "awareness", update: decoding.readVarUint8Array(decoder) };
    case QUERY_AWARENESS:
      return { kind: "queryAwareness" };
    default:
      return undefined;
  }
}

function readSync(decoder: decoding.Decoder): Frame | undefined {
  const step = decoding.readVarUint(decoder);
  const payload = decoding.readVarUint8Array(decoder);
  switch (step) {
    case STEP_1:
      return { kind: "step1", stateVector: payload };
    case STEP_2:
      return { kind: "step2", update: payload };
    case UPDATE:
      return { kind: "update", update: payload };
    default:
      return undefined;
  }
}
