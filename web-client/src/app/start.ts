/** Puts the application into the page. */

import { mount } from "svelte";
import { restoreLanguage } from "../lib/i18n/messages.svelte.ts";
import { ownPaths } from "../lib/ui/navigation.svelte.ts";
import App from "./App.svelte";
import { type Route, routeAt } from "./routes.ts";

/** Starts with the pages that this entry may show. */
export function start(routes: readonly Route[]): void {
  const target = document.getElementById("app");
  if (!target) throw new Error("the page has no #app");
  restoreLanguage();
  ownPaths((path) => routeAt(routes, path) !== undefined);
  mount(App, { target, props: { routes } });
}
