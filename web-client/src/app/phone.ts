/** The entry for phones: join, and the list of one's own notes. It must stay small. */

import "../lib/tokens/base.css";
import "./phoneMessages.ts";
import type { PageModule, Route } from "./routes.ts";
import { start } from "./start.ts";

const pages = import.meta.glob<PageModule>("../features/{join,phone}/*Page.svelte");

const routes: readonly Route[] = [
  { path: /^\/join$/, load: page("join/JoinPage"), fillsWindow: false },
  { path: /^\/rooms\/(?<room>[^/]+)\/phone$/, load: page("phone/PhonePage"), fillsWindow: true },
];

start(routes);

function page(name: string): Route["load"] {
  return async () => {
    const load = pages[`../features/${name}.svelte`];
    if (!load) throw new Error(`there is no page ${name}`);
    return load();
  };
}
