/** How a coach is told of groups of people. */

import type { NetworkOfPeople, SentAway } from "../../lib/http/shapes.ts";
import { language, t } from "../../lib/i18n/messages.svelte.ts";

/** More people without a name than this, from a network that is new, are odd. */
const ODD = 5;

/** More names than this are a wall of words. */
const MOST_NAMED = 5;

/** Names, and how many there are besides. */
export function who({
  names,
  people,
}: Pick<NetworkOfPeople, "names" | "people"> | SentAway): string {
  if (names.length === 0) return t("people.nameless", { count: people });
  const named = names.slice(0, MOST_NAMED);
  const more = people - named.length;
  const parts = more > 0 ? [...named, t("people.more", { count: more })] : named;
  return new Intl.ListFormat(language(), { type: "conjunction" }).format(parts);
}

/** Which network it is, as far as a coach can be told. */
export function whichNetwork({ isOwn, wasHere }: NetworkOfPeople): string {
  if (isOwn) return t("people.network.own");
  return t(wasHere ? "people.network.known" : "people.network.new");
}

/** When they came in. */
export function whenCame({ first, last }: NetworkOfPeople): string {
  const [from, to] = [clock(first), clock(last)];
  return from === to ? t("people.at", { time: from }) : t("people.between", { from, to });
}

/** A time of the day. */
export function clock(time: string): string {
  return new Intl.DateTimeFormat(language(), { hour: "2-digit", minute: "2-digit" }).format(
    new Date(time),
  );
}

/** A time of the day, with the day of the week: for what may be tomorrow. */
export function day(time: string): string {
  const form = { weekday: "long", hour: "2-digit", minute: "2-digit" } as const;
  return new Intl.DateTimeFormat(language(), form).format(new Date(time));
}

/** How many of a group can be sent away: coaches stay (H14). */
export function mayGo({ people, coaches }: NetworkOfPeople): number {
  return people - coaches;
}

/** Whether a group looks like a program rather than people: one press sends it away. */
export function isOdd({ isOwn, wasHere, nameless, people }: NetworkOfPeople): boolean {
  return !isOwn && !wasHere && nameless > ODD && nameless * 2 > people;
}
