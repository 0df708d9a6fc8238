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
    code.process = spawn(NODE, [...args, ...serve, ...trusting], { env: installation.env, stdio: ["ignore", "pipe", "pipe"] });
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
    await page.goto(`${this.url}/?folder=${this.installation.workspace}`);
    await page.waitForSelector(".monaco-workbench", { timeout: 60_000 });
    return new Window(page);
  }

  stop() {
    this.process.kill();
  }
}

/** A window of VSCode. */
export class Window {
  constructor(page) {
    this.page = page;
  }

  /** Runs a command of the palette by its title. */
  async command(title) {
    const { page } = this;
    await page.keyboard.press("F1");
    const input = page.locator(".quick-input-widget .input").first();
    await input.waitFor();
    await input.fill(`>${title}`);
    const row = page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first();
    await row.waitFor();
    await row.click();
  }

  async openFile(name) {
    const { page } = this;
    await page.keyboard.press("Control+KeyP");
    const input = page.locator(".quick-input-widget .input").first();
    await input.waitFor();
    await input.fill(name);
    await page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().click();
    await page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await page.locator(".monaco-editor .view-line").first().waitFor();
  }

  /** Puts the cursor at a line of the active editor. */
  async goTo(line) {
    const { page } = this;
    await page.keyboard.press("Control+KeyG");
    const input = page.locator(".quick-input-widget .input").first();
    await input.waitFor();
    await input.fill(`:${line}`);
    await page.keyboard.press("Enter");
    await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  /** The chat view: a frame in a frame. */
  chat() {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  }

  async openSidebar() {
    await this.page
      .locator('.activitybar .action-label[aria-label="aiia"], .activitybar .action-label[aria-label^="aiia"]')
      .first()
      .click();
    await this.chat().locator(".composer").waitFor({ timeout: 30_000 });
  }

  lines() {
    return this.page.locator(".monaco-editor .view-line");
  }

  async picture(name) {
    await picture(this.page, name);
  }
}
