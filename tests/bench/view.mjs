// The chat view and the extension: sizes beside a public extension's, and how soon what a model says is on the screen.
// Run as tests/bench/README.md says.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { launch } from "../../vscode-extension/tests/e2e/support/browser.mjs";
import { Installation } from "../../vscode-extension/tests/e2e/support/installation.mjs";
import { Gate } from "../../vscode-extension/tests/e2e/support/model_server.mjs";
import { VSIX, VsCode } from "../../vscode-extension/tests/e2e/support/vscode.mjs";

const extension = new URL("../../vscode-extension/", import.meta.url).pathname;
const row = (what, value, note = "") => console.log(`${what.padEnd(62)} ${String(value).padStart(14)}  ${note}`);
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const milliseconds = (value) => `${value.toFixed(1)} ms`;
/** Prints a value beside the most that it may be; the bench fails where it is more, or no number at all. */
function limited(what, value, most, unit = milliseconds) {
  const isKept = value <= most;
  if (!isKept) process.exitCode = 1;
  row(what, unit(value), `limit ${unit(most)}${isKept ? "" : ", MISSED"}`);
}
const gzipped = (path) => gzipSync(readFileSync(path), { level: 9 }).length;

function sizes() {
  const [script, style] = ["view.js", "view.css"].map((name) => join(extension, "dist/webview", name));
  limited("chat view, gzip", gzipped(script) + gzipped(style), 60_000, kilobytes);
  const main = join(extension, "dist/main.js");
  limited("extension, gzip", gzipped(main), 150_000, kilobytes);
  row("extension, plain", kilobytes(statSync(main).size));
  if (existsSync(VSIX)) row("universal package", kilobytes(statSync(VSIX).size));
  const server = process.env.AIIA_CODE_SERVER;
  const peer = server && createRequire(server).resolve("../../lib/vscode/extensions/copilot/package.json").replace("package.json", "dist/extension.js");
  if (peer && existsSync(peer)) {
    row("GitHub Copilot Chat's extension.js, gzip", kilobytes(gzipped(peer)), `${(gzipped(peer) / gzipped(main)).toFixed(0)} times ours`);
  }
}

/** The value below which a share of all lies. */
function percentile(values, share) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** Reads off the page when the numbers of the answer came onto the screen, and its long tasks. */
function watch() {
  globalThis.seen = [];
  globalThis.longTasks = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) globalThis.longTasks.push(entry.duration);
  }).observe({ entryTypes: ["longtask"] });
  let last = -1;
  new MutationObserver(() => {
    const content = [...document.querySelectorAll("article.assistant .content")].at(-1);
    const number = Number(/(\d+)\D*$/.exec(content?.lastElementChild?.textContent ?? "")?.[1] ?? -1);
    if (number <= last) return;
    last = number;
    requestAnimationFrame(() => {
      const now = performance.timeOrigin + performance.now();
      while (globalThis.seen.length <= number) globalThis.seen.push(now);
    });
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}

async function stream(page, aiia, { words, perSecond, text }) {
  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.evaluate(watch);
  const gate = new Gate();
  const pieces = Array.from({ length: words }, (_, index) => text(index));
  aiia.model.next(pieces, gate);
  const asked = aiia.model.requests.length;
  await page.getByLabel("Your message").fill("Measure");
  await page.getByLabel("Your message").press("Enter");
  await aiia.until("the model to be asked", () => aiia.model.requests.length > asked);
  await page.getByText("Waiting for the model").waitFor();
  const sent = [];
  const begun = performance.now();
  for (let index = 0; index < words; index++) {
    const wait = begun + (index * 1000) / perSecond - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    sent.push(performance.timeOrigin + performance.now());
    gate.release(1);
  }
  gate.release();
  await page.getByRole("button", { name: "Regenerate" }).waitFor();
  return { sent, seen: await page.evaluate(() => globalThis.seen), long: await page.evaluate(() => globalThis.longTasks) };
}

/** The first paint of an address in a browser that has not seen it, in milliseconds from the start of its loading. */
async function firstPaint(browser, address, ready) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 } });
  const page = await context.newPage();
  await page.goto(address);
  await page.locator(ready).waitFor();
  await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
  return { context, page, paint };
}

/** What a browser takes to show a document of one word, which is the part of the browser. */
async function barePaint(browser) {
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end("<!doctype html><p>word"));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { context, paint } = await firstPaint(browser, `http://127.0.0.1:${server.address().port}/`, "p");
    await context.close();
    return paint;
  } finally {
    server.close();
  }
}

async function page(aiia, browser) {
  await barePaint(browser); // a browser's own first page counts for nobody
  const bare = await barePaint(browser);
  row("page: first paint of a document of one word", milliseconds(bare));
  const { context, page, paint } = await firstPaint(browser, aiia.address(), ".composer");
  limited("page: first paint", paint, bare + 100);

  const prose = (index) => `${index % 12 === 11 ? "\n\n" : ""}word${index} `;
  const calm = await stream(page, aiia, { words: 1000, perSecond: 100, text: prose });
  const delays = calm.seen.map((time, index) => time - calm.sent[index]);
  row("page: delta to screen at 100 tokens/s, median", milliseconds(percentile(delays, 0.5)));
  const worst = delays.indexOf(Math.max(...delays));
  row("page: delta to screen at 100 tokens/s, worst", milliseconds(delays[worst]), `token ${worst}`);
  limited("page: delta to screen at 100 tokens/s, p99", percentile(delays, 0.99), 50);

  const long = await stream(page, aiia, { words: 10_000, perSecond: 1000, text: prose });
  limited("page: the longest task over 50 ms while 10,000 words stream", Math.max(0, ...long.long), 50);
  await context.close();
}

async function vscode(aiia, browser) {
  const code = await VsCode.start(aiia, VSIX);
  try {
    const window = await code.open(browser);
    await window.openSidebar();
    const frame = window.page.frames().find((one) => one.url().includes("fake.html"));
    const paint = await frame.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN);
    limited("sidebar: first paint of its document, VSCode's part included", paint, 100);
    const logs = join(aiia.folder, "vscode", "user", "logs");
    const log = await aiia.until("the log", () => readdirSync(logs, { recursive: true }).find((name) => /aiia\.log$/.test(name)));
    const activated = await aiia.until("the time", () => /activated in ([\d.]+)/.exec(readFileSync(join(logs, log), "utf8")));
    limited("extension: activation, our own time", Number(activated[1]), 50);
  } finally {
    await code.stop();
  }
}

sizes();
const aiia = await Installation.make();
const browser = await launch();
try {
  await page(aiia, browser);
  if (process.env.AIIA_CODE_SERVER) await vscode(aiia, browser);
} finally {
  await browser.close();
  aiia.stop();
}
