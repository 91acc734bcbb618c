/** What a screen reader is told, politely and in batches, so that a busy board does not drown it. */

/** At most one announcement in this time. */
export const ANNOUNCE_EVERY_MS = 2500;

let spoken = $state("");
let waiting: string[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

/** The announcement of the moment. */
export function announcement(): string {
  return spoken;
}

/** Tells a screen reader something; what comes in quick succession is said together, once each. */
export function announce(text: string): void {
  if (!waiting.includes(text)) waiting.push(text);
  if (timer === undefined) speak();
}

function speak(): void {
  if (waiting.length === 0) {
    timer = undefined;
    spoken = "";
    return;
  }
  spoken = waiting.join(" ");
  waiting = [];
  timer = setTimeout(speak, ANNOUNCE_EVERY_MS);
}
