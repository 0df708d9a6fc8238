import { describe, expect, test } from "vitest";
import type { Chat, Message } from "../../src/lib/api";
import type { Attachment, HostAction } from "../../src/lib/view_protocol";
import { ChatList } from "../../webview/src/chat_list";
import { Conversation } from "../../webview/src/conversation";
import { Core } from "../../webview/src/core";
import { Drafts } from "../../webview/src/drafts";
import type { Toast } from "../../webview/src/state";
import type { Saved, Transport } from "../../webview/src/transport";

const chat = (id: string) => ({ id, project_id: "p", title: "" }) as Chat;
const question = (id: string, chat_id: string, content: string) =>
  ({ id, chat_id, role: "user", status: "complete", content }) as unknown as Message;

/** A daemon that has chats, and an editor that takes what was attached for what is there, or not. */
function setUp(saved: Saved = {}, isAsAttached = true) {
  const messages: Record<string, Message[]> = { one: [], two: [] };
  const calls: [operation: string, params: Record<string, unknown>][] = [];
  const actions: HostAction[] = [];
  const followed: string[] = [];
  /** What is waited for before an operation is answered. */
  const held: Record<string, Promise<void>> = {};
  const answers: Record<string, (params: Record<string, never>) => unknown> = {
    "chat.get": ({ chat_id }) => {
      if (!(chat_id in messages)) throw { code: "not_found", detail: "No.", status: 404 };
      return chat(chat_id);
    },
    "chat.create": () => {
      messages.new = [];
      return chat("new");
    },
    "message.list": ({ chat_id }) => ({ items: [...messages[chat_id]].reverse(), next_cursor: null }),
    "run.start": ({ chat_id, content }) => {
      messages[chat_id].push(question(`m${messages[chat_id].length}`, chat_id, content));
      return { id: "run", message_id: "answer", chat_id };
    },
    "action.start": ({ chat_id }) => ({ id: "run", message_id: "answer", chat_id }),
    "chat.list": () => ({ items: [], next_cursor: null }),
    "chat.delete": () => ({}),
    "chat.restore": ({ chat_id }) => chat(chat_id),
  };
  const transport = {
    kind: "editor",
    async call(operation: string, params: Record<string, never>) {
      calls.push([operation, params]);
      const answer = answers[operation](params);
      await held[operation];
      return answer;
    },
    follow: (runId: string) => {
      followed.push(runId);
      return () => {};
    },
    async act(what: HostAction) {
      actions.push(what);
      if (!isAsAttached) throw new Error("That code is another one by now.");
    },
    load: () => saved,
    save: () => {},
  };
  const core = new Core(transport as unknown as Transport);
  const toasts: Omit<Toast, "id">[] = [];
  core.toast = (toast) => void toasts.push(toast);
  core.store.set({ projectId: "p", connection: "connected", operations: new Set(["chat.restore"]) });
  const drafts = new Drafts(core);
  const conversation = new Conversation(core, new ChatList(core), drafts);
  const asked = () => calls.filter(([operation]) => operation === "run.start" || operation === "action.start");
  return { core, drafts, conversation, messages, calls, actions, followed, held, asked, toasts };
}

/** A promise that is resolved from outside. */
function gate() {
  let open = () => {};
  const closed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, closed };
}

describe("a question", () => {
  test("goes to the chat of the last time, also before that is read", async () => {
    const { core, drafts, conversation, asked } = setUp({ chatId: "one" });
    drafts.type("Why?");
    expect(await conversation.send()).toBe(true);
    expect(asked()).toMatchObject([["run.start", { chat_id: "one", content: "Why?" }]]);
    expect([core.state.chat?.id, drafts.text]).toEqual(["one", ""]);
  });

  test("goes to a new chat where that of the last time is not there any more", async () => {
    const { core, drafts, conversation, asked } = setUp({ chatId: "gone" });
    drafts.type("Why?");
    expect(await conversation.send()).toBe(true);
    expect(asked()).toMatchObject([["run.start", { chat_id: "new" }]]);
    expect([core.state.chat?.id, core.saved.chatId, core.saved.drafts]).toEqual(["new", "new", {}]);
  });

  test("leaves a chat alone that is opened meanwhile", async () => {
    const { core, drafts, conversation, followed, held } = setUp({ chatId: "one" });
    await conversation.open("one");
    drafts.type("Of one");
    const { open, closed } = gate();
    held["run.start"] = closed;
    const sent = conversation.send();
    await conversation.open("two");
    drafts.type("Of two");
    open();
    expect(await sent).toBe(true);
    expect([drafts.text, core.saved.drafts?.one, core.state.busy, followed]).toEqual(["Of two", undefined, false, []]);
    await conversation.open("one");
    expect(drafts.text).toBe("");
  });

  test("that makes a chat leaves one alone that is opened meanwhile", async () => {
    const { core, drafts, conversation, held, asked } = setUp();
    drafts.type("First question");
    const { open, closed } = gate();
    held["chat.create"] = closed;
    const sent = conversation.send();
    await conversation.open("two");
    drafts.type("Of two");
    open();
    expect(await sent).toBe(true);
    expect(asked()).toMatchObject([["run.start", { chat_id: "new", content: "First question" }]]);
    expect([core.state.chat?.id, drafts.text]).toEqual(["two", "Of two"]);
  });

  test("that the daemon has is no draft any more for the next page", async () => {
    const first = setUp({ chatId: "one" });
    first.messages.one.push(question("m0", "one", "Why?"));
    await first.conversation.open("one");
    first.drafts.type("Why?");
    // The view goes away before the answer comes.
    first.held["run.start"] = new Promise(() => {});
    void first.conversation.send();
    await expect.poll(() => first.asked().length).toBe(1);
    const next = setUp(JSON.parse(JSON.stringify(first.core.saved)));
    expect(next.drafts.text).toBe("Why?");
    next.messages.one = first.messages.one;
    await next.conversation.open("one");
    expect(next.drafts.text).toBe("");
  });
});

