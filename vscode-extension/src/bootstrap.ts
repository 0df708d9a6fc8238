/** Finds the program, and says what to do where there is none. */

import { createHash } from "node:crypto";
import { accessSync, constants, createReadStream, existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type * as vscode from "vscode";
import { config } from "./config";
import { Missing } from "./lib/keeper";
import { type Candidate, candidates, choose, sums } from "./lib/program";

/** The program to start. */
export async function findProgram(context: vscode.ExtensionContext): Promise<Candidate> {
  const setting = config.path();
  const all = candidates({
    setting,
    extensionPath: context.extensionPath,
    home: homedir(),
    path: process.env.PATH ?? "",
  });
  const found = choose(all, canRun);
  if (!found) {
    throw new Missing(
      setting
        ? `The setting aiia.path names ${setting}, which is no program that can be run.`
        : "The program aiia was not found: it is not in this extension, not on the PATH and not in ~/.local/bin.",
    );
  }
  if (found.from === "bundled") await verify(context, found.path);
  return found;
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** A bundled program is started only when it is the one that was packaged. Checked again when the file is another one. */
async function verify(context: vscode.ExtensionContext, program: string): Promise<void> {
  const list = join(dirname(program), "checksums.json");
  if (!existsSync(list)) throw new Missing(`${list} is missing; install the extension again.`);
  const { size, mtimeMs } = statSync(program);
  const stamp = `${program} ${size} ${mtimeMs}`;
  if (context.globalState.get("verified") === stamp) return;
  const wanted = sums(await readFile(list, "utf8"));
  if (!wanted || !Object.hasOwn(wanted, basename(program))) {
    throw new Missing(`${list} does not tell what ${basename(program)} is; install the extension again.`);
  }
  for (const [name, sum] of Object.entries(wanted)) {
    const hash = createHash("sha256");
    await pipeline(createReadStream(join(dirname(program), basename(name))), hash);
    if (hash.digest("hex") !== sum) {
      throw new Missing(`${name} of this extension is not what was packaged; install the extension again.`);
    }
  }
  await context.globalState.update("verified", stamp);
}
