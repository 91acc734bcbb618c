/**
 * What a room lacks, in parts: updates that it takes one after the other, whatever their sum.
 *
 * A part builds only on the room and on the parts before it, so each is stored by itself, and
 * after a break only the rest goes again. A note goes in one part with its author, without whom
 * nobody could tell whose it is (P3). Deletions go last: they may concern any part.
 */

import * as encoding from "lib0/encoding";
import * as Y from "yjs";

/** Up to here a room takes all in one go without others waiting for it. */
const WHOLE_BYTES = 64 * 1024;
/** About so much goes in one part: small, as what a part may cost the room has a bound too. */
export const PART_BYTES = 16 * 1024;
/** The room takes no more client ids in one update than some more than this. */
const PART_CLIENTS = 200;
/** Each deleted range may cost the room a search through what its author wrote. */
const PART_RANGES = 128;

/** A piece of a document: an item, or what is left of some that are gone. */
type Piece = Y.Item | Y.GC;

/** A piece on its way, as bytes. */
interface Written {
  readonly client: number;
  readonly clock: number;
  readonly bytes: Uint8Array;
}

/** What a document has beyond a state vector, in one update or several. */
export function differenceInParts(doc: Y.Doc, stateVector: Uint8Array): Uint8Array[] {
  const whole = Y.encodeStateAsUpdate(doc, stateVector);
  return whole.length <= WHOLE_BYTES ? [whole] : split(doc, Y.decodeStateVector(stateVector));
}

/** A change that was just made to a document, in one update or several. */
export function changeInParts(doc: Y.Doc, update: Uint8Array): Uint8Array[] {
  if (update.length <= WHOLE_BYTES) return [update];
  const known = Y.decodeStateVector(Y.encodeStateVector(doc));
  for (const [client, clock] of Y.parseUpdateMeta(update).from) known.set(client, clock);
  return split(doc, known);
}

function split(doc: Y.Doc, known: ReadonlyMap<number, number>): Uint8Array[] {
  const row = inOrder(doc, known);
  const lastTogether = authorsAfter(doc, row);
  const parts: Uint8Array[] = [];
  let part = new Part();
  let together = -1;
  for (const [at, piece] of row.entries()) {
    const written = write(piece, known.get(piece.id.client) ?? 0);
    if (at > together && part.isFullWith(written)) {
      parts.push(part.encode());
      part = new Part();
    }
    part.add(written);
    together = Math.max(together, lastTogether.get(piece) ?? -1);
  }
  parts.push(part.encode());
  return [...parts, ...deletionParts(doc)];
}

/** Everything that is not known, each piece behind those that it builds on. */
function inOrder(doc: Y.Doc, known: ReadonlyMap<number, number>): Piece[] {
  const row: Piece[] = [];
  const next = new Map<number, number>();
  const sent = new Map(known);
  const isThere = ({ client, clock }: Y.ID) => clock < (sent.get(client) ?? 0);
  for (const [client, pieces] of doc.store.clients) {
    next.set(client, firstBeyond(pieces, known.get(client) ?? 0));
  }
  for (const first of doc.store.clients.keys()) {
    // Clients that wait for a piece of the client above them.
    const waiting = [{ client: first, until: Number.POSITIVE_INFINITY }];
    for (let top = waiting.at(-1); top; top = waiting.at(-1)) {
      const at = next.get(top.client) ?? 0;
      const piece = doc.store.clients.get(top.client)?.[at];
      const missing = piece && foundations(piece).find((id) => !isThere(id));
      if (!piece || piece.id.clock > top.until) {
        waiting.pop();
      } else if (missing) {
        waiting.push({ client: missing.client, until: missing.clock });
      } else {
        row.push(piece);
        next.set(top.client, at + 1);
        sent.set(top.client, piece.id.clock + piece.length);
      }
    }
  }
  return row;
}

