// The package of a platform: the program comes along, and only what was packaged is started.

import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { PROGRAM } from "./support/installation.mjs";
import { aiia, inVsCode, window } from "./support/session.mjs";

inVsCode((aiia) => {
  // The one of the extension is the only one that there is.
  rmSync(join(aiia.folder, ".local"), { recursive: true });
  const built = join(aiia.folder, "built");
  mkdirSync(built);
  writeFileSync(join(built, "aiia"), `#!/bin/sh\nexec "${PROGRAM}" "$@"\n`);
  const script = fileURLToPath(new URL("../../scripts/package.mjs", import.meta.url));
  const printed = execFileSync(process.execPath, [script, "--program", join(built, "aiia")], { encoding: "utf8" });
  const [vsix] = printed.match(/\S+-\w+-\w+-[\d.]+\.vsix(?=: )/);
  return { vsix };
});

/** A file of the installed extension. */
function installed(name) {
  const extensions = join(aiia.folder, "vscode", "extensions");
  const folder = readdirSync(extensions).find((one) => one.startsWith("aiia."));
  return join(extensions, folder, "bin", name);
}

const notice = (text) => window.page.locator(".notifications-toasts").getByText(text).first();

test("the program of the package is started", async () => {
  await window.openSidebar();
  await window.chat().getByText("Ask something; the answer streams here").waitFor();
});

test("another program in its place is not", async () => {
  appendFileSync(installed("aiia"), "# changed\n");
  await window.command("aiia: Restart");
  await notice("is not what was packaged").waitFor();
  await window.page.locator(".statusbar").getByText("aiia", { exact: true }).waitFor();
});

test("nor one that the list of sums does not name", async () => {
  await window.command("Notifications: Clear All Notifications");
  writeFileSync(installed("checksums.json"), "{}");
  await window.command("aiia: Restart");
  await notice("does not tell what aiia is").waitFor();
});
