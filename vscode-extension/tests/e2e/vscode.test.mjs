// A real VSCode with the packaged extension, driven as a user would. Pictures of each step are kept as output.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { AXE } from "./support/browser.mjs";
import { Gate } from "./support/model_server.mjs";
import { aiia, browser, code, inVsCode, window } from "./support/session.mjs";

const CODE = "def mean(xs):\n    return sum(xs) / len(xs)\n\n\ndef total(xs):\n    return sum(xs)\n";
const MEND = `mean.py
<<<<<<< SEARCH
    return sum(xs) / len(xs)
=======
    return sum(xs) / len(xs) if xs else 0
>>>>>>> REPLACE

mean.py
<<<<<<< SEARCH
def total(xs):
    return sum(xs)
=======
def total(xs):
    """The sum of xs."""
    return sum(xs)
>>>>>>> REPLACE
`;

inVsCode((aiia) => {
  aiia.write("mean.py", CODE);
});

const answer = () => window.chat().locator("article.assistant").last();
const field = () => window.chat().getByLabel("Your message");

test("the sidebar opens and is connected", async () => {
  await window.openSidebar();
  await window.chat().getByText("Ask something; the answer streams here").waitFor();
  await window.picture("01-sidebar");
});

test("a question with a selection attached streams its answer, which can be stopped", async () => {
  await window.openFile("mean.py");
  await window.goTo(2);
  await window.command("aiia: Ask About the Selection");
  await window.chat().getByText("mean.py").first().waitFor();
  const gate = new Gate();
  aiia.model.next(
    ["It divides ", "the sum ", "by **the count**.\n\n", "```python\n", "mean([1, 2])\n", "```\n", "More and ", "more"],
    gate,
  );
  await field().fill("What does it do?");
  await field().press("Enter");
  gate.release(2);
  await answer().getByText("It divides the sum").waitFor();
  await window.chat().getByRole("button", { name: "Stop" }).waitFor();
  await window.picture("02-streaming");
  gate.release(4);
  await answer().locator("pre .hl-function").first().waitFor();
  await window.chat().getByRole("button", { name: "Stop" }).click();
  await answer().getByText("Stopped.").waitFor();
  assert.equal(await answer().locator("strong").textContent(), "the count");
  const prompt = JSON.stringify(aiia.model.requests.at(-1));
  assert.ok(prompt.includes("What does it do?") && prompt.includes("sum(xs) / len(xs)"), prompt);
  await window.picture("03-stopped");
});

test("an answer is made again beside the old one", async () => {
  aiia.model.next(["```python\n", "mean([3])\n", "```\n"]);
  await answer().getByRole("button", { name: "Regenerate" }).click();
  await answer().getByText("mean([3])").waitFor();
  await answer().getByText("2/2").waitFor();
  await answer().getByRole("button", { name: "Previous answer" }).click();
  await answer().getByText("It divides the sum").waitFor();
  await answer().getByRole("button", { name: "Next answer" }).click();
  await answer().getByText("mean([3])").waitFor();
  await window.picture("04-branches");
});

test("code of the chat is inserted at the cursor", async () => {
  await window.goTo(7);
  await answer().getByRole("button", { name: "Insert" }).click();
  await window.lines().getByText("mean([3])").waitFor();
  await window.editing();
  await window.page.keyboard.press("Control+KeyZ");
  await window.lines().getByText("mean([3])").waitFor({ state: "detached" });
  await window.command("aiia: Insert the Last Code of the Chat at the Cursor");
  await window.lines().getByText("mean([3])").waitFor();
  await window.editing();
  await window.page.keyboard.press("Control+KeyZ");
  await window.lines().getByText("mean([3])").waitFor({ state: "detached" });
});

