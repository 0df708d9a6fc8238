// Chromium, with a profile of its own, and pictures of what it shows.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** Where pictures go; kept as output of the tests. */
export const PICTURES = process.env.AIIA_TEST_OUTPUT ?? new URL("../../../dist/test-output/", import.meta.url).pathname;
mkdirSync(PICTURES, { recursive: true });

/** The checker of accessibility, to be evaluated in a page. */
export const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function launch() {
  return await chromium.launch({
    executablePath: process.env.AIIA_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export async function picture(page, name) {
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}
