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
  if (response.status === 403 && (await isSentAway(response))) return { kind: "sentAway" };
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

async function isSentAway(response: Response): Promise<boolean> {
  try {
    const { type } = (await response.json()) as { type?: unknown };
    return type === "/problems/sent-away";
  } catch {
    return false;
  }
}

/** What the server's page says to who was sent away, in the visitor's language; empty for others. */
export async function fetchSentAway(): Promise<string> {
  try {
    const response = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (response.status !== 403) return "";
    return parsed(await response.text()).querySelector("main p")?.textContent ?? "";
  } catch {
    return "";
  }
}

/** The page as the server has it, or null when it does not answer. */
export async function fetchPage(): Promise<Document | null> {
  try {
    const response = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (!response.ok) return null;
    return parsed(await response.text());
  } catch {
    return null;
  }
}

function parsed(html: string): Document {
  return new DOMParser().parseFromString(html, "text/html");
}
