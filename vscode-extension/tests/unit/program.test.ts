import { describe, expect, it } from "vitest";
import { candidates, choose, sums } from "../../src/lib/program";

const around = { setting: "", extensionPath: "/x", home: "/home/u", path: "/a:/b" };
const paths = (more: object) => candidates({ ...around, ...more }).map((candidate) => candidate.path);

describe("where the program is looked for", () => {
  it.each([
    [{}, ["/x/bin/aiia", "/a/aiia", "/b/aiia", "/home/u/.local/bin/aiia", "/home/u/.cargo/bin/aiia"]],
    [{ setting: "/s/aiia" }, ["/s/aiia"]],
    [{ setting: " ~/aiia " }, ["/home/u/aiia"]],
    [{ path: ".:bin:/a:/a" }, ["/x/bin/aiia", "/a/aiia", "/home/u/.local/bin/aiia", "/home/u/.cargo/bin/aiia"]],
    [{ path: "/home/u/.local/bin" }, ["/x/bin/aiia", "/home/u/.local/bin/aiia", "/home/u/.cargo/bin/aiia"]],
  ])("%j", (more, expected) => {
    expect(paths(more)).toEqual(expected);
  });

  it("is the first that can be run", () => {
    const all = candidates(around);
    expect(choose(all, (path) => path === "/b/aiia")).toEqual({ path: "/b/aiia", from: "path" });
    expect(choose(all, () => false)).toBeUndefined();
  });
});

const SUM = "0".repeat(64);

it.each([
  [`{"aiia":"${SUM}"}`, ["aiia"]],
  ["{}", []],
  [`{"aiia":"${SUM.slice(1)}"}`, undefined],
  ['{"aiia":1}', undefined],
  ["[]", undefined],
  ["null", undefined],
  ["", undefined],
])("%s lists %j", (text, names) => {
  const found = sums(text);
  expect(found && Object.keys(found)).toEqual(names);
});
