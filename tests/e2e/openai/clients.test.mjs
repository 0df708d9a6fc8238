// OpenAI's own clients, in JavaScript and in Python, against the API at /v1.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { Installation } from "../../../vscode-extension/tests/e2e/support/installation.mjs";

const QUESTION = [{ role: "user", content: "Hello?" }];
let aiia;
let base;
let key;
let project;

before(async () => {
  aiia = await Installation.make();
  aiia.model.always(["One ", "two ", "three."]);
  aiia.address();
  const runtime = aiia.runtime();
  [base, key] = [`http://127.0.0.1:${runtime.http_port}/v1`, runtime.token];
  project = await aiia.http("POST", "/projects", { name: "Clients" });
});

after(() => aiia?.stop());

/** The client, loaded from where it was installed. */
async function client(options = {}) {
  const folder = process.env.AIIA_OPENAI_NODE;
  if (!folder) throw new Error("AIIA_OPENAI_NODE names OpenAI's client; tests/run installs it.");
  const entry = createRequire(`${folder}/package.json`).resolve("openai");
  const { default: OpenAI } = await import(pathToFileURL(entry));
  return new OpenAI({ baseURL: base, apiKey: key, maxRetries: 0, timeout: 30_000, ...options });
}

test("the JavaScript client lists, asks and streams", async () => {
  const openai = await client();
  const names = (await openai.models.list()).data.map((model) => model.id);
  assert.ok(names.includes("scripted/m"), names.join());
  const whole = await openai.chat.completions.create({ model: "scripted/m", messages: QUESTION });
  assert.equal(whole.choices[0].message.content, "One two three.");
  assert.deepEqual([whole.usage.prompt_tokens, whole.usage.completion_tokens], [12, 3]);
  const options = { stream: true, stream_options: { include_usage: true } };
  let [text, usage] = ["", null];
  for await (const chunk of await openai.chat.completions.create({ model: "scripted/m", messages: QUESTION, ...options })) {
    text += chunk.choices.map((choice) => choice.delta.content ?? "").join("");
    usage = chunk.usage ?? usage;
  }
  assert.deepEqual([text, usage.completion_tokens], ["One two three.", 3]);
});

test("its errors are those that the client knows", async () => {
  const openai = await client();
  const refused = (change) => openai.chat.completions.create({ model: "scripted/m", messages: QUESTION, ...change });
  await assert.rejects(refused({ n: 2 }), { status: 400 });
  await assert.rejects(refused({ messages: [] }), { status: 400 });
  await assert.rejects(refused({ model: "nobody/m" }), { status: 404, code: "model_not_found" });
  await assert.rejects(refused({ model: "nobody/m", stream: true }), { status: 404, code: "model_not_found" });
  const image = (url) => [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }];
  await assert.rejects(refused({ messages: image("https://example.org/a.png") }), { status: 400 });
  const seen = await refused({ messages: image("data:image/png;base64,iVBORw0KGgo=") });
  assert.equal(seen.choices[0].message.content, "One two three.");
  await assert.rejects((await client({ apiKey: "wrong" })).models.list(), { status: 401 });
  await assert.rejects(openai.embeddings.create({ model: "scripted/m", input: "x" }), (error) => error.status >= 400);
});

test("a conversation is kept as a chat of a project", async () => {
  const openai = await client({ defaultHeaders: { "x-aiia-project": project.id } });
  await openai.chat.completions.create({ model: "scripted/m", messages: QUESTION });
  const { items } = await aiia.http("GET", `/chats?project_id=${project.id}`);
  assert.equal(items.length, 1);
});

test("the Python client lists, asks, streams and is refused", async () => {
  const env = { ...process.env, BASE_URL: base, API_KEY: key, PROJECT: project.id };
  const script = fileURLToPath(new URL("client.py", import.meta.url));
  const { stdout } = await promisify(execFile)("python3", ["-B", script], { env, timeout: 60_000 });
  assert.equal(stdout.trim(), "ok");
});
