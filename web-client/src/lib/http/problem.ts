/** What the server could not do, and what a person can do about it. */

import * as v from "valibot";
import { hasMessage, t } from "../i18n/messages.svelte.ts";
import type { Problem } from "../protocol/generated.ts";

const problem = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
  errors: v.exactOptional(v.array(v.object({ pointer: v.string(), detail: v.string() }))),
});

/** A request that was refused, or that never arrived. */
export class ProblemError extends Error {
  /** The last part of the problem's type; `network` when no answer came. */
  readonly kind: string;
  /** The problem as the server told it; absent when no answer came. */
  readonly problem: Problem | undefined;

  constructor(kind: string, told?: Problem) {
    super(told?.detail ?? kind);
    this.name = "ProblemError";
    this.kind = kind;
    this.problem = told;
  }

  /** What to do, in the person's language. */
  get advice(): string {
    const key = `error.advice.${this.kind}`;
    return hasMessage(key) ? t(key) : t("error.advice.default");
  }
}

/** The problem that a response tells of; a proxy in between may answer with anything. */
export async function problemIn(response: Response): Promise<ProblemError> {
  const body: unknown = await response.json().catch(() => undefined);
  const read = v.safeParse(problem, body);
  if (!read.success) return new ProblemError(kindOfStatus(response.status));
  return new ProblemError(read.output.type.split("/").at(-1) ?? "internal", read.output);
}

/** The advice for whatever went wrong. */
export function adviceFor(error: unknown): string {
  return error instanceof ProblemError ? error.advice : t("error.advice.default");
}

function kindOfStatus(status: number): string {
  if (status === 429) return "too-many-requests";
  return status >= 500 ? "store-unavailable" : "internal";
}
