/** Two people at one board, without a server between them. */

import * as Y from "yjs";

/** Gives both documents everything that either has. */
export function exchangeUpdates(one: Y.Doc, other: Y.Doc): void {
  const [forOther, forOne] = [
    Y.encodeStateAsUpdate(one, Y.encodeStateVector(other)),
    Y.encodeStateAsUpdate(other, Y.encodeStateVector(one)),
  ];
  Y.applyUpdate(other, forOther, "other");
  Y.applyUpdate(one, forOne, "other");
}
