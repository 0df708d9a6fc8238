import { expect, it } from "vitest";
import { within } from "../../src/lib/look_up";

const never = new Promise<string>(() => {});

it("takes what is there in time, in the order of the questions", async () => {
  const late = within(1, [never, Promise.resolve("b"), Promise.reject(new Error("no server"))]);
  expect(await late).toEqual([null, "b", null]);
});

it("does not wait when all is told", async () => {
  expect(await within(2 ** 30, [Promise.resolve("a"), Promise.resolve("b")])).toEqual(["a", "b"]);
  expect(await within(2 ** 30, [])).toEqual([]);
});