test("a change is no code to insert", async () => {
  const change = "<<<<<<< SEARCH\ndef total(xs):\n=======\ndef total(of):\n>>>>>>> REPLACE\n";
  const start = () => window.chat().locator("header").getByRole("button", { name: "New" }).click();
  await start();
  aiia.model.next([`\`\`\`python\nmean([4])\n\`\`\`\n\nmean.py\n${change}`]);
  await field().fill("Another name, please");
  await field().press("Enter");
  await answer().getByText("total(of)").waitFor();
  await window.chat().getByRole("button", { name: "Send" }).waitFor();
  await window.goTo(7);
  await window.command("aiia: Insert the Last Code of the Chat at the Cursor");
  await window.lines().getByText("mean([4])").waitFor();
  await window.editing();
  await window.page.keyboard.press("Control+KeyZ");
  await window.lines().getByText("mean([4])").waitFor({ state: "detached" });
  await start();
});

test("a link leads to its address, to the letter", async () => {
  const address = "https://link.example/a%2Fb?c=1%26d&e=%23f";
  aiia.model.next([`See [there](${address}).`]);
  await field().fill("Where?");
  await field().press("Enter");
  const context = window.page.context();
  const asked = [];
  await context.route("https://link.example/**", (route) => {
    asked.push(route.request().url());
    return route.fulfill({ body: "here" });
  });
  const opened = context.waitForEvent("page");
  await answer().getByRole("link", { name: "there" }).click();
  await window.page.locator(".monaco-dialog-box").getByRole("button", { name: "Open", exact: true }).click();
  const page = await opened;
  await page.waitForLoadState();
  assert.deepEqual([...new Set(asked)], [address]);
  await page.close();
});

test("code of an answer is applied as a diff", async () => {
  aiia.model.next(["```python\ndef total(xs):\n    return 0 + sum(xs)\n```\n"]);
  await field().fill("Another total, please");
  await field().press("Enter");
  await answer().getByText("0 + sum(xs)").waitFor();
  await answer().getByRole("button", { name: "Apply" }).click();
  await window.page.locator(".codelens-decoration a").getByText("Reject").first().waitFor();
  await window.command("aiia: Reject All Hunks");
  await window.backTo("mean.py");
});

