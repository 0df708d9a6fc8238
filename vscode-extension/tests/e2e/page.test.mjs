// The page that the daemon serves: answers, chats, and what goes along with a question.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { picture } from "./support/browser.mjs";
import { Gate } from "./support/model_server.mjs";
import { answer, ask, chatWith, field, signedIn } from "./support/page.mjs";
import { aiia } from "./support/session.mjs";

test("the first paint waits for nothing, and a question is answered", async () => {
  const page = await signedIn();
  await page.getByText("Ask something; the answer streams here").waitFor();
  await picture(page, "21-page-empty");
  aiia.model.next(["The parser ", "reads **tokens**.\n\n", "```rust\nfn parse() {}\n```\n"]);
  await ask(page, "What does the parser do?");
  await answer(page).locator("pre .hl-keyword").waitFor();
  assert.equal(await answer(page).locator("strong").textContent(), "tokens");
  await answer(page).getByText("12 in · 3 out").waitFor();
  await picture(page, "22-page-answer");
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("search/replace blocks are shown as changes, word by word", async () => {
  const page = await signedIn();
  await page.getByRole("button", { name: "New", exact: true }).click();
  const block =
    "src/parse.rs\n<<<<<<< SEARCH\nfn parse() {\n    one();\n}\n=======\nfn parse() {\n    two();\n}\n>>>>>>> REPLACE\n";
  aiia.model.next([...`Two is right.\n\n${block}\nThat is *all*.`.match(/.{1,7}/gs)]);
  await ask(page, "Fix it");
  await answer(page).locator("em").waitFor();
  await answer(page).getByRole("button", { name: "Regenerate" }).waitFor();
  const change = answer(page).getByRole("group", { name: "Change" });
  assert.equal(await change.textContent(), " fn parse() {\n-    one();\n+    two();\n }\n");
  assert.deepEqual(await change.locator(".diff-word").allTextContents(), ["one", "two"]);
  assert.equal(await answer(page).locator("h1, h2:not(:first-child)").count(), 0);
  await picture(page, "22-page-change");
  await page.context().close();
});

test("the same chat is live in two browsers, and finished blocks are not touched again", async () => {
  const chat = await chatWith("First.");
  const [one, other] = [await signedIn(), await signedIn()];
  for (const page of [one, other]) {
    await page.goto(`${new URL(page.url()).origin}/#chat=${chat.id}`);
    await page.reload();
    await answer(page).getByText("First.").waitFor();
  }
  const gate = new Gate();
  aiia.model.next(["# Title\n\n", "First *paragraph*.\n\n", "- a\n", "- b\n\n", "Last."], gate);
  await ask(one, "More");
  gate.release(3);
  for (const page of [one, other]) await answer(page).locator("h1").waitFor();
  await answer(other).locator("em").waitFor();
  const marked = await answer(other)
    .locator("em")
    .evaluate((element) => {
      element.dataset.kept = "yes";
      return element.textContent;
    });
  assert.equal(marked, "paragraph");
  gate.release();
  for (const page of [one, other]) {
    await answer(page).getByText("Last.").waitFor();
    await answer(page).getByRole("button", { name: "Regenerate" }).waitFor();
  }
  assert.equal(await answer(other).locator("em").getAttribute("data-kept"), "yes");
  assert.equal(await answer(other).locator("h1").count(), 1);
  await one.context().close();
  await other.context().close();
});

test("a running answer is stopped, worded anew, made again", async () => {
  const page = await signedIn();
  const gate = new Gate();
  aiia.model.next(["Half ", "an answer"], gate);
  await page.getByRole("button", { name: "New", exact: true }).click();
  await ask(page, "First wording");
  gate.release(1);
  await answer(page).getByText("Half").waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await answer(page).getByText("Stopped.").waitFor();
  await aiia.until("the model to hear of it", () => aiia.model.abandoned > 0);
  await page.locator("article.user").last().getByRole("button", { name: "Edit" }).click();
  assert.equal(await field(page).inputValue(), "First wording");
  aiia.model.next(["Whole."]);
  await ask(page, "Second wording");
  await answer(page).getByText("Whole.").waitFor();
  const question = page.locator("article.user").last();
  await question.getByText("2/2").waitFor();
  await question.getByRole("button", { name: "Previous wording" }).click();
  await question.getByText("First wording").waitFor();
  await page.context().close();
});

test("chats are found, renamed, archived, deleted and brought back", async () => {
  await chatWith("Text.");
  const page = await signedIn();
  await page.getByLabel("Project", { exact: true }).selectOption({ label: "Parser" });
  const entry = page.locator("#sidebar .entry").first();
  await entry.waitFor();
  await page
    .getByRole("button", { name: /^More for/ })
    .first()
    .click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByLabel("New title").fill("Grammar questions");
  await page.keyboard.press("Enter");
  await page.locator("#sidebar").getByText("Grammar questions").waitFor();
  await page.getByLabel("Search chats").fill("grammar");
  await page.locator("#sidebar .entry").nth(1).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "More for Grammar questions" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("menuitem", { name: "Export as Markdown" }).click(),
  ]);
  assert.match(download.suggestedFilename(), /^Grammar.*\.md$/i);
  assert.match(readFileSync(await download.path(), "utf8"), /Text\./);
  await page.getByRole("button", { name: "More for Grammar questions" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.locator("#sidebar").getByText("Grammar questions").waitFor();
  await picture(page, "23-page-chats");
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("what another client did meanwhile is overwritten only by who has seen it", async () => {
  const chat = await chatWith("Text.");
  const rename = (title) => aiia.http("PATCH", `/chats/${chat.id}`, { title });
  const now = () => aiia.http("GET", `/chats/${chat.id}`);
  await rename("Old");
  const page = await signedIn();
  await page.getByLabel("Project", { exact: true }).selectOption({ label: "Parser" });
  await page.getByRole("button", { name: "More for Old" }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  const title = page.getByLabel("New title");
  await title.fill("Mine");
  await rename("Theirs");
  await title.press("Enter");
  const question = page.getByRole("alert").filter({ hasText: "“Old” was renamed to “Theirs” elsewhere meanwhile." });
  await question.waitFor();
  await page.locator("#sidebar").getByText("Theirs").waitFor();
  assert.equal((await now()).title, "Theirs");
  await picture(page, "23-page-conflict");
  await question.getByRole("button", { name: "Change it all the same" }).click();
  await page.locator("#sidebar").getByText("Mine").waitFor();
  assert.equal((await now()).title, "Mine");

  // The page does not hear of what is said now before it deletes what it knows.
  const calls = "**/api/v1/chats?*";
  let release;
  const held = new Promise((resolve) => {
    release = resolve;
  });
  await page.route(calls, async (route) => {
    await held;
    await route.continue();
  });
  const run = await aiia.http("POST", `/chats/${chat.id}/runs`, { content: "And?" });
  await aiia.until("the end of the run", async () => (await aiia.http("GET", `/runs/${run.id}`)).status === "completed");
  await page.getByRole("button", { name: "More for Mine" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  release();
  const warning = page.getByRole("alert").filter({ hasText: "“Mine” has 2 new messages and was not deleted." });
  await warning.waitFor();
  await warning.getByRole("button", { name: "Delete it all the same" }).click();
  await page.getByText("“Mine” was deleted.").waitFor();
  assert.match(page.faults.join(), /^(.*412[^,]*,?){2}$/);
  await page.context().close();
});

test("what was said is found, in a long chat and on a branch that is not shown", async () => {
  const chat = await chatWith(
    "The zebrafish swims.",
    ...Array.from({ length: 60 }, (_, index) => `Filler ${index}. ${"words ".repeat(30)}`),
  );
  const page = await signedIn();
  await page.goto(`${new URL(page.url()).origin}/#chat=${chat.id}`);
  await page.reload();
  await answer(page).getByText("Filler 59.").waitFor();
  aiia.model.next(["A quokka smiles."]);
  await ask(page, "Which animal?");
  await answer(page).getByText("quokka").waitFor();
  await answer(page).getByRole("button", { name: "Regenerate" }).click();
  await answer(page).getByText("Hello from the scripted model.").waitFor();
  const found = page.getByRole("region", { name: "Found in messages" });
  await page.getByLabel("Search chats").fill("zebrafish");
  await found.locator("mark", { hasText: "zebrafish" }).waitFor();
  await picture(page, "23-page-search");
  await found.getByRole("button").first().click();
  await page.locator("article:focus", { hasText: "The zebrafish swims." }).waitFor();
  await page.getByLabel("Search chats").fill("quokka");
  await found.getByRole("button").first().click();
  await page.locator("article:focus", { hasText: "A quokka smiles." }).waitFor();
  await page.getByLabel("Search chats").fill("gnu OR (");
  await found.getByText("Nothing was said with these words.").waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("a template is filled in, and becomes text or a chat", async () => {
  await aiia.http("POST", "/templates", {
    content: {
      name: "Naming",
      body: "Find {{ count }} names for {{ thing }}{% if short %}, short ones{% endif %}, in {{ style }}.",
      system_prompt: "You find names.",
      variables: [
        { name: "thing", description: "What is named" },
        { name: "count", kind: "number", default: 3 },
        { name: "short", kind: "boolean", default: false },
        { name: "style", kind: "choice", choices: ["Latin", "Greek"], default: "Latin" },
      ],
    },
  });
  const page = await signedIn();
  await page.getByRole("button", { name: "Templates" }).click();
  await page.getByLabel("Template", { exact: true }).selectOption({ label: "Naming" });
  // Without a value that must be given the daemon says which.
  await page.getByRole("button", { name: "Insert as text" }).click();
  await page.locator(".toasts").getByText("thing").waitFor();
  await page.getByLabel("What is named").fill("a parser");
  await page.getByLabel("short").check();
  await page.getByLabel("style").selectOption("Greek");
  await picture(page, "23-page-template");
  await page.getByRole("button", { name: "Insert as text" }).click();
  await page.waitForFunction(() =>
    document.querySelector(".composer textarea")?.value.includes("Find 3 names for a parser, short ones, in Greek."),
  );
  await field(page).fill("");
  await page.getByRole("button", { name: "Templates" }).click();
  await page.getByLabel("Template", { exact: true }).selectOption({ label: "Naming" });
  await page.getByLabel("What is named").fill("a lexer");
  await page.getByLabel("count").fill("5");
  aiia.model.next(["Lexi"]);
  await page.getByRole("button", { name: "Start a chat" }).click();
  await answer(page).getByText("Lexi").waitFor();
  await page.locator("article.user").getByText("Find 5 names for a lexer, in Latin.").waitFor();
  assert.ok(JSON.stringify(aiia.model.requests.at(-1)).includes("You find names."));
  // Escape leaves without a trace, also while the list is still being read.
  const templates = page.getByRole("button", { name: "Templates" });
  let letThrough;
  await page.route("**/templates**", async (route) => {
    await new Promise((resolve) => (letThrough = resolve));
    await route.continue();
  });
  const asked = page.waitForRequest("**/templates**");
  await templates.click();
  await asked;
  await page.keyboard.press("Escape");
  const read = page.waitForResponse("**/templates**");
  letThrough();
  await read;
  await page.unroute("**/templates**");
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  assert.equal(await templates.isVisible(), true);
  await templates.click();
  await page.getByLabel("Template", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await templates.waitFor();
  await page.waitForFunction(() => document.activeElement?.textContent === "Templates");
  assert.deepEqual(
    page.faults.filter((fault) => !/40\d/.test(fault)),
    [],
  );
  await page.context().close();
});

test("of a long chat only a window is in the document, and all of it is reached by scrolling", async () => {
  const chat = await chatWith(...Array.from({ length: 200 }, (_, index) => `Answer ${index}. ${"words ".repeat(30)}`));
  const page = await signedIn();
  await page.goto(`${new URL(page.url()).origin}/#chat=${chat.id}`);
  await page.reload();
  await answer(page).getByText("Answer 199.").waitFor();
  const view = page.locator(".messages");
  const first = page.locator("article.assistant").getByText("Answer 0.");
  let most = 0;
  for (let step = 0; step < 200 && (await first.count()) === 0; step++) {
    const before = await page.locator("article").first().getAttribute("data-message");
    await view.evaluate((element) => element.scrollTo(0, 0));
    // The older messages come above; what was read stays where it was.
    await page.waitForFunction((id) => {
      const articles = [...document.querySelectorAll("article")];
      return articles[0]?.dataset.message !== id || articles.some((article) => article.textContent.includes("Answer 0."));
    }, before);
    most = Math.max(most, await page.locator("article").count());
  }
  await first.waitFor();
  assert.ok(most <= 80, `${most} messages in the document`);
  await page.getByRole("button", { name: "To the end" }).click();
  await answer(page).getByText("Answer 199.").waitFor();
  await page.context().close();
});

/** A chat as ChatGPT writes it. */
function conversation(title, texts) {
  const id = (index) => `${title}-${index}`;
  const mapping = {};
  for (const [index, text] of texts.entries()) {
    mapping[id(index)] = {
      id: id(index),
      parent: index ? id(index - 1) : null,
      children: index + 1 < texts.length ? [id(index + 1)] : [],
      message: {
        id: id(index),
        author: { role: index % 2 ? "assistant" : "user" },
        create_time: 1700000000 + index,
        content: { content_type: "text", parts: [text] },
      },
    };
  }
  return { title, id: title, create_time: 1700000000, update_time: 1700100000, mapping, current_node: id(texts.length - 1) };
}

test("chats of another program are imported, and one of 10,000 messages is read from end to start", async () => {
  const texts = Array.from({ length: 10_000 }, (_, index) => `Message ${index}, about ${index === 0 ? "an axolotl" : "words"}.`);
  const file = JSON.stringify([conversation("A long talk", texts), { title: "Broken", mapping: { a: "b" } }]);
  const page = await signedIn();
  await page
    .getByLabel("Import…")
    .setInputFiles({ name: "conversations.json", mimeType: "application/json", buffer: Buffer.from(file) });
  const report = page.getByRole("region", { name: "Imported" });
  await report.getByText("From ChatGPT: 1 new, 1 failed; 10,000 messages.").waitFor();
  await report.getByText(/^Broken: failed\./).waitFor();
  await picture(page, "23-page-import");
  await report.getByRole("button", { name: "Close" }).click();
  await page.getByLabel("Project", { exact: true }).selectOption({ label: "Imported from ChatGPT" });
  await page.locator("#sidebar").getByText("A long talk").click();
  const articles = page.locator("article");
  await articles.getByText("Message 9999,").waitFor();
  const few = async () => assert.ok((await articles.count()) <= 80, `${await articles.count()} messages in the document`);
  const view = page.locator(".messages");
  for (let step = 0; step < 10; step++) {
    const first = await articles.first().getAttribute("data-message");
    await view.evaluate((element) => element.scrollTo(0, 0));
    await page.waitForFunction((id) => document.querySelector("article")?.dataset.message !== id, first);
    await few();
  }
  await page.getByLabel("Search chats").fill("axolotl");
  await page.getByRole("region", { name: "Found in messages" }).getByRole("button").first().click();
  await page.locator("article:focus", { hasText: "Message 0, about an axolotl." }).waitFor();
  await few();
  await page.getByRole("button", { name: "To the end" }).click();
  await articles.getByText("Message 9999,").waitFor();
  await few();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("an answer goes on, a chat is forked, what was said is deleted and brought back", async () => {
  const page = await signedIn();
  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.getByLabel("Model", { exact: true }).selectOption({ label: "scripted/other" });
  const gate = new Gate();
  aiia.model.next(["The first half, ", "never said"], gate);
  await ask(page, "Tell me all");
  gate.release(1);
  await answer(page).getByText("The first half,").waitFor();
  assert.equal(aiia.model.requests.at(-1).model, "other");
  await page.getByRole("button", { name: "Stop" }).click();
  aiia.model.next(["and the second half."]);
  await answer(page).getByRole("button", { name: "Continue" }).click();
  await answer(page).getByText("and the second half.").waitFor();
  await answer(page).getByText("The first half,").waitFor();
  await answer(page).getByRole("button", { name: "Regenerate" }).waitFor();
  aiia.model.next(["Another answer."]);
  await ask(page, "And more");
  await answer(page).getByText("Another answer.").waitFor();
  await page.locator("article.user").last().getByRole("button", { name: "More for this question" }).click();
  await page.getByRole("menuitem", { name: "Delete from here" }).click();
  await page.getByText("2 messages were deleted.").waitFor();
  await answer(page).getByText("and the second half.").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await answer(page).getByText("Another answer.").waitFor();
  const old = new URL(page.url()).hash;
  await page.locator("article.assistant").first().getByRole("button", { name: "More for this answer" }).click();
  await page.getByRole("menuitem", { name: "Fork the chat from here" }).click();
  await page.waitForFunction((hash) => location.hash !== hash, old);
  await answer(page).getByText("and the second half.").waitFor();
  assert.equal(await page.locator("article").count(), 2);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("what is to be known of an answer stays with it", async () => {
  const page = await signedIn();
  await page.getByRole("button", { name: "New", exact: true }).click();
  aiia.model.next(["As far as the limit"], undefined, "length");
  await ask(page, "Tell me all");
  const seen = async () => {
    await answer(page).getByRole("button", { name: "Continue" }).waitFor();
    await answer(page).getByText("The answer is cut off").waitFor();
  };
  await seen();
  await page.reload();
  await seen();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("a text file and a picture go along by a drop and by pasting", async () => {
  const page = await signedIn();
  await page.getByRole("button", { name: "New", exact: true }).click();
  const text = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(["let answer = 42;"], "answer.js", { type: "text/javascript" }));
    return data;
  });
  await page.locator(".composer").dispatchEvent("drop", { dataTransfer: text });
  const along = page.getByRole("list", { name: "Goes along" });
  await along.getByText("answer.js").waitFor();
  // A picture of four by four points.
  await page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 4;
    const blob = await new Promise((resolve) => canvas.toBlob(resolve));
    const data = new DataTransfer();
    data.items.add(new File([blob], "dot.png", { type: "image/png" }));
    document
      .querySelector(".composer textarea")
      .dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await along.getByAltText("dot.png").waitFor();
  await page.reload();
  await along.getByText("answer.js").waitFor();
  await along.getByAltText("dot.png").waitFor();
  await ask(page, "What are they?");
  await answer(page).getByText("Hello from the scripted model.").waitFor();
  const sent = JSON.stringify(aiia.model.requests.at(-1));
  assert.ok(sent.includes("let answer = 42;"));
  assert.ok(sent.includes("data:image/png;base64,iVBOR"));
  const went = page.locator("article.user").last().getByRole("list", { name: "Went along" });
  await went.getByText("answer.js").waitFor();
  await page.waitForFunction(() => document.querySelector("article.user img")?.naturalWidth === 4);
  await picture(page, "24-page-attachments");
  // What is neither text nor picture is refused with a sentence, and nothing is lost.
  await field(page).fill("Kept");
  await page
    .getByLabel("Attach")
    .setInputFiles({ name: "a.bin", mimeType: "application/x", buffer: Buffer.from([0, 255, 0, 1]) });
  await page.locator(".toast.error").waitFor();
  assert.equal(await field(page).inputValue(), "Kept");
  await page.context().close();
});
