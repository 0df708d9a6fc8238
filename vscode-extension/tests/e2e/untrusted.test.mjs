// A folder that is not trusted: chat works, nothing is read and nothing is changed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { aiia, inVsCode, window } from "./support/session.mjs";

inVsCode((aiia) => {
  aiia.write("mean.py", "def mean(xs):\n    return sum(xs) / len(xs)\n");
  aiia.write(".aiia.toml", "model = 'other/m'\n");
  aiia.write(".aiia/templates/review.md", "+++\nname = 'Of the folder'\n+++\nReview it.");
  // A folder may not name the program.
  aiia.write(".vscode/settings.json", JSON.stringify({ "aiia.path": "/nothing/aiia" }));
  return { trust: false };
});

test("chat works, and reads nothing by itself", async () => {
  await window.openSidebar();
  await window.openFile("mean.py");
  aiia.model.next(["Hello."]);
  await window.chat().getByLabel("Your message").fill("Hi");
  await window.chat().getByLabel("Your message").press("Enter");
  await window.chat().locator("article.assistant").getByText("Hello.").waitFor();
  const status = await aiia.http("GET", "/system/status");
  assert.deepEqual(status.indexes, []);
  assert.ok(
    status.sessions.every((session) => session.transport !== "lsp" || session.documents === 0),
    JSON.stringify(status.sessions),
  );
  assert.ok(!JSON.stringify(aiia.model.requests).includes("sum(xs)"));
  const projects = await aiia.http("GET", "/projects");
  assert.deepEqual(
    projects.items.flatMap((project) => project.folders),
    [],
  );
  // What is known of the folder from elsewhere does not bring it in, either.
  await aiia.http("POST", "/projects", { name: "Known", folders: [aiia.workspace] });
  await window.chat().getByRole("button", { name: "Chats" }).click();
  await window.chat().getByLabel("Project", { exact: true }).selectOption({ label: "Known" });
  await window.chat().locator("header").getByRole("button", { name: "New" }).click();
  await window.chat().getByRole("button", { name: "Templates" }).click();
  const options = window.chat().getByLabel("Template", { exact: true }).locator("option");
  await options.nth(3).waitFor({ state: "attached" });
  const names = await options.allTextContents();
  assert.ok(!names.includes("Of the folder"), names.join());
  await window.chat().getByRole("group", { name: "Templates" }).getByRole("button", { name: "Cancel" }).click();
  await window.picture("12-untrusted");
});

test("actions on code are not offered", async () => {
  await window.pick("F1", ">aiia: ");
  await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "aiia: Open Chat" }).first().waitFor();
  assert.equal(await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "aiia: Fix Code" }).count(), 0);
  await window.page.keyboard.press("Escape");
});

test("what is selected by hand goes along as text", async () => {
  await window.openFile("mean.py");
  await window.page.keyboard.press("Control+KeyA");
  await window.command("aiia: Ask About the Selection");
  aiia.model.next(["Yes."]);
  await window.chat().getByLabel("Your message").fill("Is it right?");
  await window.chat().getByLabel("Your message").press("Enter");
  await window.chat().locator("article.assistant").getByText("Yes.").waitFor();
  assert.ok(JSON.stringify(aiia.model.requests.at(-1)).includes("sum(xs)"));
});