test("a picture is pasted, sent and shown", async () => {
  await field().evaluate(async (field) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 4;
    const blob = await new Promise((resolve) => canvas.toBlob(resolve));
    const data = new DataTransfer();
    data.items.add(new File([blob], "dot.png", { type: "image/png" }));
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await window.chat().getByRole("list", { name: "Goes along" }).getByAltText("dot.png").waitFor();
  aiia.model.next(["A dot, with `code`:\n\n```python\nprint('dot')\n```\n"]);
  await field().press("Enter");
  await answer().getByText("A dot").waitFor();
  const image = window.chat().locator("article.user").last().getByAltText("dot.png");
  await image.waitFor();
  await aiia.until("the picture to be drawn", () => image.evaluate((element) => element.naturalWidth === 4));
  await answer().getByRole("button", { name: "Regenerate" }).waitFor();
});

/** Waits until the hunks of the newest change have these statuses: what the editor shows may be ahead of what is written down. */
async function statusesAre(...expected) {
  await aiia.until(`the hunks to be ${expected}`, async () => {
    const [newest] = (await aiia.http("GET", "/edits")).items;
    return newest.files[0].hunks.map((hunk) => hunk.status).join() === expected.join();
  });
}

test("a fix from the lightbulb is reviewed, one hunk is accepted and taken back", async () => {
  aiia.model.next([MEND]);
  await window.openFile("mean.py");
  await window.page.keyboard.press("Control+KeyA");
  const menu = await window.lightbulb("aiia: Fix");
  await window.picture("05-lightbulb");
  await menu.getByText("aiia: Fix").first().click();
  const lenses = window.page.locator(".codelens-decoration a");
  await lenses.getByText("Accept").nth(1).waitFor();
  await window.picture("06-review");
  await lenses.getByText("Accept").first().click();
  await lenses.getByText("Accept").nth(1).waitFor({ state: "detached" });
  await window.page.locator(".line-delete, .char-delete").first().waitFor({ state: "detached" });
  await window.picture("07-one-accepted");
  await statusesAre("accepted", "pending");
  await window.command("aiia: Reject Hunk");
  await window.backTo("mean.py");
  await window.lines().getByText("if xs else 0").first().waitFor();
  await window.picture("08-accepted-in-file");
  await window.command("aiia: Undo the Last Accepted Change");
  await window.lines().getByText("if xs else 0").waitFor({ state: "detached" });
  await statusesAre("undone", "rejected");
});

test("what should change is asked for, and shown as a diff", async () => {
  aiia.model.next([
    "mean.py\n<<<<<<< SEARCH\n    return sum(xs) / len(xs)\n=======\n    return statistics.mean(xs)\n>>>>>>> REPLACE\n",
  ]);
  await window.goTo(2);
  await window.edit("Use the statistics module");
  await window.page.locator(".codelens-decoration a").getByText("Reject").first().waitFor();
  await window.page.keyboard.press("Alt+Shift+Backspace");
  await window.backTo("mean.py");
  assert.ok(JSON.stringify(aiia.model.requests.at(-1)).includes("Use the statistics module"));
});

test("a hunk is split, and tried again with a note", async () => {
  aiia.model.next([
    "mean.py\n<<<<<<< SEARCH\ndef mean(xs):\n    return sum(xs) / len(xs)\n=======\ndef mean(values):\n    return sum(values) / len(values)\n>>>>>>> REPLACE\n",
  ]);
  await window.goTo(2);
  await window.edit("Name it values");
  const lens = (text) => window.page.locator(".codelens-decoration a").getByText(text);
  await lens("Try Again…").first().click();
  await window.page.getByText("What is wrong with this change").waitFor();
  await window.page.locator(".quick-input-widget .input").first().fill("Name it numbers");
  aiia.model.next([
    "mean.py\n<<<<<<< SEARCH\ndef mean(xs):\n    return sum(xs) / len(xs)\n=======\ndef mean(numbers):\n    return sum(numbers) / len(numbers)\n>>>>>>> REPLACE\n",
  ]);
  await window.page.keyboard.press("Enter");
  await window.lines().getByText("def mean(numbers)").first().waitFor();
  assert.ok(JSON.stringify(aiia.model.requests.at(-1)).includes("Name it numbers"));
  await lens("Split").first().click();
  await lens("Split").nth(1).waitFor();
  await window.picture("08-split");
  await window.page.keyboard.press("Alt+Shift+Backspace");
  await window.backTo("mean.py");
});

test("the lines of a change are edited in the diff, and accepted as they are then", async () => {
  aiia.model.next([
    "mean.py\n<<<<<<< SEARCH\n    return sum(xs) / len(xs)\n=======\n    return statistics.mean(xs)\n>>>>>>> REPLACE\n",
  ]);
  await window.goTo(2);
  await window.edit("Use the statistics module");
  await window.page.locator(".codelens-decoration a").getByText("Accept").first().waitFor();
  await window.goTo(2);
  await window.page.keyboard.press("End");
  await window.page.keyboard.type("  # by hand");
  await window.page.keyboard.press("Alt+Enter");
  await aiia.until("the hunk to be accepted as it was edited", async () => {
    const hunks = (await aiia.http("GET", "/edits")).items.flatMap((edit) => edit.files.flatMap((file) => file.hunks));
    return hunks.some((hunk) => hunk.status === "accepted" && hunk.tolerances.includes("edited by hand"));
  });
  await window.backTo("mean.py");
  await window.lines().getByText("return statistics.mean(xs)  # by hand").first().waitFor();
  await window.command("aiia: Undo the Last Accepted Change");
  await window.lines().getByText("by hand").waitFor({ state: "detached" });
  await window.editing();
});

test("what a model would see is shown", async () => {
  await window.goTo(2);
  await window.command("aiia: Show What a Model Would See");
  await window.preview().getByRole("heading", { name: "Context of mean.py:2" }).waitFor();
  await window.picture("09-context");
  await window.closeEditor();
  await window.backTo("mean.py");
});

test("the daemon is killed and found again, and the unsent text is still there", async () => {
  await window.chat().locator(".composer textarea").fill("Not sent yet");
  const { pid } = aiia.runtime();
  process.kill(pid, "SIGKILL");
  await aiia.until("another daemon", () => aiia.runtime().pid !== pid);
  await window.chat().locator(".connection").waitFor({ state: "detached" });
  assert.equal(await field().inputValue(), "Not sent yet");
  aiia.model.next(["Back again."]);
  await field().press("Enter");
  await answer().getByText("Back again.").waitFor();
  await window.picture("10-recovered");
});

test("the same chat is live in VSCode and in a browser at once", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(aiia.address());
  const { items } = await aiia.http("GET", "/chats");
  const [open] = items; // the one in which something was said last
  await page.goto(`${new URL(page.url()).origin}/#chat=${open.id}`);
  await page.reload();
  await page.locator("article.assistant").last().getByText("Back again.").waitFor();
  const gate = new Gate();
  aiia.model.next(["Said to ", "both."], gate);
  await page.getByLabel("Your message").fill("From the browser");
  await page.getByLabel("Your message").press("Enter");
  gate.release(1);
  await window.chat().locator("article.user").last().getByText("From the browser").waitFor();
  await answer().getByText("Said to").waitFor();
  gate.release();
  await answer().getByText("Said to both.").waitFor();
  await page.locator("article.assistant").last().getByText("Said to both.").waitFor();
  await context.close();
});

