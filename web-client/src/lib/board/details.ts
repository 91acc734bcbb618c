/** What the board says about itself. */

import { createSubscriber } from "svelte/reactivity";
import type * as Y from "yjs";
import type { History } from "./history.ts";
import { readText } from "./reading.ts";
import { type Details, LIMITS } from "./schema.ts";
import { clip } from "./text.ts";

export class BoardDetails {
  readonly #fields: Y.Map<unknown>;
  readonly #history: History;
  readonly #follow: () => void;

  constructor(document: Y.Doc, history: History) {
    const fields = document.getMap<unknown>("board");
    this.#fields = fields;
    this.#history = history;
    this.#follow = createSubscriber((update) => {
      fields.observe(update);
      return () => fields.unobserve(update);
    });
  }

  get value(): Details {
    this.#follow();
    const text = (key: string): string => readText(this.#fields, key);
    return {
      title: text("title"),
      summary: text("summary"),
      municipality: text("municipality"),
      productName: text("productName"),
      lifeEvent: text("lifeEvent"),
      language: text("language"),
      fictional: this.#fields.get("fictional") === true,
    };
  }

  rename(title: string): void {
    this.#history.act("renameBoard", () => this.#fields.set("title", clip(title, LIMITS.title)));
  }
}
