/** An open ballot on the page: its buttons, its numbers, and what it says. */

import { fewer, type Limit, more, used, type Votes } from "./ballot.ts";
import type { Ballot, SaveState, StoredBallot } from "./saver.ts";

/** The texts that the server put into the page, by key. */
export type Texts = Readonly<Record<string, string>>;

/** A text with its `{name}`s filled in. */
export function fill(text: string | undefined, values: Record<string, unknown>): string {
  return (text ?? "").replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

interface Idea {
  readonly item: HTMLElement;
  readonly input: HTMLInputElement;
  readonly number: HTMLOutputElement;
  readonly fewer: Element | null;
}

export class Sheet {
  readonly #form: HTMLFormElement;
  readonly #texts: Texts;
  readonly #ideas = new Map<string, Idea>();
  readonly #allowed: { budget: number; cap: number };
  #votes: Votes = {};
  #done = false;

  /** @param changed hears of every ballot that the person makes */
  constructor(form: HTMLFormElement, texts: Texts, changed: (ballot: Ballot) => void) {
    this.#form = form;
    this.#texts = texts;
    this.#allowed = { budget: Number(form.dataset.budget), cap: Number(form.dataset.cap) };
    for (const item of form.querySelectorAll<HTMLElement>("[data-note]")) this.#adopt(item);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#press(event.submitter)) changed({ votes: this.#votes, done: this.#done });
    });
  }

  /** The ballot as the server made the page from it. */
  get stored(): StoredBallot {
    const { revision, done } = this.#form.dataset;
    const numbers = [...this.#ideas].map(([note, { input }]): [string, number] => [
      note,
      Number(input.defaultValue),
    ]);
    return {
      revision: Number(revision),
      done: done === "true",
      votes: Object.fromEntries(numbers.filter(([, votes]) => votes > 0)),
    };
  }

  /** Shows a ballot. */
  show({ votes, done }: Ballot): void {
    this.#votes = votes;
    this.#done = done;
    for (const [note, idea] of this.#ideas) this.#draw(idea, votes[note] ?? 0);
    const { budget } = this.#allowed;
    const spent = used(votes);
    for (const [index, dot] of this.#form.querySelectorAll(".dot").entries()) {
      dot.classList.toggle("used", index < spent);
    }
    say(
      this.#form.querySelector("#left"),
      fill(this.#texts.left, { left: budget - spent, budget }),
    );
    const button = this.#form.querySelector<HTMLButtonElement>(".done");
    button?.setAttribute("aria-pressed", String(done));
    say(button, this.#texts[done ? "isDone" : "done"] ?? "");
  }

  /** Shows how things stand with the ballot. */
  showState(state: SaveState): void {
    const key = { untouched: "notYet", saving: "saving", saved: "saved", here: "savedHere" }[state];
    say(this.#form.querySelector("#saved"), this.#texts[key] ?? "");
    this.#form.classList.toggle("waiting", state === "here");
  }

  #adopt(item: HTMLElement): void {
    const note = item.dataset.note ?? "";
    const input = item.querySelector("input");
    const number = item.querySelector("output");
    if (!input || !number) return;
    input.hidden = true;
    number.hidden = false;
    this.#ideas.set(note, {
      item,
      input,
      number,
      fewer: item.querySelector("[name=fewer]"),
    });
  }

  /** Does what a button says; tells whether the ballot changed. */
  #press(button: HTMLElement | null): boolean {
    if (!(button instanceof HTMLButtonElement)) return false;
    this.#hint(null);
    switch (button.name) {
      case "done":
        this.show({ votes: this.#votes, done: !this.#done });
        if (this.#done) this.#announce(this.#texts["isDone.help"] ?? "");
        return true;
      case "fewer":
        return this.#fewer(noteOf(button));
      case "more":
        return this.#more(noteOf(button));
      default:
        return false;
    }
  }

  #fewer(note: string): boolean {
    if (!this.#votes[note]) return false;
    this.show({ votes: fewer(this.#votes, note), done: this.#done });
    return true;
  }

  #more(note: string): boolean {
    const next = more(this.#votes, note, this.#allowed);
    if (typeof next === "string") {
      this.#hint(next);
      return false;
    }
    this.show({ votes: next, done: this.#done });
    return true;
  }

  /** Says why a vote cannot be added, and marks where votes can be taken away. */
  #hint(limit: Limit | null): void {
    this.#form.classList.toggle("full", limit === "noneLeft");
    const text = limit ? fill(this.#texts[limit], { n: this.#allowed.cap }) : "";
    this.#announce(text);
  }

  #announce(text: string): void {
    say(document.querySelector("#live"), text);
  }

  #draw(idea: Idea, votes: number): void {
    idea.input.value = String(votes);
    idea.number.textContent = String(votes);
    idea.item.classList.toggle("mine", votes > 0);
    idea.fewer?.classList.toggle("idle", votes === 0);
  }
}

function noteOf(button: HTMLElement): string {
  return button.closest<HTMLElement>("[data-note]")?.dataset.note ?? "";
}

/** Changes a text only where it differs: live regions speak up at every change. */
function say(element: Element | null, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}
