// Reviews in a real VSCode: several files, files that need a decision of their own, a window that is loaded again, two projects.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Gate } from "./support/model_server.mjs";
import { aiia, inVsCode, window } from "./support/session.mjs";

const change = (path, from, to) => `${path}\n<<<<<<< SEARCH\n${from}\n=======\n${to}\n>>>>>>> REPLACE\n\n`;

inVsCode(
  (aiia) => {
    aiia.write("mean.py", "def mean(xs):\n    return sum(xs) / len(xs)\n");
    aiia.write("total.py", "def total(xs):\n    return sum(xs)\n");
    aiia.write("hooks/build.py", "level = 1\n");
  },
  (window) => window.openSidebar(),
);

const lens = (text) => window.page.locator(".codelens-decoration a").getByText(text);
const newest = async () => (await aiia.http("GET", "/edits")).items[0];
const statuses = (edit) => edit.files.flatMap((file) => file.hunks.map((hunk) => hunk.status)).join();

async function statusesAre(expected) {
  await aiia.until(`the hunks to be ${expected}`, async () => statuses(await newest()) === expected);
}

test("a change of several files is reviewed in one editor, which closes when all is decided", async () => {
  await window.openFile("mean.py");
  await window.goTo(2);
  aiia.model.next([
    change("mean.py", "    return sum(xs) / len(xs)", "    return total(xs) / len(xs)") +
      change("total.py", "    return sum(xs)", "    return sum(xs, 0)"),
  ]);
  await window.edit("Use total in mean.py, and change total.py");
  await lens("Accept").nth(1).waitFor();
  await window.picture("20-several-files");
  assert.equal((await newest()).files.length, 2);
  await lens("Accept").first().click();
  await aiia.until("one hunk to be accepted", async () => /accepted/.test(statuses(await newest())));
  await lens("Accept").nth(1).waitFor({ state: "detached" });
  await lens("Reject").first().click();
  await aiia.until("nothing to wait", async () => (await newest()).status !== "pending");
  await window.page.locator(".multiDiffEntry, .multiDiffEditor").first().waitFor({ state: "hidden" });
  await window.command("aiia: Undo the Last Accepted Change");
  await aiia.until("the change to be taken back", async () => /undone/.test(statuses(await newest())));
});

test("a file that can make programs run something is asked about by its name", async () => {
  await window.openFile("build.py");
  await window.goTo(1);
  aiia.model.next([change("hooks/build.py", "level = 1", "level = 2")]);
  await window.edit("Raise the level");
  await lens("Accept").first().click();
  const dialog = window.page.locator(".monaco-dialog-box");
  await dialog.getByText("build.py can make programs run something").waitFor();
  await window.picture("21-protected");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.equal(statuses(await newest()), "pending");
  await lens("Accept").first().click();
  await dialog.getByRole("button", { name: "Accept This Hunk" }).click();
  await statusesAre("accepted");
  await window.backTo("build.py");
  await window.lines().getByText("level = 2").first().waitFor();
});

test("a review is still there after the window was loaded again", async () => {
  await window.openFile("total.py");
  await window.goTo(2);
  aiia.model.next([change("total.py", "    return sum(xs)", "    return sum(xs, 0)")]);
  await window.edit("Start at 0");
  await lens("Accept").first().waitFor();
  await window.picture("22-before-reload");
  await aiia.until("VSCode to note the tab", () => window.hasNoted("total.py: Edit total"));
  await window.page.reload();
  await lens("Accept").first().waitFor();
  // VSCode finds out again whether the folder is trusted, and until then nothing can be accepted.
  await window.page.locator(".editor-actions .action-item:not(.disabled) .codicon-check-all:not(.disabled)").waitFor();
  await lens("Accept").first().click();
  await statusesAre("accepted");
  await window.backTo("total.py");
  await window.lines().getByText("return sum(xs, 0)").first().waitFor();
});

test("undo takes the last change of this window back, and none of another project", async () => {
  const other = mkdtempSync(join(aiia.folder, "other-"));
  mkdirSync(join(other, ".git"));
  writeFileSync(join(other, "x.py"), "x = 1\n");
  aiia.model.next([change("x.py", "x = 1", "x = 2")]);
  await aiia.runIn(other, "edit", "x.py:1", "--instruction", "Make it 2", "--write");
  const elsewhere = await newest();
  assert.equal(statuses(elsewhere), "accepted");
  await window.command("aiia: Undo the Last Accepted Change");
  await window.lines().getByText("return sum(xs, 0)").waitFor({ state: "detached" });
  await aiia.until("the change to be taken back", async () =>
    (await aiia.http("GET", "/edits")).items.some((edit) => edit.title !== elsewhere.title && statuses(edit) === "undone"),
  );
  assert.equal(statuses(await aiia.http("GET", `/edits/${elsewhere.id}`)), "accepted");
});

test("the key that rejects a hunk does nothing outside of the diff", async () => {
  await window.openFile("mean.py");
  await window.goTo(2);
  aiia.model.next([change("mean.py", "    return sum(xs) / len(xs)", "    return 0")]);
  await window.edit("Nothing");
  await lens("Accept").first().waitFor();
  const field = window.chat().getByLabel("Your message");
  await field.fill("two words");
  await field.press("Alt+Backspace");
  await window.command("aiia: Reject All Hunks");
  await statusesAre("rejected");
  await window.backTo("mean.py");
});

test("a change that comes while something is typed is offered, and does not take the place", async () => {
  await window.openFile("mean.py");
  await window.goTo(2);
  const gate = new Gate();
  aiia.model.next([change("mean.py", "    return sum(xs) / len(xs)", "    return 0")], gate);
  await window.edit("Nothing again");
  const isAsked = () => aiia.model.requests.some((request) => JSON.stringify(request).includes("Nothing again"));
  await aiia.until("the model to be asked", isAsked);
  await window.editing();
  await window.page.keyboard.press("End");
  await window.page.keyboard.type("typed");
  gate.release();
  const toast = window.page.locator(".notifications-toasts .notification-list-item", { hasText: "is ready" });
  await toast.waitFor();
  await window.lines().getByText("typed").first().waitFor();
  assert.equal(await window.page.locator(".monaco-diff-editor").filter({ visible: true }).count(), 0);
  await window.picture("23-offered");
  await window.page.keyboard.press("Control+KeyZ");
  await window.lines().getByText("typed").waitFor({ state: "detached" });
  await toast.getByRole("button", { name: "Review" }).click();
  await lens("Accept").first().waitFor();
  await window.command("aiia: Reject All Hunks");
  await statusesAre("rejected");
  await window.backTo("mean.py");
});
