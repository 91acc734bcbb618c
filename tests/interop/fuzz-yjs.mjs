/**
 * Loads what the gate admitted in Yjs, and fails where Yjs reads something else than yrs did.
 *
 * Reads a case a line from standard input (`protocol/fuzz/src/yjs.rs`): `steps` of an update and
 * what can be read after it (empty where that does not matter), and the `state` of it all.
 */
import { createInterface } from "node:readline";
import * as Y from "yjs";

const ROOTS = [
  "board",
  "brief",
  "personas",
  "phases",
  "touchpoints",
  "scores",
  "quotes",
  "painPoints",
  "notes",
  "groups",
  "actions",
  "metrics",
  "versions",
];
const bits = new DataView(new ArrayBuffer(8));
const tally = { cases: 0, updates: 0, reordered: 0 };

for await (const line of createInterface({ input: process.stdin })) {
  const { seed, steps, state } = JSON.parse(line);
  const doc = newDocument();
  let last = "";
  for (const [update, content] of steps) {
    apply(doc, update, seed);
    tally.updates += 1;
    if (content !== "") compare(content, contentOf(doc), `seed ${seed}, edited`);
    last = content;
  }
  const loaded = newDocument();
  apply(loaded, state, seed);
  if (last !== "") compare(last, contentOf(loaded), `seed ${seed}, loaded`);
  tally.cases += 1;
}
console.log(
  `Yjs: ${tally.cases} cases, ${tally.updates} updates equal, ${tally.reordered} in another order`,
);

function newDocument() {
  const doc = new Y.Doc();
  for (const root of ROOTS) doc.getMap(root);
  return doc;
}

function apply(doc, update, seed) {
  Y.applyUpdate(doc, Buffer.from(update, "base64"));
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) {
    fail(`seed ${seed}: Yjs waits for something`);
  }
}

/** Texts with forged neighbours may come in another order, and nothing may be lost. */
function compare(expected, found, where) {
  if (expected === found) return;
  const sorted = (text) => [...text].sort().join("");
  if (sorted(expected) !== sorted(found)) fail(`${where}\nyrs: ${expected}\nYjs: ${found}`);
  tally.reordered += 1;
}

function fail(why) {
  console.log(why);
  process.exit(1);
}

function contentOf(doc) {
  return ROOTS.map((root) => write(doc.getMap(root))).join("");
}

/** As `write_content` in `protocol/src/testing/room.rs`. */
function write(value) {
  if (value instanceof Y.Map) return fields([...value.entries()]);
  if (value instanceof Y.Array) return `[${value.toArray().map(write).join("")}]`;
  if (value instanceof Y.Text) return `"${value.toString()}",`;
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString("hex")},`;
  if (Array.isArray(value)) return `[${value.map(write).join("")}]`;
  if (value !== null && typeof value === "object") return fields(Object.entries(value));
  if (typeof value === "string") return `"${value}",`;
  if (typeof value === "bigint") return write(Number(value));
  if (typeof value !== "number") return `${value},`;
  if (Number.isNaN(value)) return "NaN,";
  bits.setFloat64(0, value + 0);
  return `n${bits.getBigUint64(0).toString(16)},`;
}

function fields(entries) {
  const byBytes = ([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other));
  const written = entries.sort(byBytes).map(([key, value]) => `"${key}",${write(value)}`);
  return `{${written.join("")}}`;
}