test("axe finds nothing in the sidebar", async () => {
  const frame = window.page.frames().find((one) => one.url().includes("fake.html"));
  await frame.evaluate(AXE);
  const { violations } = await frame.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3)}`),
    [],
  );
});

test("a hidden and shown view has lost nothing", async () => {
  await field().fill("Half a question");
  await window.page.keyboard.press("Control+Shift+KeyE");
  await window.page.locator(".explorer-folders-view").waitFor();
  await window.openSidebar();
  await answer().getByText("Said to both.").waitFor();
  assert.equal(await field().inputValue(), "Half a question");
});

test("the view has no token, no address of the daemon and no way out", async () => {
  const frame = window.page.frames().find((one) => one.url().includes("fake.html"));
  const found = await frame.evaluate(() => ({
    html: document.documentElement.outerHTML,
    policy: document.querySelector("meta[http-equiv]")?.getAttribute("content") ?? "",
    state: JSON.stringify(globalThis.localStorage ?? {}),
  }));
  const { token, http_port } = aiia.runtime();
  for (const secret of [token, `127.0.0.1:${http_port}`]) {
    assert.ok(!found.html.includes(secret) && !found.state.includes(secret));
  }
  assert.match(
    found.policy,
    /^default-src 'none'; img-src blob:; script-src 'nonce-([\w+/]{24})'; style-src 'nonce-\1'; base-uri 'none'; form-action 'none'$/,
  );
  // A server that lets every page read it, so that only the policy of the view can keep it from there.
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    response.writeHead(200, { "access-control-allow-origin": "*" }).end("here");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${server.address().port}/`;
  const reach = (where) =>
    where.evaluate(
      (url) =>
        fetch(url).then(
          () => true,
          () => false,
        ),
      address,
    );
  const context = await browser.newContext();
  const elsewhere = await context.newPage();
  assert.equal(await reach(elsewhere), true);
  assert.equal(await reach(frame), false);
  assert.equal(asked, 1);
  await context.close();
  server.close();
});

