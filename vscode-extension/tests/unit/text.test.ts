import { expect, it } from "vitest";
import { fenced, placeLabel, remarksDocument, traced, unformatted } from "../../src/lib/text";

it.each([
  ["/a/b.rs", undefined, "b.rs"],
  ["/a/b.rs", { start: 3, end: 3 }, "b.rs:3"],
  ["C:\\a\\b.rs", { start: 3, end: 9 }, "b.rs:3-9"],
  ["untitled:Untitled-1", undefined, "untitled:Untitled-1"],
])("%s %j is called %s", (path, lines, expected) => {
  expect(placeLabel(path, lines)).toBe(expected);
});

it.each([
  ["a", "```\na\n```"],
  ["```\na\n```\n", "````\n```\na\n```\n````"],
  ["`````", "``````\n`````\n``````"],
])("%j cannot end its fence", (text, expected) => {
  expect(fenced(text)).toBe(expected);
});

it.each([
  ["a.py: b", "a.py: b"],
  ["![x](https://x.example/i)", "\\!\\[x\\](https://x.example/i)"],
  ["\\` ![x](y) `", "\\\\\\` \\!\\[x\\](y) \\`"],
  ["<img src=x>\n# two", "\\<img src=x\\> \\# two"],
])("%j is said as it is", (text, expected) => {
  expect(unformatted(text)).toBe(expected);
});

it("what an import left out is a list of lines", () => {
  expect(remarksDocument(["a\n\n# b", "c"])).toBe("# Import\n\n- a \\# b\n- c\n");
});

it("leaves keys out of what is traced", () => {
  const request = 'Sending request \'aiia/key/set - (5)\'.\nParams: {"provider":"p","key":"sk-1"}';
  const message = '{"type":"send-request","message":{"method":"aiia/key/set","params":{"key":"sk-1"}}}';
  for (const text of [request, message]) expect(traced(text)).not.toContain("sk-1");
  expect(traced("Sending request 'aiia/chat/list - (6)'.")).toBe("Sending request 'aiia/chat/list - (6)'.");
});
