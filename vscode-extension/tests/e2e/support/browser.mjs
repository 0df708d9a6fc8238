// Chromium, with a profile of its own, and pictures of what it shows.

import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
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

/** After a test that failed: what its pages show, and what the daemon wrote, beside the other pictures. */
export async function keepFailure(test, browser, installation) {
  if (test.passed) return;
  const name = `failed-${test.name.replace(/\W+/g, "-").slice(0, 60)}`;
  const pages = browser?.contexts().flatMap((context) => context.pages()) ?? [];
  for (const [index, page] of pages.entries()) await picture(page, `${name}-${index + 1}`).catch(() => {});
  const logs = join(installation.env.AIIA_DATA_DIR, "logs");
  if (existsSync(logs)) cpSync(logs, join(PICTURES, `${name}-logs`), { recursive: true });
}
