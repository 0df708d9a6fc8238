// The page for everybody: by keyboard alone, in all colours and widths, without JavaScript, and whatever a model writes.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { AXE, picture } from "./support/browser.mjs";
import { HOSTILE } from "./support/hostile.mjs";
import { answer, ask, chatWith, field, signedIn } from "./support/page.mjs";
import { aiia } from "./support/session.mjs";

test("everything is done with the keyboard alone", async () => {
  const chat = await chatWith("One.", "Two.");
  const page = await signedIn();
  await page.goto(`${new URL(page.url()).origin}/#chat=${chat.id}`);
  await page.reload();
  await answer(page).getByText("Two.").waitFor();
  const reached = new Set();
  await page.locator("header button").first().focus();
  for (let step = 0; step < 80; step++) {
    reached.add(
      await page.evaluate(() => {
        const element = document.activeElement === document.body ? null : document.activeElement;
        const outline = element && getComputedStyle(element).outlineStyle;
        return `${element?.getAttribute("aria-label") ?? element?.textContent ?? ""}|${outline}`;
      }),
    );
    await page.keyboard.press("Tab");
  }
  const names = [...reached].map((one) => one.split("|")[0]);
  for (const wanted of ["Chats", "New", "Project", "Search chats", "Messages", "Regenerate", "Your message", "Model"]) {
    assert.ok(names.includes(wanted), `${wanted} in ${names.join(", ")}`);
  }
  assert.deepEqual(
    [...reached].filter((one) => one.endsWith("|none") && !one.startsWith("|")),
    [],
  );
  await field(page).focus();
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Enter");
  await answer(page).getByText("Hello from the scripted model.").waitFor();
  await page.locator("[role=status] p", { hasText: "The answer is complete." }).waitFor({ state: "attached" });
  await page.context().close();
});

for (const [name, options] of [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["forced colours", { forcedColors: "active" }],
  ["width 360", { viewport: { width: 360, height: 740 } }],
]) {
  test(`axe finds nothing: ${name}`, async () => {
    const chat = await chatWith(
      '# A\n\n**b** `c` [d](https://x.example)\n\n```python\ndef f(x):\n    return "s", 1 # c\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [ ] e',
    );
    const page = await signedIn(options);
    await page.goto(`${new URL(page.url()).origin}/#chat=${chat.id}`);
    await page.reload();
    await answer(page).locator("table").waitFor();
    await answer(page).getByText("12 in").waitFor();
    // The policy of the page lets no script in; the test's own comes through the debugger.
    await page.evaluate(AXE);
    const check = async () => {
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      assert.deepEqual(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3)}`),
        [],
      );
    };
    await check();
    await picture(page, `25-page-${name.replaceAll(" ", "-")}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(wide, false);
    await page.getByRole("button", { name: "Chats" }).click();
    await check();
    await page.context().close();
  });
}

test("without JavaScript the page lists, reads and sends", async () => {
  await chatWith("**Plain** words.");
  const page = await signedIn({ javaScriptEnabled: false });
  await page.waitForURL(/\?plain/);
  await page.getByRole("link", { name: "Parser", exact: true }).click();
  aiia.model.next(["Answered `without` script."]);
  await page.getByLabel("Your message").fill("Does it work?");
  await page.getByRole("button", { name: "Send" }).click();
  await page.waitForURL(/chat=/);
  await page.getByText("Answered without script.").waitFor();
  await picture(page, "26-page-without-javascript");
  await page.context().close();
});

test("hostile content asks nobody and runs nothing", async () => {
  assert.ok(HOSTILE("x").length >= 40);
  const asked = [];
  const sink = createServer((request, response) => {
    asked.push(request.url);
    response.end();
  });
  await new Promise((resolve) => sink.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${sink.address().port}`;
  const hostile = HOSTILE(address);
  const chat = await chatWith(...hostile.slice(0, 5), hostile.slice(5).join("\n\n"));
  await aiia.http("PATCH", `/chats/${chat.id}`, { title: `<img src="${address}/title" onerror="globalThis.ran=1">` });
  const page = await signedIn();
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("dialog", (dialog) => {
    page.faults.push(`dialog ${dialog.message()}`);
    dialog.dismiss();
  });
  const { origin } = new URL(page.url());
  await page.goto(`${origin}/#chat=${chat.id}`);
  await page.reload();
  await answer(page).getByText("the end of it").waitFor();
  // And while it streams, in pieces that end anywhere.
  aiia.model.next(hostile.join("\n\n").match(/[\s\S]{1,17}/g));
  await ask(page, "Again");
  await answer(page).getByText("the end of it").waitFor();
  await answer(page).getByRole("button", { name: "Regenerate" }).waitFor();
  for (const link of await answer(page).locator("a").all()) await link.click();
  assert.deepEqual(
    await page.evaluate(() => [
      globalThis.ran,
      document.querySelectorAll("article img, article script, article iframe, article svg, article style, article form").length,
    ]),
    [undefined, 0],
  );
  assert.deepEqual(asked, []);
  assert.deepEqual(
    requests.filter((url) => !url.startsWith(origin) && !url.startsWith("data:,")),
    [],
  );
  assert.deepEqual(page.faults, []);
  assert.equal(page.context().pages().length, 1);
  await picture(page, "27-page-hostile");
  await page.context().close();
  sink.close();
});
