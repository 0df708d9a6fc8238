// The page when its connection comes and goes: several tabs, a page that nobody sees, a daemon that ends, signing out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { picture } from "./support/browser.mjs";
import { Gate } from "./support/model_server.mjs";
import { answer, ask, chatWith, field, signedIn } from "./support/page.mjs";
import { aiia } from "./support/session.mjs";

test("two tabs keep what is typed in each", async () => {
  const [one, two] = [await chatWith("First."), await chatWith("Second.")];
  const page = await signedIn();
  const other = await page.context().newPage();
  const { origin } = new URL(page.url());
  for (const [tab, chat, text] of [
    [page, one, "Of the first"],
    [other, two, "Of the second"],
    [page, one, "More of the first"],
  ]) {
    await tab.goto(`${origin}/#chat=${chat.id}`);
    await answer(tab).waitFor();
    await field(tab).fill(text);
  }
  for (const [tab, text] of [
    [page, "More of the first"],
    [other, "Of the second"],
  ]) {
    await tab.reload();
    await answer(tab).waitFor();
    assert.equal(await field(tab).inputValue(), text);
  }
  await page.context().close();
});

test("a page that nobody sees holds no connection, and is up to date when it is seen", async () => {
  const chat = await chatWith("First.");
  const page = await signedIn();
  await page.goto(`${new URL(page.url()).origin}/#chat=${chat.id}`);
  await answer(page).getByText("First.").waitFor();
  const show = (hidden) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  const left = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/api/v1/events"));
  await show(true);
  await left;
  aiia.model.next(["Meanwhile."]);
  const run = await aiia.http("POST", `/chats/${chat.id}/runs`, { content: "Go on." });
  await aiia.until("the end of the run", async () => (await aiia.http("GET", `/runs/${run.id}`)).status === "completed");
  assert.equal(await page.getByText("Meanwhile.").count(), 0);
  await show(false);
  await answer(page).getByText("Meanwhile.").waitFor();
  await page.context().close();
});

test("a daemon that goes away is said, and what is typed stays", async () => {
  const page = await signedIn();
  await field(page).fill("Not sent yet");
  aiia.run("stop");
  await page.getByText("The connection is lost").waitFor();
  await picture(page, "24-page-offline");
  // The next daemon is at the same address, so that what the browser kept there is found.
  await page.goto(aiia.address());
  await page.waitForFunction(() => document.querySelector("textarea")?.value === "Not sent yet");
  await page.context().close();
});

test("an answer whose daemon is killed ends, and the chat goes on", async () => {
  const page = await signedIn();
  const gate = new Gate();
  aiia.model.next(["Half of ", "the answer"], gate);
  await ask(page, "What now?");
  gate.release(1);
  await answer(page).getByText("Half of").waitFor();
  await field(page).fill("Typed meanwhile");
  process.kill(aiia.runtime().pid, "SIGKILL");
  await page.getByText("The connection is lost").waitFor();
  // A browser that is signed in again goes on where it was.
  const again = await page.context().newPage();
  await again.goto(aiia.address());
  await page.bringToFront();
  await page.reload();
  await answer(page).getByText("The daemon ended before the answer was complete.").waitFor();
  assert.equal(await field(page).inputValue(), "Typed meanwhile");
  gate.release();
  aiia.model.next(["Whole."]);
  await page.getByRole("button", { name: "Send" }).click();
  await answer(page).getByText("Whole.").waitFor();
  assert.equal(await field(page).inputValue(), "");
  await page.context().close();
});

test("signing out ends the session of this browser alone", async () => {
  const [one, other] = [await signedIn(), await signedIn()];
  await one.getByRole("button", { name: "This page" }).click();
  await one.getByRole("menuitem", { name: "Sign out" }).click();
  await one.getByText("aiia open").first().waitFor();
  assert.equal(await one.evaluate(async () => (await fetch("/api/v1/projects")).status), 401);
  await ask(other, "Still here?");
  await answer(other).getByText("Hello from the scripted model.").waitFor();
  await one.context().close();
  await other.context().close();
});
