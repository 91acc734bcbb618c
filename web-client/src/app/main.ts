/** The entry for laptops and wall screens: home, join, the board, the invitation. */

import "../lib/tokens/base.css";
import "./allMessages.ts";
import type { PageModule, Route } from "./routes.ts";
import { start } from "./start.ts";

const pages = import.meta.glob<PageModule>([
  "../features/*/*Page.svelte",
  "./AccessibilityPage.svelte",
]);

const routes: readonly Route[] = [
  { path: /^\/$/, load: page("../features/home/HomePage"), fillsWindow: false },
  { path: /^\/join$/, load: page("../features/join/JoinPage"), fillsWindow: false },
  {
    path: /^\/rooms\/(?<room>[^/]+)$/,
    load: page("../features/board/BoardPage"),
    fillsWindow: true,
  },
  {
    path: /^\/rooms\/(?<room>[^/]+)\/invite$/,
    load: page("../features/invite/InvitePage"),
    fillsWindow: true,
  },
  {
    path: /^\/rooms\/(?<room>[^/]+)\/people$/,
    load: page("../features/people/PeoplePage"),
    fillsWindow: true,
  },
  {
    path: /^\/rooms\/(?<room>[^/]+)\/phone$/,
    load: page("../features/phone/PhonePage"),
    fillsWindow: true,
  },
  {
    path: /^\/toegankelijkheid$/,
    load: page("./AccessibilityPage"),
    fillsWindow: false,
  },
];

start(routes);

function page(name: string): Route["load"] {
  return async () => {
    const load = pages[`${name}.svelte`];
    if (!load) throw new Error(`there is no page ${name}`);
    return load();
  };
}
