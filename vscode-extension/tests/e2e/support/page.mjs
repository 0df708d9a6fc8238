// The page that the daemon serves, in Chromium, with the project "Parser".

import { aiia, browser, inBrowser } from "./session.mjs";

let project;

inBrowser(async (aiia) => {
  aiia.address();
  project = await aiia.http("POST", "/projects", { name: "Parser" });
});

/** A browser that is signed in, at the page. */
export async function signedIn(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
  await page.goto(aiia.address());
  return page;
}

export const field = (page) => page.getByLabel("Your message");
export const answer = (page) => page.locator("article.assistant").last();

/** Sends a message. */
export async function ask(page, text) {
  await field(page).fill(text);
  await field(page).press("Enter");
}

/** A chat whose answers are these. */
export async function chatWith(...contents) {
  const chat = await aiia.http("POST", "/chats", { project_id: project.id });
  for (const content of contents) {
    aiia.model.next([content]);
    const run = await aiia.http("POST", `/chats/${chat.id}/runs`, { content: "Go on." });
    await aiia.until("the end of the run", async () => (await aiia.http("GET", `/runs/${run.id}`)).status === "completed");
  }
  return chat;
}
