import { describe, expect, test } from "vitest";
import type { Chat } from "../../src/lib/api";
import { type ChatChange, changeChat, whatOthersDid } from "../../src/lib/changes";

const KNOWN = { id: "c", version: 3, title: "Old", title_is_automatic: false, project_id: "p", model: null } as Chat;

/** A daemon with one chat, which somebody changes with `meanwhile` before each of the first attempts to change it. */
function daemon(...meanwhile: Partial<Chat>[]) {
  let chat = KNOWN;
  const calls: [operation: string, params: Record<string, unknown>][] = [];
  const call = async (operation: string, { chat_id, if_version, ...change }: Record<string, unknown>) => {
    calls.push([operation, { chat_id, if_version, ...change }]);
    if (operation === "chat.get") return chat;
    const other = meanwhile.shift();
    if (other) chat = { ...chat, ...other, version: chat.version + 1 };
    if (if_version !== chat.version) throw { code: "precondition_failed", detail: "It is another one.", status: 412 };
    chat = { ...chat, ...change, version: chat.version + 1 };
    return chat;
  };
  return { call: call as unknown as Parameters<typeof changeChat>[0], calls, now: () => chat };
}

describe("a change of a chat", () => {
  test("is for the version that was known", async () => {
    const { call, calls } = daemon();
    const { chat, conflicts } = await changeChat(call, KNOWN, { title: "Mine" });
    expect([chat.title, conflicts]).toEqual(["Mine", []]);
    expect(calls).toEqual([["chat.update", { chat_id: "c", title: "Mine", if_version: 3 }]]);
  });

  test.each<[string, Partial<Chat>, ChatChange, string]>([
    ["title", { title: "Theirs" }, { title: "Mine" }, "was renamed to “Theirs” elsewhere meanwhile."],
    ["project_id", { project_id: "q" }, { project_id: "r" }, "was moved to “Quarry” elsewhere meanwhile."],
    ["model", { model: "m" }, { model: "n" }, "was given the model m elsewhere meanwhile."],
    ["tags", { tags: ["a"] }, { tags: ["b"] }, "was tagged a elsewhere meanwhile."],
  ])("is not made where others changed the same: %s", async (field, theirs, change, said) => {
    const { call, now } = daemon(theirs);
    const outcome = await changeChat(call, KNOWN, change);
    expect([outcome.conflicts, outcome.chat]).toEqual([[field], now()]);
    expect(now()).toMatchObject(theirs);
    expect(whatOthersDid(outcome, [{ id: "q", name: "Quarry" }])).toBe(said);
  });

  test.each<[string, Partial<Chat>[], ChatChange]>([
    ["other parts", [{ pinned: true }, { model: "m" }], { title: "Mine" }],
    ["the same to the same", [{ title: "Mine" }], { title: "Mine" }],
    ["nothing that anybody chose", [{ title: "First words", title_is_automatic: true }], { title: "Mine" }],
  ])("goes together with what others changed: %s", async (_, theirs, change) => {
    const { call, now } = daemon(...theirs);
    const { conflicts } = await changeChat(call, KNOWN, change);
    expect(conflicts).toEqual([]);
    expect(now()).toMatchObject({ ...Object.assign({}, ...theirs), ...change });
  });

  test("gives up on a chat that changes all the time", async () => {
    const { call } = daemon(...Array.from({ length: 20 }, (_, index) => ({ message_count: index })));
    await expect(changeChat(call, KNOWN, { title: "Mine" })).rejects.toMatchObject({ code: "precondition_failed" });
  });
});
