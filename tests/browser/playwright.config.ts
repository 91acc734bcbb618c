import { defineConfig } from "@playwright/test";

import { CHROMIUM, LAPTOP } from "./chromium.mjs";

// One worker: two cores, and the workshop has five pages of its own.
export default defineConfig({
  testDir: ".",
  workers: 1,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  reporter: [["list"]],
  outputDir: "../../target/browser-results",
  use: { ...LAPTOP, trace: "off", launchOptions: CHROMIUM },
});
