import { expect, it } from "vitest";
import { isAsAttached, pathOf, placeOf } from "../../src/lib/places";

const uri = (text: string, fsPath = "") => ({ scheme: text.slice(0, text.indexOf(":")), fsPath, toString: () => text });

it.each([
  [uri("file:///w/a%20b.py", "/w/a b.py"), "/w/a b.py"],
  [uri("file:///c%3A/w/a.py", "c:\\w\\a.py"), "C:\\w\\a.py"],
  [uri("untitled:Untitled-1"), "untitled:Untitled-1"],
  [uri("untitled:/w/new%20one.py", "/w/new one.py"), "untitled:/w/new%20one.py"],
  [uri("vscode-notebook-cell:/w/a.ipynb#W0"), "untitled:vscode-notebook-cell:/w/a.ipynb#W0"],
  [uri("vscode-vfs://github/o/r/a.py"), "untitled:vscode-vfs://github/o/r/a.py"],
])("%s is called %s", (address, path) => {
  expect(pathOf(address)).toBe(path);
});

it.each([
  ["/w/a b.py", { file: "/w/a b.py" }],
  ["untitled:Untitled-1", { uri: "untitled:Untitled-1" }],
  ["untitled:vscode-vfs://github/o/r/a.py", { uri: "vscode-vfs://github/o/r/a.py" }],
])("%s is at %j", (path, place) => {
  expect(placeOf(path)).toEqual(place);
});

it.each([
  ["a\nb\n", "a\nb\n", false, true],
  ["a\nb\n", "a\n", false, false],
  ["b\nc\n", "b\nc\n", true, true],
  ["b\nc", "b\nc", true, true],
  ["b\r\ncde\r\n", "b\r\nc", true, true],
  ["b\nc\n", "b", true, false],
  ["x\nc\n", "b\nc\n", true, false],
])("of %j, %j (a part: %s) is what was attached: %s", (now, attached, isPart, expected) => {
  expect(isAsAttached(now, attached, isPart)).toBe(expected);
});
