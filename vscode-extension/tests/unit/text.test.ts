import { expect, it } from "vitest";
import { fenced, hunkAt, placeLabel } from "../../src/lib/text";

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

const hunk = (number: number, before: number, after: number, conflict?: string) => ({
  number,
  before_line: before,
  after_line: after,
  conflict,
});

it.each([
  [1, "after", 1],
  [7, "after", 1],
  [8, "after", 2],
  [99, "after", 2],
  [5, "before", 2],
] as const)("line %i of the %s side belongs to hunk %i", (line, side, expected) => {
  const hunks = [hunk(1, 2, 2), hunk(2, 5, 8), hunk(3, 9, 9, "does not fit")];
  expect(hunkAt(hunks, line, side)?.number).toBe(expected);
});

it("no hunk that does not fit is at a line", () => {
  expect(hunkAt([hunk(1, 2, 2, "does not fit")], 2, "after")).toBeUndefined();
});
