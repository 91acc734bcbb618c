/** Marks edits that this person made here, so that undo takes back those and no others. */
export const EDIT = Symbol("edit");
