import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { isWebLink, needsTrust, parseFromView, VIEW_OPERATIONS, waitingFor } from "../../src/lib/view_protocol";

/** Whether a file is code of the view that calls the daemon. The browser's transport has a session of its own. */
function isOfView(path: string): boolean {
  const isShared = path.endsWith("/src/lib/changes.ts");
  return isShared || (path.includes("/webview/src/") && !path.endsWith("/transport_browser.ts"));
}

/** The operations that the view's code calls, each with the names of what it may give along. */
function parametersGiven(): [operation: string, name: string][] {
  const folder = new URL("../..", import.meta.url).pathname;
  const { config } = ts.readConfigFile(`${folder}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  const program = ts.createProgram([`${folder}webview/src/main.tsx`], options);
  const checker = program.getTypeChecker();
  const given: [string, string][] = [];
  const visit = (node: ts.Node): void => {
    const called = ts.isCallExpression(node) ? node.expression : undefined;
    const name = called && (ts.isPropertyAccessExpression(called) ? called.name : called);
    if (ts.isCallExpression(node) && name && ts.isIdentifier(name) && name.text === "call") {
      const [operation, params] = node.arguments;
      if (params && ts.isStringLiteral(operation)) {
        for (const property of checker.getTypeAtLocation(params).getApparentProperties())
          given.push([operation.text, property.name]);
      }
    }
    ts.forEachChild(node, visit);
  };
  for (const file of program.getSourceFiles()) if (isOfView(file.fileName)) visit(file);
  return given;
}

describe("messages of the view", () => {
  it.each([
    { type: "ready" },
    { type: "current", chatId: null },
    { type: "current", chatId: "0190a0a0-0000-7000-8000-000000000000" },
    { type: "call", id: 0, operation: "chat.list", params: {} },
    { type: "host", id: 1, what: { action: "insert", text: "x" } },
    { type: "host", id: 1, what: { action: "newFile", text: "x", language: "c++" } },
    { type: "host", id: 1, what: { action: "newFile", text: "x", language: "asp.net" } },
    { type: "host", id: 1, what: { action: "checkAttached", path: "/a", text: "x" } },
    { type: "host", id: 1, what: { action: "checkAttached", path: "/a", lines: { start: 1, end: 2 }, text: "x" } },
    { type: "host", id: 1, what: { action: "openLink", url: "https://x.example/" } },
    { type: "host", id: 1, what: { action: "attachUris", uris: ["file:///a"] } },
    { type: "host", id: 1, what: { action: "restart" } },
    { type: "host", id: 1, what: { action: "import" } },
    { type: "host", id: 1, what: { action: "export", chatId: "0190a0a0-0000-7000-8000-000000000000", format: "html" } },
  ])("%j is taken", (message) => {
    expect(parseFromView(message)).toEqual(message);
  });

  it.each([
    null,
    undefined,
    "ready",
    [],
    { type: "nothing" },
    { type: "call", id: -1, operation: "chat.list", params: {} },
    { type: "call", id: "1", operation: "chat.list", params: {} },
    { type: "call", id: 1, operation: "edit.accept", params: {} },
    { type: "call", id: 1, operation: "workspace.index", params: {} },
    { type: "call", id: 1, operation: "chat.purge", params: {} },
    { type: "call", id: 1, operation: "__proto__", params: {} },
    { type: "call", id: 1, operation: "chat.list", params: [] },
    { type: "call", id: 1, operation: "run.start", params: { content: "x".repeat(8_000_001) } },
    { type: "current", chatId: "../x" },
    { type: "host", id: 1, what: { action: "command", command: "workbench.action.terminal.new" } },
    { type: "host", id: 1, what: { action: "insert", text: 1 } },
    { type: "host", id: 1, what: { action: "newFile", text: "x", language: "a b" } },
    { type: "host", id: 1, what: { action: "review", editId: "a/b" } },
    { type: "host", id: 1, what: { action: "openLink", url: "command:x" } },
    { type: "host", id: 1, what: { action: "openLink", url: "https://user@x.example/" } },
    { type: "host", id: 1, what: { action: "attachUris", uris: [1] } },
    { type: "host", id: 1, what: { action: "openFile", path: "/a", line: 1 } },
    { type: "host", id: 1, what: { action: "openInBrowser" } },
    { type: "host", id: 1, what: { action: "checkAttached", path: "/a", lines: { start: 0, end: 2 }, text: "x" } },
    { type: "call", id: 1, operation: "project.update", params: { project_id: "p", folders: ["/"] } },
    { type: "call", id: 1, operation: "project.create", params: { name: "x", folders: ["/"] } },
    { type: "call", id: 1, operation: "project.create", params: { name: "x", system_prompt: "y" } },
    { type: "call", id: 1, operation: "chat.update", params: { chat_id: "c", system_prompt: "y" } },
    { type: "call", id: 1, operation: "run.start", params: { chat_id: "c", content: "x", models: ["a", "b"] } },
    { type: "call", id: 1, operation: "edit.propose", params: { message_id: "m", documents: [{ path: "/a" }] } },
    { type: "call", id: 1, operation: "action.start", params: { kind: "edit", document: { path: "/a" } } },
    { type: "call", id: 1, operation: "context.get", params: { document: { path: "/a" } } },
    { type: "host", id: 1, what: { action: "export", chatId: "0190a0a0", format: "zip" } },
    { type: "host", id: 1, what: { action: "export", chatId: "../x", format: "json" } },
  ])("%# is dropped", (message) => {
    expect(parseFromView(message)).toBeUndefined();
  });

  const folder = new URL("../..", import.meta.url).pathname;
  const sources = ["webview/src", "src/lib"]
    .flatMap((part) =>
      readdirSync(folder + part, { recursive: true, encoding: "utf8" }).map((name) => `${folder}${part}/${name}`),
    )
    .filter((path) => /\.tsx?$/.test(path) && isOfView(path))
    .map((path) => readFileSync(path, "utf8"));
  const used = (pattern: RegExp) =>
    new Set(sources.flatMap((source) => [...source.matchAll(pattern)].map((match) => match[1] ?? "")));

  it("are about the operations that the view's own code asks for, and no others", () => {
    const asked = used(/\bcall\(\s*"([\w.]+)"/g);
    expect([...asked].filter((operation) => !VIEW_OPERATIONS.includes(operation))).toEqual([]);
    // How the daemon is may be asked for at any time.
    expect(VIEW_OPERATIONS.filter((operation) => !asked.has(operation))).toEqual(["system.status"]);
  });

  it("have no parameters but those that are let through", () => {
    const isTaken = (operation: string, name: string) => {
      const kind = operation === "action.start" ? { kind: "ask" } : {};
      return parseFromView({ type: "call", id: 1, operation, params: { [name]: "x", ...kind } }) !== undefined;
    };
    const given = parametersGiven();
    expect(given.length).toBeGreaterThan(30);
    expect(given.filter(([operation, name]) => !isTaken(operation, name))).toEqual([]);
  }, 60_000);

  it("are about the actions that the view's own code asks for, and no others", () => {
    const id = "0190a0a0-0000-7000-8000-000000000000";
    const rest = {
      text: "x",
      path: "/a",
      language: "",
      editId: id,
      chatId: id,
      format: "json",
      url: "https://x.example/",
      uris: [],
    };
    const isTaken = (action: string) => parseFromView({ type: "host", id: 1, what: { ...rest, action } }) !== undefined;
    const asked = used(/action: "(\w+)"/g);
    expect([...asked].filter((action) => !isTaken(action))).toEqual([]);
    const source = readFileSync(new URL("../../src/lib/view_protocol.ts", import.meta.url), "utf8");
    const declared = [...source.matchAll(/^ {2}\| \{ action: "(\w+)"/gm)].map((match) => match[1] ?? "");
    expect(declared.length).toBeGreaterThan(5);
    expect(declared.filter((action) => !asked.has(action))).toEqual([]);
  });

  it("are answered when they are dropped, where somebody waits", () => {
    expect(waitingFor({ type: "call", id: 3, operation: "no.such" })).toBe(3);
    expect(waitingFor({ type: "host", id: 0, what: { action: "attachUris", uris: Array(21).fill("file:///a") } })).toBe(0);
    for (const message of [undefined, { type: "call", id: "3" }, { type: "current", id: 3 }])
      expect(waitingFor(message)).toBeUndefined();
  });

  it("wait for trust where a folder would be read or changed", () => {
    expect(VIEW_OPERATIONS.filter(needsTrust)).toEqual(["project.resolve", "action.start", "edit.propose"]);
  });

  it("keeps nothing that was not asked for", () => {
    const message = { type: "host", id: 1, what: { action: "copy", text: "x", command: "y" }, more: 1 };
    expect(parseFromView(message)).toEqual({ type: "host", id: 1, what: { action: "copy", text: "x" } });
  });
});

it.each([
  ["https://x.example/?q", true],
  ["HTTP://x.example", true],
  ["javascript:alert(1)", false],
  ["command:x", false],
  ["vscode:extension/x", false],
  ["file:///etc/passwd", false],
  ["data:text/html,x", false],
  ["//x.example", false],
  ["", false],
])("%s leads to the web: %s", (url, expected) => {
  expect(isWebLink(url)).toBe(expected);
});
