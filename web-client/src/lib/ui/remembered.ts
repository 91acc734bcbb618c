/** What a person filled in about themselves on this device, so that nobody types it twice. */

/** Who somebody says to be. */
export interface Person {
  name: string;
  municipality: string;
}

const PERSON_KEY = "hartslag.person";
const ROOMS_KEY = "hartslag.rooms";
/** A device forgets the rooms that it joined longest ago. */
const MOST_ROOMS = 20;

/** Who the person said to be the last time. */
export function rememberedPerson(): Person {
  const { name, municipality } = read(PERSON_KEY);
  return {
    name: typeof name === "string" ? name : "",
    municipality: typeof municipality === "string" ? municipality : "",
  };
}

/** Remembers who the person says to be. */
export function rememberPerson(person: Person): void {
  write(PERSON_KEY, person);
}

/** The room that this device joined by a code or invitation before. */
export function rememberedRoom(secret: string): string | undefined {
  const room = read(ROOMS_KEY)[fingerprint(secret)];
  return typeof room === "string" ? room : undefined;
}

/** Remembers that this device joined a room; the secret itself is not kept. */
export function rememberRoom(secret: string, room: string): void {
  const others = Object.entries(read(ROOMS_KEY)).filter(([, known]) => known !== room);
  write(ROOMS_KEY, Object.fromEntries([...others, [fingerprint(secret), room]].slice(-MOST_ROOMS)));
}

/** FNV-1a: enough to know a secret again, far too little to find it back. */
function fingerprint(secret: string): string {
  let hash = 0x811c9dc5;
  for (const character of secret) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

function read(key: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage may be switched off; the person then types it again.
  }
}
