/** What the page asks of the server. */

import type { Answer, StoredBallot } from "./saver.ts";

/** Puts a ballot (R3), and reads what became of it. */
export async function putBallot(
  room: string,
  round: string,
  ballot: StoredBallot,
): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(`/api/v1/rooms/${room}/rounds/${round}/response`, {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(ballot),
      // A ballot on its way arrives even when the page is closed.
      keepalive: true,
    });
  } catch {
    return { kind: "unreachable" };
  }
  if (response.ok) return { kind: "stored" };
  const stored = response.status === 409 ? await storedIn(response) : null;
  if (stored) return { kind: "conflict", stored };
  const again = response.status >= 500 || response.status === 429 || response.status === 408;
  return { kind: again ? "unreachable" : "outdated" };
}

async function storedIn(response: Response): Promise<StoredBallot | null> {
  try {
    const { stored } = (await response.json()) as { stored?: Partial<StoredBallot> };
    if (!stored || typeof stored.revision !== "number") return null;
    const { revision, votes = {}, done = false } = stored;
    return { revision, votes, done };
  } catch {
    return null;
  }
}

/** The page as the server has it, or null when it does not answer. */
export async function fetchPage(): Promise<Document | null> {
  try {
    const response = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (!response.ok) return null;
    return new DOMParser().parseFromString(await response.text(), "text/html");
  } catch {
    return null;
  }
}
