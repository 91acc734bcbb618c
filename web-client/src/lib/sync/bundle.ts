/** Several frames in one body, for a transport that has no frames of its own (W22). */

import * as encoding from "lib0/encoding";

const TEXT = 0;
const BINARY = 1;

/** A text frame, or a binary one. */
export type SentFrame = string | Uint8Array;

/** A body with these frames. */
export function writeBundle(frames: readonly SentFrame[]): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  for (const frame of frames) {
    if (typeof frame === "string") {
      encoding.writeVarUint(encoder, TEXT);
      encoding.writeVarString(encoder, frame);
    } else {
      encoding.writeVarUint(encoder, BINARY);
      encoding.writeVarUint8Array(encoder, frame);
    }
  }
  return encoding.toUint8Array(encoder) as Uint8Array<ArrayBuffer>;
}
