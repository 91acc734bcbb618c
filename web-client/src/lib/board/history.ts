/** A person's own undo and redo; what others did stays. */

import { createSubscriber } from "svelte/reactivity";
import * as Y from "yjs";
import { EDIT } from "../sync/origin.ts";
import { ROOTS } from "./schema.ts";

/** What a person does to the board in one step; the word for it is a message. */
export type Action =
  | "renameBoard"
  | "addPhase"
  | "renamePhase"
  | "movePhase"
  | "deletePhase"
  | "addTouchpoint"
  | "renameTouchpoint"
  | "moveTouchpoint"
  | "deleteTouchpoint"
  | "changeTouchpoint"
  | "setScore"
  | "addQuote"
  | "editQuote"
  | "deleteQuote"
  | "addPainPoint"
  | "editPainPoint"
  | "deletePainPoint"
  | "addNote"
  | "editNote"
  | "moveNote"
  | "deleteNote"
  | "addPersona"
  | "renamePersona";

/** What undo or redo did. */
export interface Step {
  readonly action: Action;
  /** Whether anything was left of it; what others changed since stays as it is. */
  readonly changed: boolean;
}

const ACTION = "action";

/** Runs actions as transactions, and takes back or repeats one's own. */
export class History {
  readonly #document: Y.Doc;
  readonly #manager: Y.UndoManager;
  readonly #follow: () => void;
  #current: Action | null = null;
  #may: (action: Action) => boolean = () => true;

  constructor(document: Y.Doc) {
    this.#document = document;
    this.#manager = new Y.UndoManager(
      ROOTS.map((root) => document.getMap(root)),
      { trackedOrigins: new Set([EDIT]), captureTimeout: 0 },
    );
    this.#manager.on("stack-item-added", ({ stackItem }) => {
      const undone = this.#manager.currStackItem?.meta.get(ACTION);
      stackItem.meta.set(ACTION, this.#current ?? undone);
    });
    this.#follow = createSubscriber((update) => {
      const events = ["stack-item-added", "stack-item-popped", "stack-cleared"] as const;
      for (const event of events) this.#manager.on(event, update);
      return () => {
        for (const event of events) this.#manager.off(event, update);
      };
    });
  }

  /** Does `change` as one step that can be undone. */
  act(action: Action, change: () => void): void {
    this.#current = action;
    try {
      this.#document.transact(change, EDIT);
    } finally {
      this.#current = null;
    }
  }

  /** From here on only what this allows is taken back or repeated. */
  allow(may: (action: Action) => boolean): void {
    this.#may = may;
  }

  /** What {@link undo} would take back. */
  get undoable(): Action | null {
    this.#follow();
    return this.#allowed(this.#manager.undoStack);
  }

  /** What {@link redo} would repeat. */
  get redoable(): Action | null {
    this.#follow();
    return this.#allowed(this.#manager.redoStack);
  }

  /** Takes back one's latest action. */
  undo(): Step | null {
    return this.#step(this.#manager.undoStack, () => this.#manager.undo());
  }

  /** Repeats the action that was undone last. */
  redo(): Step | null {
    return this.#step(this.#manager.redoStack, () => this.#manager.redo());
  }

  destroy(): void {
    this.#manager.destroy();
  }

  #allowed(stack: StackItem[]): Action | null {
    const action = actionOf(stack.at(-1));
    return action && this.#may(action) ? action : null;
  }

  /** Yjs goes on to earlier actions where one has no effect any more; a person asked for one. */
  #step(stack: StackItem[], step: () => StackItem | null): Step | null {
    if (!this.#allowed(stack)) return null;
    const earlier = stack.splice(0, stack.length - 1);
    const action = actionOf(stack[0]);
    const changed = step() !== null;
    stack.unshift(...earlier);
    return action && { action, changed };
  }
}

type StackItem = Y.UndoManager["undoStack"][number];

function actionOf(item: StackItem | null | undefined): Action | null {
  return item?.meta.get(ACTION) ?? null;
}
