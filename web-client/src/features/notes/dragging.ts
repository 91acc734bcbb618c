/** Moves a note with the pointer: a mouse drags it, a finger after a long press. */

import type { Note } from "../../lib/board/schema.ts";
import type { NoteDesk } from "./noteDesk.svelte.ts";
import type { NotePlace } from "./places.ts";

/** Pixels that a press may stray before it is a drag. */
const SLACK = 5;
/** How long a finger rests before it drags instead of scrolling. */
const LONG_PRESS_MS = 350;
/** The board scrolls by itself while the pointer is this close to its edge. */
const EDGE = 56;
const SCROLL_STEP = 14;

/** Follows one press on a note, and drags it once that is meant. */
export function followPress(
  desk: NoteDesk,
  note: Note,
  card: HTMLElement,
  press: PointerEvent,
): void {
  new Press(desk, note, card, press);
}

class Press {
  readonly #desk: NoteDesk;
  readonly #note: Note;
  readonly #card: HTMLElement;
  readonly #start: { x: number; y: number };
  readonly #end = new AbortController();
  readonly #isTouch: boolean;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #at: { x: number; y: number };
  #dragging = false;

  constructor(desk: NoteDesk, note: Note, card: HTMLElement, press: PointerEvent) {
    this.#desk = desk;
    this.#note = note;
    this.#card = card;
    this.#start = { x: press.clientX, y: press.clientY };
    this.#at = this.#start;
    const onHandle = press.target instanceof Element && press.target.closest("[data-handle]");
    this.#isTouch = press.pointerType === "touch" && !onHandle;
    if (this.#isTouch) this.#timer = setTimeout(() => this.#begin(), LONG_PRESS_MS);
    this.#listen();
  }

  #listen(): void {
    const { signal } = this.#end;
    window.addEventListener("pointermove", (event) => this.#move(event), { signal });
    window.addEventListener("pointerup", () => this.#finish(true), { signal });
    window.addEventListener("pointercancel", () => this.#finish(false), { signal });
    window.addEventListener("keydown", (event) => this.#key(event), { signal, capture: true });
    // A finger that drags must not scroll as well.
    const options = { signal, passive: false };
    window.addEventListener(
      "touchmove",
      (event) => this.#dragging && event.preventDefault(),
      options,
    );
    window.addEventListener("contextmenu", (event) => this.#dragging && event.preventDefault(), {
      signal,
    });
  }

  #move(event: PointerEvent): void {
    this.#at = { x: event.clientX, y: event.clientY };
    const strayed = Math.hypot(this.#at.x - this.#start.x, this.#at.y - this.#start.y) > SLACK;
    if (this.#dragging) this.#show();
    else if (strayed && this.#isTouch) this.#finish(false);
    else if (strayed) this.#begin();
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.#finish(false);
  }

  #begin(): void {
    this.#dragging = true;
    this.#show();
    this.#scroll();
  }

  #show(): void {
    const { width } = this.#card.getBoundingClientRect();
    const place = placeAt(this.#at.x, this.#at.y, this.#note.id);
    this.#desk.carried = { note: this.#note, place, pointer: { ...this.#at, width } };
  }

  #scroll(): void {
    if (!this.#dragging || this.#end.signal.aborted) return;
    const scroller = this.#card.closest("[data-scroller]");
    if (scroller) {
      const box = scroller.getBoundingClientRect();
      const step = {
        left: edgeStep(this.#at.x, box.left, box.right),
        top: edgeStep(this.#at.y, box.top, box.bottom),
      };
      if (step.left !== 0 || step.top !== 0) {
        scroller.scrollBy(step);
        this.#show();
      }
    }
    requestAnimationFrame(() => this.#scroll());
  }

  #finish(keep: boolean): void {
    clearTimeout(this.#timer);
    this.#end.abort();
    if (!this.#dragging) return;
    this.#dragging = false;
    // The click that follows a drag is no click.
    window.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => window.removeEventListener("click", swallow, { capture: true }));
    if (keep) this.#desk.drop();
    else this.#desk.cancel();
  }
}

function swallow(event: Event): void {
  event.stopPropagation();
  event.preventDefault();
}

function edgeStep(at: number, start: number, end: number): number {
  if (at < start + EDGE) return -SCROLL_STEP;
  return at > end - EDGE ? SCROLL_STEP : 0;
}

/** The place under the pointer, if it is over a cell that takes notes. */
function placeAt(x: number, y: number, moving: string): NotePlace | null {
  const cell = document.elementFromPoint(x, y)?.closest<HTMLElement>("[data-drop]");
  const column = cell?.dataset.drop;
  if (!cell || column === undefined) return null;
  const cards = [...cell.querySelectorAll<HTMLElement>("[data-note]")];
  const below = cards.find((card) => {
    const box = card.getBoundingClientRect();
    return card.dataset.note !== moving && y < box.top + box.height / 2;
  });
  return { column, before: below?.dataset.note ?? cell.dataset.rest ?? null };
}
