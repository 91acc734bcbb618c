import { defineConfig } from "@playwright/test";

import { CHROMIUM, LAPTOP } from "./chromium.mjs";

// One worker: two cores, and the workshop has five pages of its own.
export default defineConfig({
  testDir: ".",
  workers: 1,
  retries: 0,
  // Ends what hangs; how soon the product answers is for each expectation to say.
  timeout: 300_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  reporter: [["list"]],
  outputDir: "../../target/browser-results",
  use: { ...LAPTOP, trace: "off", launchOptions: CHROMIUM },
});
