import { expect, it } from "vitest";
import { Backoff } from "../../src/lib/backoff";

it("waits longer with each loss, and then leaves it to the user", () => {
  const backoff = new Backoff();
  const delays = Array.from({ length: 9 }, (_, index) => backoff.next(index * 100));
  expect(delays).toEqual([0, 250, 1000, 2000, 5000, 5000, 5000, 5000, undefined]);
});

it("starts over after a calm minute", () => {
  const backoff = new Backoff();
  backoff.next(0);
  expect(backoff.next(30_000)).toBe(250);
  expect(backoff.next(100_000)).toBe(0);
});
