import { beforeEach, describe, expect, it } from "vitest";
import { Keeper, type Link, Missing, START_LIMIT, type Status, WAIT_LIMIT } from "../../src/lib/keeper";

/** A connection whose start the test lets succeed or fail. */
class Scripted implements Link {
  started = { resolve: () => {}, reject: (_error: Error) => {} };
  readonly #starting = new Promise<void>((resolve, reject) => {
    this.started = { resolve, reject };
  });
  stops = 0;

  constructor(readonly lose: () => void) {}

  open() {
    return this.#starting;
  }

  async close() {
    this.stops++;
  }
}

let made: Scripted[];
let seen: Status[];
let givenUp: Status[];
let timers: { at: number; work: () => void }[];
let now: number;
let missing: boolean;
let keeper: Keeper<Scripted>;

beforeEach(() => {
  [made, seen, givenUp, timers, now, missing] = [[], [], [], [], 0, false];
  keeper = new Keeper<Scripted>({
    make: async (onClosed) => {
      if (missing) throw new Missing("It is not there.");
      made.push(new Scripted(onClosed));
      return made[made.length - 1];
    },
    onStatus: (status) => seen.push(status),
    describe: (error) => (error as Error).message,
    onGivenUp: (status) => givenUp.push(status),
    now: () => now,
    later: (milliseconds, work) => {
      const timer = { at: now + milliseconds, work };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
  });
});

/** Lets everything happen that needs no time. */
async function settle() {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

async function pass(milliseconds: number) {
  now += milliseconds;
  const due = timers.filter((timer) => timer.at <= now);
  timers = timers.filter((timer) => timer.at > now);
  for (const { work } of due) work();
  await settle();
}

async function connect() {
  void keeper.start();
  await settle();
  made[made.length - 1].started.resolve();
  await settle();
}

const running = () => made.filter((link) => link.stops === 0);

describe("a connection", () => {
  it("is waited for", async () => {
    void keeper.start();
    const got = keeper.get();
    await settle();
    made[0].started.resolve();
    expect(await got).toBe(made[0]);
    expect(seen.map((status) => status.connection)).toEqual(["connected"]);
    expect(timers).toEqual([]);
  });

  it("is made anew while the first is still starting, and the first is ended", async () => {
    void keeper.start();
    await settle();
    void keeper.start();
    await settle();
    expect(made.map((link) => link.stops)).toEqual([1, 0]);
    made[0].started.resolve();
    made[0].lose();
    await settle();
    expect(keeper.status.connection).toBe("connecting");
    made[1].started.resolve();
    await settle();
    expect(keeper.link).toBe(made[1]);
  });

  it("is one, however often it is asked for", async () => {
    await connect();
    for (let wish = 0; wish < 5; wish++) void keeper.start();
    await settle();
    made[made.length - 1].started.resolve();
    await settle();
    expect(running()).toEqual([keeper.link]);
  });

  it("that is lost cannot be had until there is another", async () => {
    await connect();
    made[0].lose();
    expect(keeper.link).toBeUndefined();
    const got = keeper.get();
    await pass(0);
    made[1].started.resolve();
    expect(await got).toBe(made[1]);
    expect(seen.map((status) => status.connection)).toEqual(["connected", "lost", "connected"]);
    expect(made[0].stops).toBe(1);
  });

  it("that is lost while it starts is tried again", async () => {
    void keeper.start();
    await settle();
    made[0].lose();
    made[0].started.reject(new Error("disposed"));
    await pass(0);
    expect(made.length).toBe(2);
    expect(givenUp).toEqual([]);
  });

  it("that is lost again and again is left to the user, who is told at once", async () => {
    await connect();
    for (let loss = 0; loss < 8; loss++) {
      made[made.length - 1].lose();
      await pass(5000);
    }
    const got = keeper.get();
    made[made.length - 1].lose();
    await expect(got).rejects.toThrow("again and again");
    await expect(keeper.get()).rejects.toThrow("again and again");
    expect(givenUp.length).toBe(1);
    await connect();
    expect(keeper.link).toBe(made[made.length - 1]);
    made[made.length - 1].lose();
    expect(keeper.status).toEqual({ connection: "lost", detail: "" });
  });

  it.each([
    [() => made[0].started.reject(new Error("Another version.")), "lost", "Another version."],
    [() => made[0].started.reject(new Error("")), "lost", "The daemon is not there."],
    [() => pass(START_LIMIT), "lost", "does not answer"],
  ])("that cannot be started is said at once: %#", async (fail, connection, detail) => {
    void keeper.start();
    await settle();
    await fail();
    await settle();
    expect(keeper.status.connection).toBe(connection);
    await expect(keeper.get()).rejects.toThrow(detail);
    expect(givenUp).toEqual([keeper.status]);
  });

  it("without a program is missing until there is one", async () => {
    missing = true;
    await keeper.start();
    expect(keeper.status).toEqual({ connection: "missing", detail: "It is not there." });
    await expect(keeper.get()).rejects.toThrow("It is not there.");
    missing = false;
    await connect();
    expect(await keeper.get()).toBe(made[0]);
  });

  it("is not waited for without end", async () => {
    void keeper.start();
    const got = keeper.get();
    const failed = expect(got).rejects.toThrow("aiia: Restart");
    await settle();
    await pass(WAIT_LIMIT);
    await failed;
  });

  it("is ended for good", async () => {
    await connect();
    await keeper.stop();
    made[0].lose();
    await pass(60_000);
    expect(running()).toEqual([]);
    expect(made.length).toBe(1);
  });
});