for (const [theme, kind] of [
  ["Dark 2026", "vscode-dark"],
  ["Light 2026", "vscode-light"],
  ["Default High Contrast", "vscode-high-contrast"],
  ["Default High Contrast Light", "vscode-high-contrast-light"],
]) {
  test(`the view is legible in ${theme}`, async () => {
    code.set({ "workbench.colorTheme": theme });
    await window.page.reload();
    await window.openSidebar();
    await answer().getByText("Said to both.").waitFor();
    await window.chat().locator(`body.${kind}`).waitFor();
    await window.picture(`11-${kind}`);
    const found = await window
      .chat()
      .locator("body")
      .evaluate((body) => {
        // What is drawn behind an element: the first background of it or around it that is not seen through.
        const behind = (element) => {
          for (let at = element; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (!/, 0\)$|transparent/.test(colour)) return colour;
          }
          return getComputedStyle(body).backgroundColor;
        };
        const kinds = [
          "article.user",
          "article.assistant",
          "pre code",
          "pre code span",
          "code",
          "button",
          "textarea",
          ".composer",
        ];
        const isShown = (element) => element.checkVisibility({ opacityProperty: true }) && element.textContent.trim();
        return kinds.flatMap((kind) =>
          [...body.querySelectorAll(kind)]
            .filter((element) => isShown(element) && !element.disabled)
            .map((element) => ({
              kind,
              text: element.textContent.slice(0, 20),
              colour: getComputedStyle(element).color,
              page: behind(element),
            })),
        );
      });
    for (const kind of ["article.assistant", "pre code", "button"])
      assert.ok(
        found.some((one) => one.kind === kind),
        kind,
      );
    const faint = found.filter(({ colour, page }) => contrast(colour, page) < 4.5);
    assert.deepEqual(faint, []);
  });
}

test("an answer ends when the daemon is killed in the middle of it", async () => {
  const gate = new Gate();
  aiia.model.next(["Half of ", "an answer"], gate);
  await field().fill("Will it end?");
  await field().press("Enter");
  gate.release(1);
  await answer().getByText("Half of").waitFor();
  const { pid } = aiia.runtime();
  process.kill(pid, "SIGKILL");
  await aiia.until("another daemon", () => aiia.runtime().pid !== pid);
  await answer().getByText("The daemon ended before the answer was complete.").waitFor();
  gate.release();
  aiia.model.next(["A whole answer."]);
  await field().fill("And now?");
  await field().press("Enter");
  await answer().getByText("A whole answer.").waitFor();
});

test("an older daemon makes room", async () => {
  const { pid } = aiia.runtime();
  aiia.pretendVersion("0.0.1");
  await window.command("aiia: Restart");
  await aiia.until("another daemon", () => aiia.runtime().pid !== pid);
  await window.chat().locator(".connection").waitFor({ state: "detached" });
  aiia.model.next(["Younger."]);
  await field().fill("Who are you?");
  await field().press("Enter");
  await answer().getByText("Younger.").waitFor();
});

test("the model that was chosen is shown and used for the next chat", async () => {
  await window.command("aiia: New Chat");
  await window.command("aiia: Select Model");
  await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "scripted/other" }).first().click();
  await window.page.locator(".statusbar").getByText("aiia: other").waitFor();
  aiia.model.next(["By the other."]);
  await field().fill("Which model?");
  await field().press("Enter");
  await answer().getByText("By the other.").waitFor();
  assert.equal(aiia.model.requests.at(-1).model, "other");
  await window.command("aiia: Select Model");
  await window.page
    .locator(".quick-input-list .monaco-list-row", { hasText: "what the project or the daemon uses" })
    .first()
    .click();
  await window.page.locator(".statusbar").getByText("aiia: m", { exact: true }).waitFor();
  await answer().getByRole("button", { name: "Regenerate" }).waitFor();
});

test("another model that somebody else chose meanwhile is replaced only by who has seen it", async () => {
  const [chat] = (await aiia.http("GET", "/chats")).items;
  const model = async () => (await aiia.http("GET", `/chats/${chat.id}`)).model;
  await window.command("aiia: Select Model");
  const row = window.page.locator(".quick-input-list .monaco-list-row", { hasText: "scripted/m" }).first();
  await row.waitFor();
  await aiia.http("PATCH", `/chats/${chat.id}`, { model: "scripted/other" });
  await row.click();
  const question = window.page.locator(".notification-list-item", { hasText: "was given the model scripted/other elsewhere" });
  await question.waitFor();
  assert.equal(await model(), "scripted/other");
  await question.getByRole("button", { name: "Change It All the Same" }).click();
  await aiia.until("the model of this window", async () => (await model()) === "scripted/m");
});

/** The contrast of two colours after WCAG. */
function contrast(one, other) {
  const luminance = (colour) => {
    const parts = colour
      .match(/[\d.]+/g)
      .slice(0, 3)
      .map((part) => Number(part) / 255);
    const [r, g, b] = parts.map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}
