import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isWebLink, parseFromView } from "../../src/lib/view_protocol";

describe("messages of the view", () => {
  it.each([
    { type: "ready" },
    { type: "current", chatId: null },
    { type: "current", chatId: "0190a0a0-0000-7000-8000-000000000000" },
    { type: "call", id: 0, operation: "chat.list", params: {} },
    { type: "host", id: 1, what: { action: "insert", text: "x" } },
    { type: "host", id: 1, what: { action: "newFile", text: "x", language: "c++" } },
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
    { type: "host", id: 1, what: { action: "openFile", path: "/a", line: -1 } },
    { type: "host", id: 1, what: { action: "export", chatId: "0190a0a0", format: "zip" } },
    { type: "host", id: 1, what: { action: "export", chatId: "../x", format: "json" } },
  ])("%# is dropped", (message) => {
    expect(parseFromView(message)).toBeUndefined();
  });

  it("takes every operation that the view's own code asks for", () => {
    const folder = new URL("../../webview/src/", import.meta.url);
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));
    const asked = sources
      // The browser's transport has a session of its own.
      .filter((name) => name !== "transport_browser.ts")
      .flatMap((name) =>
        [...readFileSync(new URL(name, folder), "utf8").matchAll(/\.call\("([\w.]+)"/g)].map((match) => match[1]),
      );
    expect(asked).toContain("template.start");
    const dropped = asked.filter((operation) => !parseFromView({ type: "call", id: 1, operation, params: {} }));
    expect(dropped).toEqual([]);
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
