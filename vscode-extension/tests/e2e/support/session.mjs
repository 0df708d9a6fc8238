// What the tests of a file share: one installation, one browser and, for VSCode, one window. They are there from `before` on.

import { after, afterEach, before, beforeEach } from "node:test";
import { keepFailure, launch } from "./browser.mjs";
import { Installation } from "./installation.mjs";
import { VSIX, VsCode } from "./vscode.mjs";

export let aiia;
export let browser;
export let code;
export let window;

/** A browser for the tests of this file; `prepare` is called before them, with the installation. */
export function inBrowser(prepare) {
  before(async () => {
    aiia = await Installation.make();
    browser = await launch();
    await prepare?.(aiia);
  });
  surround();
}

/**
 * A window of VSCode for the tests of this file. `prepare` makes the workspace before it starts, and may give another package
 * (`vsix`) and options to start with; `opened` is called once it is there.
 */
export function inVsCode(prepare, opened) {
  before(async () => {
    aiia = await Installation.make();
    const { vsix = VSIX, ...options } = (await prepare(aiia)) ?? {};
    code = await VsCode.start(aiia, vsix, options);
    browser = await launch();
    window = await code.open(browser);
    await opened?.(window);
  });
  surround();
}

function surround() {
  after(async () => {
    await browser?.close();
    await code?.stop();
    aiia?.stop();
  });
  afterEach((test) => keepFailure(test, browser, aiia));
  // What one test has left unsaid is not the answer to the next.
  beforeEach(() => aiia.model.forget());
}
