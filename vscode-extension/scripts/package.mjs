// Makes the packages: a universal one, and where the program is there, one for this platform with it inside.
// `--target NAME --program PATH` makes the one of another platform, `--universal` the universal one alone.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("..", import.meta.url));
const packages = join(folder, "dist", "packages");
const bin = join(folder, "bin");
const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const option = (name) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};

const target = option("target") ?? `${process.platform}-${process.arch}`;
const program = option("program") ?? process.env.AIIA_BIN ?? join(folder, "..", "target", "release", "aiia");

function vsce(...more) {
  const entry = join(folder, "node_modules", "@vscode", "vsce", "vsce");
  execFileSync(
    process.execPath,
    [entry, "package", "--no-dependencies", "--skip-license", "--allow-missing-repository", ...more],
    {
      cwd: folder,
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
}

/** Puts the program and the small one beside it into `bin`, with the sums that are checked before they are started. */
function bundle() {
  mkdirSync(bin, { recursive: true });
  const sums = {};
  for (const name of ["aiia", "aiia-attach"]) {
    const source = join(dirname(program), name);
    if (!existsSync(source)) continue;
    copyFileSync(source, join(bin, name));
    chmodSync(join(bin, name), 0o755);
    sums[name] = createHash("sha256").update(readFileSync(source)).digest("hex");
  }
  writeFileSync(join(bin, "checksums.json"), `${JSON.stringify(sums, null, 2)}\n`);
}

execFileSync(process.execPath, [join(folder, "scripts", "build.mjs")], { cwd: folder, stdio: "inherit" });
mkdirSync(packages, { recursive: true });
rmSync(bin, { recursive: true, force: true });
const made = [join(packages, `aiia-${version}.vsix`)];
vsce("--out", made[0]);
if (process.argv.includes("--universal")) {
  console.log("The package with the program was not asked for.");
} else if (existsSync(program)) {
  bundle();
  made.push(join(packages, `aiia-${target}-${version}.vsix`));
  vsce("--target", target, "--out", made[1]);
  rmSync(bin, { recursive: true, force: true });
} else {
  console.log(`${program} is missing: no package with the program was made. Run: cargo build --release -p aiia -p aiia-attach`);
}
for (const path of made) console.log(`${path}: ${(statSync(path).size / 1e6).toFixed(2)} MB`);
