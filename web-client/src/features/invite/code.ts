/** The join code, as people read it from a wall. */

const GROUP = 3;

/** The code in groups that fit in one glance. */
export function grouped(code: string): string[] {
  return code.match(new RegExp(`.{1,${GROUP}}`, "gu")) ?? [];
}

/** The code letter by letter, for who hears it. */
export function spelled(code: string): string {
  return [...code].join(" ");
}
