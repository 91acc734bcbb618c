/** The two things that let a person in: a short code that is typed, and a long link that is opened. */

const CODE_LENGTH = 6;
const CODE = /^[23456789A-HJ-KM-NP-Z]{6}$/;

/** A code as a person types or pastes it, in the form that the server knows (H2). */
export function tidyCode(typed: string): string {
  return typed.toUpperCase().replace(/[^0-9A-Z]/g, "");
}

/** Why a typed code cannot be one, before anybody is asked. */
export function faultIn(code: string): "empty" | "length" | "letters" | undefined {
  if (code === "") return "empty";
  if (code.length !== CODE_LENGTH) return "length";
  return CODE.test(code) ? undefined : "letters";
}

/** What stands after the `#` of a join link: a code, an invitation, or nothing. */
export function secretIn(hash: string): { code: string } | { invitation: string } | undefined {
  const told = safelyDecoded(hash);
  if (told === "") return undefined;
  const code = tidyCode(told);
  return told.length <= CODE_LENGTH + 2 && faultIn(code) === undefined
    ? { code }
    : { invitation: told };
}

function safelyDecoded(hash: string): string {
  try {
    return decodeURIComponent(hash).trim();
  } catch {
    return "";
  }
}
