/** Short messages at the bottom of the window, each with at most one thing to do about it. */

import { untrack } from "svelte";
import { announce } from "./announcements.svelte.ts";

/** How long a message stays; undo must be possible for this long. */
export const TOAST_MS = 10_000;

/** A message with, where it helps, what to press. */
export interface Toast {
  id: number;
  text: string;
  action?: { label: string; run: () => void };
}

const MOST_AT_ONCE = 3;

let shown = $state.raw<readonly Toast[]>([]);
let nextId = 1;

/** Those that are shown, oldest first. */
export function toasts(): readonly Toast[] {
  return shown;
}

/** Shows a message for ten seconds; the newest three stay. */
export function toast(text: string, action?: Toast["action"]): void {
  const id = nextId++;
  const entry: Toast = action ? { id, text, action } : { id, text };
  shown = [...shown, entry].slice(-MOST_AT_ONCE);
  announce(text);
  setTimeout(() => dismiss(id), TOAST_MS);
}

/** Takes a message away. */
export function dismiss(id: number): void {
  shown = shown.filter((entry) => entry.id !== id);
}

let places = $state.raw<readonly object[]>([]);

/** Whether the messages show at this place. */
export function isShownAt(place: object): boolean {
  return places.at(-1) === place;
}

/**
 * Takes the messages to a place, until the returned function is called.
 *
 * They show at the newest only: while a modal dialog is open, nothing outside it can be pressed.
 */
export function showAt(place: object): () => void {
  places = [...untrack(() => places), place];
  return () => {
    places = places.filter((other) => other !== place);
  };
}
