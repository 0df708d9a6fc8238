// One installation of aiia in a folder of its own: data, configuration, workspace, scripted model.

import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ModelServer } from "./model_server.mjs";

export const PROGRAM = process.env.AIIA_BIN ?? new URL("../../../../target/debug/aiia", import.meta.url).pathname;

export class Installation {
  static async make() {
    const one = new Installation();
    one.folder = mkdtempSync(join(tmpdir(), "aiia-ui-"));
    one.workspace = join(one.folder, "work");
    one.model = await ModelServer.start();
    mkdirSync(join(one.workspace, ".git"), { recursive: true });
    const config = join(one.folder, "config.toml");
    writeFileSync(
      config,
      `model = "scripted/m"\n[providers.scripted]\ndialect = "openai_chat"\nbase_url = "${one.model.url}"\nmodels = ["m", "other"]\n`,
    );
    one.env = {
      ...process.env,
      AIIA_DATA_DIR: join(one.folder, "data"),
      AIIA_CONFIG: config,
      AIIA_DISCOVERY: "off",
      // A clean home: what is installed in the real one is not what is tested. VSCode asks a login shell for the PATH, so that the
      // program is where a user would put it.
      HOME: one.folder,
    };
    mkdirSync(join(one.folder, ".local", "bin"), { recursive: true });
    symlinkSync(PROGRAM, join(one.folder, ".local", "bin", "aiia"));
    delete one.env.AIIA_MODEL;
    delete one.env.AIIA_MODEL_FILE;
    return one;
  }

  write(name, text) {
    const path = join(this.workspace, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  run(...args) {
    return execFileSync(PROGRAM, args, { env: this.env, cwd: this.workspace, encoding: "utf8" });
  }

  /** Runs the program in another folder, where it may ask the model: that answers meanwhile. */
  async runIn(cwd, ...args) {
    const { stdout } = await promisify(execFile)(PROGRAM, args, { env: this.env, cwd });
    return stdout;
  }

  /** The address that signs a browser in, once. */
  address() {
    return this.run("open", "--print").trim();
  }

  /** Has the running daemon be taken for another version. */
  pretendVersion(version) {
    const file = join(this.env.AIIA_DATA_DIR, "run", "daemon.json");
    writeFileSync(file, JSON.stringify({ ...this.runtime(), version }));
  }

  /** The running daemon: its port, its token, its process. */
  runtime() {
    return JSON.parse(readFileSync(join(this.env.AIIA_DATA_DIR, "run", "daemon.json"), "utf8"));
  }

  /** Asks until there is an answer, at most for thirty seconds. */
  async until(what, ask) {
    const end = Date.now() + 120_000;
    for (;;) {
      const answer = await Promise.resolve()
        .then(ask)
        .catch(() => undefined);
      if (answer) return answer;
      if (Date.now() > end) throw new Error(`${what}: nothing within two minutes`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** An operation over HTTP. */
  async http(method, path, body) {
    const { http_port, token } = this.runtime();
    const response = await fetch(`http://127.0.0.1:${http_port}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body ? { "content-type": "application/json" } : {}) },
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  stop() {
    try {
      this.run("stop");
    } catch {
      // It may have ended already.
    }
    this.model.stop();
    // What was started in the folder may still be writing its last words.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
  }
}
