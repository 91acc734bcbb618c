/** What came out of rounds, for views that show it. */

import { type MessageKey, t } from "../../lib/i18n/messages.svelte.ts";
import type { RankedOption, Round, RoundOption } from "../../lib/protocol/generated.ts";

/** An idea with its place in the result. */
export interface RankedIdea extends RankedOption, RoundOption {}

/** The newest round, whatever its status: the one that people are busy with. */
export function currentRound(rounds: readonly Round[]): Round | undefined {
  return rounds.at(-1);
}

/** What a note got in the newest revealed round that it was in; nothing before the reveal (R6). */
export function votesOf(rounds: readonly Round[], note: string): RankedOption | undefined {
  const round = rounds.findLast(
    ({ result, options }) => result && options.some((option) => option.note === note),
  );
  return round?.result?.ranking.find((ranked) => ranked.note === note);
}

/** The ideas of a revealed round, most votes first. */
export function ranking(round: Round): RankedIdea[] {
  const options = new Map(round.options.map((option) => [option.note, option]));
  return (round.result?.ranking ?? []).flatMap((ranked) => {
    const option = options.get(ranked.note);
    return option ? [{ ...option, ...ranked }] : [];
  });
}

/** The best place that more than one idea with votes shares: what a run-off would decide. */
export function firstTie(round: Round): RankedIdea[] {
  const ideas = ranking(round).filter(({ votes }) => votes > 0);
  const rank = ideas.find(({ tied }) => tied)?.rank;
  return ideas.filter((idea) => idea.rank === rank);
}

const WORDS = 10;

/** A place in words: "gedeeld tweede". */
export function rankInWords({ rank, tied }: Pick<RankedOption, "rank" | "tied">): string {
  const word =
    rank <= WORDS ? t(`rounds.rank.${rank}` as MessageKey) : t("rounds.rank.other", { n: rank });
  return tied ? t("rounds.rank.tied", { rank: word }) : word;
}
