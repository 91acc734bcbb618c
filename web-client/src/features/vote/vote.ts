/** The ballot's script. The page works without it; it spares the round trips. */

import "./vote.css";
import { fetchPage, fetchSentAway, putBallot } from "./api.ts";
import { backoff } from "./backoff.ts";
import { Saver } from "./saver.ts";
import { Sheet, type Texts } from "./sheet.ts";
import { listen, type Sign } from "./wake.ts";

/** All phones are woken at once; they come for the new page spread over this long. */
const SPREAD_MS = 1_200;

/** A notice that only tells of a change goes away; the page itself shows the change. */
const NOTICE_MS = 8_000;

let saver: Saver | null = null;
let fetching = false;
/** What was said to who is sent away. */
let away = "";

function texts(): Texts {
  return JSON.parse(main().dataset.texts ?? "{}") as Texts;
}

function main(): HTMLElement {
  return document.querySelector("main") ?? document.body;
}

function start(): void {
  const form = document.querySelector("form");
  const { room, round, voter } = main().dataset;
  if (!form || !room || !round) return;
  const sheet = new Sheet(form, texts(), (ballot) => saver?.change(ballot));
  saver = new Saver(`hartslag.ballot.${round}.${voter}`, sheet.stored, {
    put: (ballot) => putBallot(room, round, ballot),
    storage: localStorage,
    after: (milliseconds, then) => {
      const timer = setTimeout(then, milliseconds);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    changed: (state) => {
      sheet.showState(state);
      if (state === "saved") letIn();
    },
    overtaken: (ballot) => {
      sheet.show(ballot);
      announce("elsewhere");
    },
    sentAway: () => void tellAway(),
    outdated: (hadUnsent) => void renew(hadUnsent ? "late" : "changed"),
  });
  sheet.show(saver.ballot);
  sheet.showState(saver.state);
  saver.retry();
}

function announce(key: string): void {
  say(texts()[key]);
}

function say(text = ""): void {
  const live = document.querySelector("#live");
  if (live && live.textContent !== text) live.textContent = text;
}

function withdraw(text = ""): void {
  if (document.querySelector("#live")?.textContent === text) say();
}

/** Says that this device was sent away, if it was. */
async function tellAway(): Promise<void> {
  away = await fetchSentAway();
  if (away) say(away);
}

function letIn(): void {
  withdraw(away);
  away = "";
}

/** Takes the page from the server again and puts it in place of this one, where it differs. */
async function renew(reason: "changed" | "late", attempt = 0): Promise<void> {
  if (fetching) return;
  fetching = true;
  const fresh = await fetchPage();
  fetching = false;
  const [header, body] = [fresh?.querySelector("header"), fresh?.querySelector("main")];
  if (!header || !body) {
    setTimeout(() => void renew(reason, attempt + 1), backoff(attempt, Math.random()));
    return;
  }
  const { round, status } = body.dataset;
  if (round === main().dataset.round && status === main().dataset.status) return;
  saver?.stop();
  saver = null;
  document.title = fresh?.title ?? document.title;
  document.querySelector("header")?.replaceWith(header);
  main().replaceWith(body);
  scrollTo(0, 0);
  start();
  // A live region that has just come into the page is not heard; one that changes is.
  requestAnimationFrame(() => announce(reason));
  if (reason === "changed") setTimeout(() => withdraw(texts().changed), NOTICE_MS);
}

function heard(sign: Sign): void {
  const { round, status } = main().dataset;
  const known = status === "watching" ? "open" : status;
  if (sign.id === round && sign.status === known) return;
  setTimeout(() => void renew("changed"), Math.random() * SPREAD_MS);
}

start();
listen(main().dataset.room ?? "", {
  heard,
  opened: () => {
    letIn();
    saver?.retry();
  },
  refused: () => void tellAway(),
});
addEventListener("online", () => saver?.retry());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") saver?.retry();
});
