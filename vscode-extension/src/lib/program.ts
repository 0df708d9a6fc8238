/** Where the program `aiia` may be, in the order in which it is looked for. */

import { delimiter, isAbsolute, join } from "node:path";

const PROGRAM = "aiia";

export interface Surroundings {
  /** The setting `aiia.path`; empty where the user set none. */
  setting: string;
  extensionPath: string;
  home: string;
  /** The variable PATH. */
  path: string;
}

export interface Candidate {
  path: string;
  from: "setting" | "bundled" | "path" | "home";
}

/** The candidates, best first. A setting is the only one: what the user names is used or reported, never replaced. */
export function candidates(around: Surroundings): Candidate[] {
  const setting = around.setting.trim();
  if (setting !== "") {
    const path = setting.startsWith("~") ? join(around.home, setting.slice(1)) : setting;
    return [{ path, from: "setting" }];
  }
  const found: Candidate[] = [{ path: join(around.extensionPath, "bin", PROGRAM), from: "bundled" }];
  // A relative entry would let the opened folder name the program.
  for (const folder of around.path.split(delimiter).filter((folder) => isAbsolute(folder))) {
    found.push({ path: join(folder, PROGRAM), from: "path" });
  }
  for (const folder of [".local/bin", ".cargo/bin"]) {
    found.push({ path: join(around.home, folder, PROGRAM), from: "home" });
  }
  return found.filter((one, index) => found.findIndex((other) => other.path === one.path) === index);
}

/** The first candidate that can be run. */
export function choose(all: Candidate[], canRun: (path: string) => boolean): Candidate | undefined {
  return all.find((candidate) => canRun(candidate.path));
}

/** The sums of the packaged files by name; undefined for a text that is no such list. */
export function sums(text: string): Record<string, string> | undefined {
  try {
    const list: unknown = JSON.parse(text);
    if (typeof list !== "object" || list === null || Array.isArray(list)) return undefined;
    const isSum = (sum: unknown) => typeof sum === "string" && /^[0-9a-f]{64}$/.test(sum);
    return Object.values(list).every(isSum) ? (list as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}
