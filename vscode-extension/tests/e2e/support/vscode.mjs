// A real VSCode: code-server with the packaged extension installed, shown in Chromium.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { picture } from "./browser.mjs";

/** The package that is tested. */
export const VSIX = process.env.AIIA_VSIX ?? new URL("../../../dist/packages/aiia-0.1.0.vsix", import.meta.url).pathname;

const SERVER = process.env.AIIA_CODE_SERVER;
const NODE = process.env.AIIA_NODE24;

export class VsCode {
  /** Installs the package `vsix` into a clean VSCode and starts it. */
  static async start(installation, vsix, { trust = true, settings = {} } = {}) {
    if (!SERVER || !NODE) throw new Error("AIIA_CODE_SERVER and AIIA_NODE24 name a VSCode; tests/run installs one.");
    const code = new VsCode();
    const home = join(installation.folder, "vscode");
    mkdirSync(join(home, "user", "User"), { recursive: true });
    writeFileSync(join(home, "config.yaml"), "");
    code.settings = {
      "workbench.startupEditor": "none",
      "security.workspace.trust.startupPrompt": "never",
      "telemetry.telemetryLevel": "off",
      "chat.disableAIFeatures": true,
      "workbench.secondarySideBar.defaultVisibility": "hidden",
      ...settings,
    };
    code.file = join(home, "user", "User", "settings.json");
    code.set({});
    const args = [
      SERVER,
      "--config",
      join(home, "config.yaml"),
      "--user-data-dir",
      join(home, "user"),
      "--extensions-dir",
      join(home, "extensions"),
    ];
    execFileSync(NODE, [...args, "--install-extension", vsix], { env: installation.env, stdio: "pipe" });
    const trusting = trust ? ["--disable-workspace-trust"] : [];
    const serve = [
      "--bind-addr",
      "127.0.0.1:0",
      "--auth",
      "none",
      "--disable-telemetry",
      "--disable-update-check",
      "--disable-getting-started-override",
    ];
    code.process = spawn(NODE, [...args, ...serve, ...trusting], {
      env: installation.env,
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    code.url = await new Promise((resolve, reject) => {
      const lines = createInterface({ input: code.process.stdout });
      lines.on("line", (line) => {
        const found = /listening on (http:\/\/\S+)/i.exec(line);
        if (found) resolve(found[1].replace(/\/$/, ""));
      });
      code.process.on("exit", (status) => reject(new Error(`code-server ended with ${status}`)));
    });
    code.installation = installation;
    return code;
  }

  /** Changes settings of the user, also while it runs. */
  set(settings) {
    Object.assign(this.settings, settings);
    writeFileSync(this.file, JSON.stringify(this.settings));
  }

  /** Opens the workspace in a new window of the browser. */
  async open(browser) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    // A window that is loaded may take its time on a machine with much else to do.
    page.setDefaultTimeout(90_000);
    await page.goto(`${this.url}/?folder=${this.installation.workspace}`);
    await page.waitForSelector(".monaco-workbench");
    return new Window(page);
  }

  /** Ends it with all that it has started. */
  async stop() {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    process.kill(-this.process.pid, "SIGKILL");
    await ended;
  }
}

/** A window of VSCode. */
export class Window {
  constructor(page) {
    this.page = page;
  }

  /**
   * Opens the field at the top by a key, types into it and takes the row with this text. Whatever takes the focus meanwhile closes
   * the field, and it is opened again. A click needs two pictures of the window in which the row stands still, and a machine with
   * much else to do may be slow to draw them: each attempt has more time than the one before.
   */
  async pick(key, text, row) {
    const { page } = this;
    for (let attempt = 1; ; attempt++) {
      const limit = { timeout: attempt * 3000 };
      await page.keyboard.press(key);
      try {
        await page.locator(".quick-input-widget .input").first().fill(text, limit);
        if (row) await page.locator(".quick-input-list .monaco-list-row", { hasText: row }).first().click(limit);
        return;
      } catch (error) {
        if (attempt === 8) throw error;
        await page.bringToFront();
        // Where it is still open, its key would only choose the next row.
        if (await page.locator(".quick-input-widget").first().isVisible()) await page.keyboard.press("Escape");
      }
    }
  }

  /** Runs a command of the palette by its title. */
  async command(title) {
    await this.pick("F1", `>${title}`, title);
  }

  async openFile(name) {
    await this.pick("Control+KeyP", name, name);
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await this.page.locator(".monaco-editor .view-line").first().waitFor();
    await this.editing();
  }

  /** Waits until the review is over and the file itself is in front: the tab of its diff has the same name. */
  async backTo(name) {
    await this.page.locator(".monaco-diff-editor").first().waitFor({ state: "hidden" });
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await this.editing();
  }

  /** Asks for a change at the cursor. */
  async edit(instruction) {
    await this.command("aiia: Edit Code…");
    await this.page.getByText("The change is shown as a diff first").waitFor();
    await this.page.locator(".quick-input-widget .input").first().fill(instruction);
    await this.page.keyboard.press("Enter");
  }

  /** Whether VSCode has noted a tab with this title among those that it opens again: it writes them down some seconds later. */
  async hasNoted(title) {
    return this.page.evaluate(async (title) => {
      const asked = (request) =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const tabs = [];
      for (const { name } of await indexedDB.databases()) {
        if (!name.startsWith("vscode-web-state-db")) continue;
        const database = await asked(indexedDB.open(name));
        for (const store of database.objectStoreNames)
          tabs.push(await asked(database.transaction(store).objectStore(store).get("memento/workbench.parts.editor")));
        database.close();
      }
      return JSON.stringify(tabs).includes(title);
    }, title);
  }

  /** Puts the cursor at a line of the active editor. */
  async goTo(line) {
    await this.pick("Control+KeyG", `:${line}`);
    await this.page.keyboard.press("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
    await this.editing();
  }

  /** Opens the menu of the lightbulb, which offers `text`. */
  async lightbulb(text) {
    const menu = this.page.locator(".action-widget");
    for (let attempt = 1; ; attempt++) {
      await this.page.keyboard.press("Control+Period");
      try {
        await menu.getByText(text).first().waitFor({ timeout: 5000 });
        return menu;
      } catch (error) {
        if (attempt === 5) throw error;
      }
    }
  }

  /** Waits until an editor has the focus. */
  async editing() {
    await this.page.locator(".editor-instance .monaco-editor.focused").first().waitFor();
  }

  /** The chat view: a frame in a frame. */
  chat() {
    return this.page.frameLocator('iframe.webview.ready[src*="extensionId=aiia"]').frameLocator("iframe#active-frame");
  }

  /** The preview of a Markdown text. */
  preview() {
    const frame = 'iframe.webview.ready[src*="extensionId=vscode.markdown"]';
    return this.page.frameLocator(frame).frameLocator("iframe#active-frame");
  }

  async closeEditor() {
    await this.command("View: Close Editor");
  }

  /** Shows the chat. Its button hides a sidebar that a window which was loaded again has brought back, and then is pressed once more. */
  async openSidebar() {
    const button = this.page
      .locator('.activitybar .action-label[aria-label="aiia"], .activitybar .action-label[aria-label^="aiia"]')
      .first();
    for (let attempt = 1; ; attempt++) {
      await button.click();
      try {
        await this.chat()
          .locator(".composer")
          .waitFor({ timeout: attempt * 30_000 });
        return;
      } catch (error) {
        if (attempt === 3) throw error;
      }
    }
  }

  lines() {
    return this.page.locator(".monaco-editor .view-line");
  }

  async picture(name) {
    await picture(this.page, name);
  }
}
