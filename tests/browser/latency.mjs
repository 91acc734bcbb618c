// How long an edit takes from one browser to another: `npm run latency`.

import { chromium } from "@playwright/test";

import { TestServer } from "../support/server.mjs";
import { CHROMIUM, LAPTOP } from "./chromium.mjs";

const EDITS = 200;
/** The first edits warm up caches and compilers on both sides. */
const WARM_UP = 20;
const LONGEST_P95_MS = 100;
const TOUCHPOINT = "Doet de vergunningcheck";

const server = await TestServer.start();
const browser = await chromium.launch(CHROMIUM);
try {
  const room = await server.createRoom("evenement-organiseren");
  const writer = await board(room, "coach");
  const reader = await board(room, "participant");
  const times = [];
  for (let edit = 0; edit < WARM_UP + EDITS; edit++) {
    const took = await timeOf(writer, reader, edit % 2 === 0 ? "Home" : "End");
    if (edit >= WARM_UP) times.push(took);
  }
  process.exitCode = tell(times);
} finally {
  await browser.close();
  await server.stop();
}

async function board(room, role) {
  const context = await browser.newContext({ baseURL: server.url, ...LAPTOP });
  const page = await context.newPage();
  const data = { invitation: room.invitations[role], name: role, municipality: "Duinrade" };
  await page.request.post("/api/v1/join", { headers: { origin: server.url }, data });
  await page.goto(`/rooms/${room.id}`);
  const point = page.locator(`[role=slider][aria-valuetext^="${TOUCHPOINT}:"]`).first();
  await point.waitFor();
  return { page, point };
}

/** Milliseconds from a key press to the frame in which the other browser shows what it did. */
async function timeOf(writer, reader, key) {
  const shown = await reader.point.evaluateHandle((point) => ({
    at: new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        // Two frames on, the change is on the screen.
        requestAnimationFrame(() => {
          requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now()));
        });
      });
      observer.observe(point, { attributes: true, attributeFilter: ["aria-valuenow"] });
    }),
  }));
  const pressed = await writer.point.evaluateHandle((point) => ({
    at: new Promise((resolve) => {
      const note = () => resolve(performance.timeOrigin + performance.now());
      point.addEventListener("keydown", note, { once: true, capture: true });
    }),
  }));
  await writer.point.press(key);
  const [from, to] = await Promise.all([pressed, shown].map((one) => one.evaluate(({ at }) => at)));
  await Promise.all([pressed.dispose(), shown.dispose()]);
  return to - from;
}

function tell(times) {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share) => sorted[Math.ceil(share * sorted.length) - 1];
  const [p50, p95] = [at(0.5), at(0.95)];
  const numbers = `p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, longest ${at(1).toFixed(1)} ms`;
  console.log(`${sorted.length} edits, from key press to the other screen: ${numbers}`);
  if (p95 < LONGEST_P95_MS) return 0;
  console.error(`p95 must stay under ${LONGEST_P95_MS} ms`);
  return 1;
}
