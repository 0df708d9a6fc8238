// Bundles the extension and the chat view. `--watch` goes on; `--page` also writes the view's bundle to where the daemon serves it.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { context } from "esbuild";

const folder = new URL("..", import.meta.url).pathname;
const page = new URL("../../daemon/crates/aiia-http/src/page/files/", import.meta.url).pathname;
const common = {
  absWorkingDir: folder,
  bundle: true,
  minify: true,
  sourcemap: false,
  logLevel: "warning",
  legalComments: "none",
};

const builds = [
  {
    ...common,
    entryPoints: ["src/main.ts"],
    outfile: "dist/main.js",
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["vscode"],
    // The packages name their CommonJS form as "main", which takes in things that are used nowhere.
    mainFields: ["module", "main"],
  },
  {
    ...common,
    entryPoints: { view: "webview/src/main.tsx" },
    outdir: "dist/webview",
    platform: "browser",
    target: "es2022",
    format: "iife",
    jsx: "automatic",
    jsxImportSource: "preact",
  },
];

const contexts = await Promise.all(builds.map((build) => context(build)));
await Promise.all(contexts.map((one) => one.rebuild()));
if (process.argv.includes("--watch")) {
  await Promise.all(contexts.map((one) => one.watch()));
} else {
  await Promise.all(contexts.map((one) => one.dispose()));
}
// The chat view's document holds them as they are, where these would end or hide them.
for (const name of ["view.js", "view.css"]) {
  const found = /<!--|<\/(script|style)/i.exec(readFileSync(`${folder}dist/webview/${name}`, "utf8"));
  if (found) throw new Error(`${name} must not contain ${found[0]}`);
}
if (process.argv.includes("--page") || process.argv.includes("--check")) {
  mkdirSync(page, { recursive: true });
  for (const name of ["view.js", "view.css"]) {
    const built = readFileSync(`${folder}dist/webview/${name}`);
    const sum = (bytes) => createHash("sha256").update(bytes).digest("hex");
    if (process.argv.includes("--page")) writeFileSync(page + name, built);
    else if (sum(built) !== sum(readFileSync(page + name))) {
      console.error(`The page's ${name} is not what its source gives. Run: npm run build`);
      process.exit(1);
    }
  }
}
