import { describe, expect, it } from "vitest";
import type { Message } from "../../src/lib/api";
import { ROUTES } from "../../src/lib/routes";
import { sentences } from "../../webview/src/sentences";
import { EventParser } from "../../webview/src/sse";
import { merge } from "../../webview/src/state";
import { request } from "../../webview/src/transport_browser";

describe("server-sent events", () => {
  const stream = 'id: 1\ndata: {"a":1}\n\n: alive\n\ndata: {"b":\ndata: 2}\n\n';
  it.each([1, 2, 3, 7, 1000])("are read in pieces of %i", (size) => {
    const parser = new EventParser();
    const found: unknown[] = [];
    for (let at = 0; at < stream.length; at += size) found.push(...parser.push(stream.slice(at, at + size)));
    expect(found).toEqual([{ a: 1 }, { b: 2 }]);
  });
});

describe("requests", () => {
  it("have their parameters in the path, the query or the body", () => {
    expect(request("chat.get", { chat_id: "a/b" })).toEqual({ method: "GET", path: "/api/v1/chats/a%2Fb" });
    expect(request("chat.list", { project_id: "p", cursor: undefined, limit: 5 }).path).toBe(
      "/api/v1/chats?project_id=p&limit=5",
    );
    expect(request("run.start", { chat_id: "c", content: "x" })).toEqual({
      method: "POST",
      path: "/api/v1/chats/c/runs",
      body: '{"content":"x"}',
    });
  });
  it("are there for every operation", () => {
    for (const [method, path] of Object.values(ROUTES)) {
      expect(["GET", "POST", "PATCH", "DELETE"]).toContain(method);
      expect(path).toMatch(/^\/api\/v1\//);
    }
  });
});

describe("the messages after reading again", () => {
  const list = (...ids: string[]) => ids.map((id) => ({ id }) as Message);
  const ids = (known: string[], page: string[]) => {
    const { messages, older } = merge(list(...known), list(...page), "page", "known");
    return [messages.map((message) => message.id).join(""), older];
  };
  it.each([
    [[], ["a", "b"], ["ab", "page"]],
    [
      ["a", "b"],
      ["b", "c"],
      ["abc", "known"],
    ],
    [
      ["a", "b"],
      ["a", "x"],
      ["ax", "page"],
    ],
    [["a", "b", "c"], ["b"], ["ab", "known"]],
    [
      ["a", "b"],
      ["x", "y"],
      ["xy", "page"],
    ],
    [["a", "b"], [], ["", "page"]],
  ])("%j and the page %j are %j", (known, page, expected) => {
    expect(ids(known, page)).toEqual(expected);
  });
});

it.each([
  ["", []],
  ["One. Two!  Three?", ["One.", "Two!", "Three?"]],
  ["Version 1.2 is out. Go", ["Version 1.2 is out.", "Go"]],
  ["no end\n of it", ["no end of it"]],
])("%j is read out as %j", (text, expected) => {
  expect(sentences(text)).toEqual(expected);
});
