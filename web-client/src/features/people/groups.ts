/** Who is here, in groups. */

import type { PersonHere } from "../../lib/http/shapes.ts";
import { language, t } from "../../lib/i18n/messages.svelte.ts";
import type { Role } from "../../lib/protocol/generated.ts";

export type GroupBy = "municipality" | "role";

/** People of one municipality or role; who gave no name is only counted. */
export interface Group {
  key: string;
  title: string;
  named: readonly PersonHere[];
  nameless: number;
}

const ROLES: readonly Role[] = ["coach", "participant", "voter", "observer"];

/** Everyone who is here: municipalities by name, roles from who may most. */
export function groups(here: readonly PersonHere[], by: GroupBy): Group[] {
  const found = new Map<string, PersonHere[]>();
  for (const person of here) {
    const key = by === "role" ? person.role : person.municipality.trim();
    found.set(key, [...(found.get(key) ?? []), person]);
  }
  const told = [...found].map(([key, people]) => {
    const named = people.filter(({ name }) => name.trim() !== "");
    const nameless = people.length - named.length;
    return { key, title: titleOf(key, by), named: named.toSorted(byName), nameless };
  });
  return told.toSorted((one, other) =>
    by === "role"
      ? ROLES.indexOf(one.key as Role) - ROLES.indexOf(other.key as Role)
      : Number(one.key === "") - Number(other.key === "") ||
        one.title.localeCompare(other.title, language()),
  );
}

function byName(one: PersonHere, other: PersonHere): number {
  return one.name.localeCompare(other.name, language());
}

function titleOf(key: string, by: GroupBy): string {
  if (by === "role") return t(`people.role.${key as Role}`);
  return key || t("people.noMunicipality");
}
