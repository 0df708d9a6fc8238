import { describe, expect, it } from "vitest";
import type { EditPreview } from "../../src/lib/api";
import { complaint, hunkAt, nextHunk, placed } from "../../src/lib/hunks";

const hunk = (number: number, start: number, lines: number, conflict?: string) => ({ number, start, lines, conflict });
const HUNKS = [hunk(1, 2, 3), hunk(2, 8, 0), hunk(3, 12, 1), hunk(4, 12, 1, "does not fit")];

describe("the hunk at a line", () => {
  it.each([
    [1, undefined],
    [2, 1],
    [4, 1],
    [5, undefined],
    [7, 2],
    [8, 2],
    [9, undefined],
    [12, 3],
    [13, undefined],
  ])("%i is %s", (line, expected) => {
    expect(hunkAt(HUNKS, line)?.number).toBe(expected);
  });

  it.each([
    [1, 1],
    [3, 2],
    [8, 2],
    [9, 3],
    [13, 1],
  ])("after %i is %s", (line, expected) => {
    expect(nextHunk(HUNKS, line)?.number).toBe(expected);
  });

  it("is none where none fits", () => {
    expect(hunkAt([hunk(1, 2, 2, "no")], 2) ?? nextHunk([hunk(1, 2, 2, "no")], 2)).toBeUndefined();
  });
});

it("hunks have the lines of their side", () => {
  const file = {
    path: "/a",
    hunks: [
      { number: 7, before_line: 1, after_line: 3, conflict: null },
      { number: 8, before_line: 5, after_line: 9, conflict: "no" },
    ],
  };
  const rows = [
    { number: 7, old_lines: 2, new_lines: 4 },
    { number: 8, old_lines: 1, new_lines: 0 },
  ];
  const preview = { edit: { files: [{ path: "/b" }, { path: "/a", hunks: rows }] }, files: [file] } as unknown as EditPreview;
  expect(placed(preview, preview.files[0], "before")).toEqual([hunk(7, 1, 2), hunk(8, 5, 1, "no")]);
  expect(placed(preview, preview.files[0], "after")).toEqual([hunk(7, 3, 4), hunk(8, 9, 0, "no")]);
});

it.each([
  ["Hunk 1 does not fit /w/a.py: its lines were changed.", "its lines were changed"],
  ["It is no text any more.", "It is no text any more"],
])("%s is said as %s", (conflict, expected) => {
  expect(complaint(conflict, "/w/a.py")).toBe(expected);
});
