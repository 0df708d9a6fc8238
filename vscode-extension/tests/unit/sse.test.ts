import { expect, test } from "vitest";
import { follow, type Page } from "../../webview/src/sse";

/** A page that can be hidden. */
class FakePage extends EventTarget {
  hidden = false;
  set(hidden: boolean) {
    this.hidden = hidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

/** A place that is connected to, with every connection's stream. */
function place() {
  const connections: { path: string; signal: AbortSignal; say: (text: string) => void }[] = [];
  let onConnection = () => {};
  const open = async (path: string, signal: AbortSignal) => {
    let say = (_: string) => {};
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        say = (text) => controller.enqueue(new TextEncoder().encode(text));
        signal.addEventListener("abort", () => controller.error(new Error("aborted")));
      },
    });
    connections.push({ path, signal, say });
    onConnection();
    return new Response(body);
  };
  const connected = (count: number) =>
    new Promise<void>((resolve) => {
      onConnection = () => connections.length >= count && resolve();
      onConnection();
    });
  return { connections, open, connected };
}

test("a page that nobody sees holds no connection, and goes on where it was", async () => {
  const page = new FakePage();
  const { connections, open, connected } = place();
  const ended = new AbortController();
  const seen: number[] = [];
  let [lost, heard] = [0, () => {}];
  const event = () =>
    new Promise<void>((resolve) => {
      heard = resolve;
    });
  const done = follow(open, {
    path: () => `?after=${seen.at(-1) ?? 0}`,
    onEvent: ({ seq }: { seq: number }) => {
      seen.push(seq);
      heard();
      return false;
    },
    onLost: () => lost++,
    signal: ended.signal,
    page: page as unknown as Page,
  });
  await connected(1);
  const first = event();
  connections[0].say('data: {"seq":1}\n\n');
  await first;
  page.set(true);
  expect(connections[0].signal.aborted).toBe(true);
  page.set(false);
  await connected(2);
  const second = event();
  connections[1].say('data: {"seq":2}\n\n');
  await second;
  expect([seen, lost, connections.map(({ path }) => path)]).toEqual([[1, 2], 0, ["?after=0", "?after=1"]]);
  page.set(true);
  ended.abort();
  await done;
  expect(connections.map(({ signal }) => signal.aborted)).toEqual([true, true]);
});

test("a page that is opened in the background connects when it is seen", async () => {
  const page = new FakePage();
  page.hidden = true;
  const { connections, open, connected } = place();
  const ended = new AbortController();
  const done = follow(open, { path: () => "/", onEvent: () => false, signal: ended.signal, page: page as unknown as Page });
  await Promise.resolve();
  expect(connections).toEqual([]);
  page.set(false);
  await connected(1);
  ended.abort();
  await done;
});
