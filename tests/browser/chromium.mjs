// The distribution's Chromium and the two sizes that pages are looked at.

/** How Chromium is started: as shipped, and silent on the network but for the server. */
export const CHROMIUM = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

/** A person at a laptop. */
export const LAPTOP = { locale: "nl-NL", viewport: { width: 1440, height: 900 } };

/** A person with a phone. */
export const PHONE = {
  locale: "nl-NL",
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};
