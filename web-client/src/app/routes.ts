/** Which page an address shows. */

import type { Component } from "svelte";

/** A page as its file exports it; a page of a room is given the room's id. */
export type PageModule = { default: Component<{ room: string }> };

/** Where a page is found. */
export interface Route {
  /** What the path looks like; a group named `room` is the room's id. */
  path: RegExp;
  /** Loads the page when it is first shown. */
  load: () => Promise<PageModule>;
  /** Whether the page brings its own header and footer, and takes the whole window. */
  fillsWindow: boolean;
}

/** The route of a path and the room in it, or nothing when there is no such page. */
export function routeAt(
  routes: readonly Route[],
  path: string,
): { route: Route; room: string } | undefined {
  for (const route of routes) {
    const match = route.path.exec(path);
    if (match) return { route, room: match.groups?.room ?? "" };
  }
  return undefined;
}