describe("attached code", () => {
  const code: Attachment = {
    label: "x.ts:2-3",
    path: "/w/x.ts",
    lines: { start: 2, end: 3 },
    languageId: "typescript",
    text: "b\nc",
  };

  test("goes along as its place, where it is what was attached", async () => {
    const { drafts, conversation, actions, asked } = setUp({ chatId: "one" });
    drafts.type("Why?");
    drafts.attach(code);
    await conversation.send();
    expect(actions).toEqual([{ action: "checkAttached", path: "/w/x.ts", lines: { start: 2, end: 3 }, text: "b\nc" }]);
    expect(asked()).toMatchObject([["action.start", { instruction: "Why?", document: { path: "/w/x.ts" } }]]);
  });

  test("goes along as its text otherwise", async () => {
    const { drafts, conversation, asked } = setUp({ chatId: "one" }, false);
    drafts.type("Why?");
    drafts.attach(code);
    expect(await conversation.send()).toBe(true);
    const content = "Why?\n\n`x.ts:2-3`:\n\n```typescript\nb\nc\n```";
    expect(asked()).toMatchObject([["run.start", { content }]]);
    expect(drafts.current.attachments).toEqual([]);
  });
});

describe("a chat that is deleted", () => {
  test("elsewhere says so, leaves what was typed in the field, and comes back with it", async () => {
    const { core, drafts, conversation, toasts } = setUp({ chatId: "one" });
    await conversation.open("one");
    drafts.type("Half a question");
    conversation.deletedElsewhere();
    expect([core.state.chat, drafts.text, core.saved.drafts?.one]).toEqual([undefined, "Half a question", undefined]);
    expect(toasts).toMatchObject([{ text: expect.stringContaining("was deleted elsewhere."), action: { label: "Undo" } }]);
    toasts[0].action?.run();
    await expect.poll(() => core.state.chat?.id).toBe("one");
    expect([drafts.text, core.saved.drafts?.[""]]).toEqual(["Half a question", undefined]);
  });

  test("elsewhere leaves alone what was typed for a new one", async () => {
    const { core, drafts, conversation } = setUp();
    drafts.type("Of a new chat");
    await conversation.open("one");
    drafts.type("Of one");
    conversation.deletedElsewhere();
    expect([drafts.text, core.saved.drafts?.one?.text]).toEqual(["Of a new chat", "Of one"]);
  });

  test("from here is told of once, also where others hear of it first", async () => {
    const { core, conversation, toasts, held } = setUp({ chatId: "one" });
    await conversation.open("one");
    const { open, closed } = gate();
    held["chat.delete"] = closed;
    const deleted = conversation.delete(chat("one"));
    conversation.deletedElsewhere();
    open();
    await deleted;
    expect(core.state.chat).toBe(undefined);
    expect(toasts.map(({ text }) => text)).toEqual([expect.stringContaining("was deleted.")]);
  });
});

test("what says that the daemon cannot be reached goes when it answers", () => {
  const core = new Core({ load: () => ({}) } as unknown as Transport);
  core.problem({ code: "unavailable", detail: "The daemon cannot be reached.", status: 0 });
  core.problem({ code: "conflict", detail: "No.", status: 409 });
  core.reached();
  expect(core.state.toasts.map(({ text }) => text)).toEqual(["No."]);
});