/** The position of the first piece that is not wholly before a clock. */
function firstBeyond(pieces: readonly { id: Y.ID; length: number }[], clock: number): number {
  let [low, high] = [0, pieces.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const piece = pieces[middle];
    if (piece && piece.id.clock + piece.length <= clock) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What a piece of another client must find there. */
function foundations(piece: Piece): Y.ID[] {
  if (!(piece instanceof Y.Item)) return [];
  const around = piece.parent instanceof Y.AbstractType ? piece.parent._item?.id : undefined;
  return [piece.origin, piece.rightOrigin, around].filter((id) => id != null);
}

/** For each note, where in the row it says who wrote it. */
function authorsAfter(doc: Y.Doc, row: readonly Piece[]): Map<Piece, number> {
  const notes = doc.getMap("notes");
  const places = new Map(row.map((piece, at) => [piece, at]));
  const authors = new Map<Piece, number>();
  for (const piece of row) {
    if (!(piece instanceof Y.Item) || piece.parent !== notes) continue;
    const note = piece.content instanceof Y.ContentType ? piece.content.type : undefined;
    let author = note?._map.get("author");
    while (author?.left) author = author.left;
    const place = author && places.get(author);
    if (place !== undefined) authors.set(piece, place);
  }
  return authors;
}

function write(piece: Piece, from: number): Written {
  const { client, clock } = piece.id;
  const offset = Math.max(0, from - clock);
  const encoder = new Y.UpdateEncoderV1();
  piece.write(encoder, offset);
  return { client, clock: clock + offset, bytes: encoder.toUint8Array() };
}

/** An update in the making: the pieces of each client, in order. */
class Part {
  readonly #sections = new Map<number, Written[]>();
  #bytes = 0;

  isFullWith({ client, bytes }: Written): boolean {
    if (this.#bytes === 0) return false;
    const isOneMore = !this.#sections.has(client);
    const clients = this.#sections.size + (isOneMore ? 1 : 0);
    return this.#bytes + bytes.length > PART_BYTES || clients > PART_CLIENTS;
  }

  add(written: Written): void {
    const section = this.#sections.get(written.client);
    if (section) section.push(written);
    else this.#sections.set(written.client, [written]);
    this.#bytes += written.bytes.length;
  }

  encode(): Uint8Array {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, this.#sections.size);
    for (const [client, pieces] of this.#sections) {
      encoding.writeVarUint(encoder, pieces.length);
      encoding.writeVarUint(encoder, client);
      encoding.writeVarUint(encoder, pieces[0]?.clock ?? 0);
      for (const { bytes } of pieces) encoding.writeUint8Array(encoder, bytes);
    }
    // No deletions.
    encoding.writeVarUint(encoder, 0);
    return encoding.toUint8Array(encoder);
  }
}

function deletionParts(doc: Y.Doc): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let deletions = new Deletions();
  for (const [client, ranges] of Y.createDeleteSetFromStructStore(doc.store).clients) {
    for (const { clock, len } of ranges) {
      if (deletions.count === PART_RANGES) {
        parts.push(deletions.encode());
        deletions = new Deletions();
      }
      deletions.add(client, clock, len);
    }
  }
  return deletions.count === 0 ? parts : [...parts, deletions.encode()];
}

/** An update that only deletes, in the making. */
class Deletions {
  count = 0;
  readonly #ranges = new Map<number, { clock: number; length: number }[]>();

  add(client: number, clock: number, length: number): void {
    const ranges = this.#ranges.get(client);
    if (ranges) ranges.push({ clock, length });
    else this.#ranges.set(client, [{ clock, length }]);
    this.count += 1;
  }

  encode(): Uint8Array {
    const encoder = encoding.createEncoder();
    // No items.
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarUint(encoder, this.#ranges.size);
    for (const [client, ranges] of this.#ranges) {
      encoding.writeVarUint(encoder, client);
      encoding.writeVarUint(encoder, ranges.length);
      for (const { clock, length } of ranges) {
        encoding.writeVarUint(encoder, clock);
        encoding.writeVarUint(encoder, length);
      }
    }
    return encoding.toUint8Array(encoder);
  }
}
