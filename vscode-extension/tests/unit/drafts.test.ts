import { describe, expect, test } from "vitest";
import type { Attachment } from "../../src/lib/view_protocol";
import type { Core } from "../../webview/src/core";
import { Drafts, withAttachment } from "../../webview/src/drafts";
import type { StoredFile } from "../../webview/src/files";
import { EMPTY, type State } from "../../webview/src/state";
import type { Saved } from "../../webview/src/transport";

function place(path: string, text = "x"): Attachment {
  return { label: path.split("/").pop() ?? path, path, text };
}

describe("what goes along", () => {
  test.each([
    ["the same place replaces itself", [place("/a/x.ts", "old")], place("/a/x.ts", "new"), ["x.ts"]],
    ["another file of the same name tells its folder", [place("/a/x.ts")], place("/b/x.ts"), ["x.ts", "b/x.ts"]],
    [
      "as many folders as it takes",
      [place("/a/b/x.ts"), { ...place("/q/b/x.ts"), label: "b/x.ts" }],
      place("/c/b/x.ts"),
      ["x.ts", "b/x.ts", "c/b/x.ts"],
    ],
    [
      "pasted texts are counted",
      [{ label: "pasted text, 40 lines", text: "a" }],
      { label: "pasted text, 40 lines", text: "b" },
      ["pasted text, 40 lines", "pasted text, 40 lines (2)"],
    ],
  ])("%s", (_, before, added, labels) => {
    const after = withAttachment(before, added);
    expect(after.map((one) => one.label)).toEqual(labels);
    expect(after.at(-1)?.text).toBe(added.text);
  });

  test("other lines of the same file are another thing", () => {
    const [first, second] = [1, 5].map((start) => ({ ...place("/a/x.ts"), lines: { start, end: start + 1 } }));
    expect(withAttachment([first], { ...second, label: "x.ts:5-6" })).toHaveLength(2);
  });
});

describe("drafts", () => {
  function setUp(saved: Saved = {}) {
    let state: State = EMPTY;
    const shown: string[] = [];
    const toasts: string[] = [];
    const core = {
      saved,
      store: {
        set(change: Partial<State>) {
          state = { ...state, ...change };
        },
      },
      get state() {
        return state;
      },
      save() {},
      toast: ({ text }: { text: string }) => toasts.push(text),
      onDraft: (text: string) => shown.push(text),
      onFocusComposer() {},
    };
    return { drafts: new Drafts(core as unknown as Core), saved, shown, toasts, state: () => state };
  }
  const file = { id: "f", name: "dot.png", kind: "image" } as StoredFile;
  const message = { id: "m", content: "First wording" } as never;

  test("what is typed before the chat of the last time is read belongs to it", () => {
    const { drafts, saved } = setUp({ chatId: "c" });
    drafts.type("Half a question");
    expect(saved.drafts?.c.text).toBe("Half a question");
  });

  test("text, attachments and files come back with their chat", () => {
    const { drafts, saved, shown, state } = setUp({ chatId: "one" });
    drafts.type("Of one");
    drafts.attach(place("/a/x.ts"));
    drafts.addFile(file);
    saved.chatId = "two";
    drafts.restore();
    expect([shown.at(-1), state().attachments, state().files]).toEqual(["", [], []]);
    saved.chatId = "one";
    drafts.restore();
    expect([shown.at(-1), state().attachments.length, state().files.length]).toEqual(["Of one", 1, 1]);
  });

  test("another wording leaves the draft alone, and is kept itself", () => {
    const { drafts, shown, state } = setUp({ chatId: "c" });
    drafts.type("A new question");
    drafts.reword(message);
    drafts.type("Second wording");
    expect([drafts.text, state().editing?.id]).toEqual(["Second wording", "m"]);
    drafts.begin(drafts.place, drafts.current, "m");
    drafts.sent(drafts.place);
    expect([shown.at(-1), drafts.text]).toEqual(["A new question", "A new question"]);
    drafts.reword(message);
    drafts.reword(undefined);
    expect([shown.at(-1), state().editing]).toEqual(["A new question", undefined]);
  });

  test("what was added while it was being sent stays", () => {
    const { drafts, state } = setUp({ chatId: "c" });
    drafts.type("Sent");
    drafts.attach(place("/a/x.ts"));
    drafts.attach(place("/a/y.ts", "old"));
    drafts.begin(drafts.place, drafts.current, "");
    drafts.type("Sent\nand more");
    drafts.addFile(file);
    drafts.attach(place("/a/y.ts", "new"));
    drafts.sent(drafts.place);
    drafts.sent(drafts.place);
    expect(drafts.text).toBe("and more");
    expect([state().attachments, state().files]).toEqual([[place("/a/y.ts", "new")], [file]]);
  });

  test("a draft moves to the chat that was made for it", () => {
    const { drafts, saved } = setUp();
    drafts.type("First question");
    drafts.moveTo("new", drafts.place);
    expect(saved.chatId).toBe("new");
    expect(Object.keys(saved.drafts ?? {})).toEqual(["new"]);
    expect(drafts.text).toBe("First question");
  });

  test("what was sent is that of its own chat, whichever is open by then", () => {
    const { drafts, saved, state } = setUp({ chatId: "one" });
    drafts.type("Of one");
    const { place } = drafts;
    drafts.begin(place, drafts.current, "");
    saved.chatId = "two";
    drafts.restore();
    drafts.type("Of two");
    drafts.addFile(file, place);
    drafts.sent(place);
    expect([drafts.text, state().files]).toEqual(["Of two", []]);
    expect(saved.drafts?.one).toMatchObject({ text: "", files: [file] });
  });

  test("a place moves with its draft, and the next new chat has another one", () => {
    const { drafts, saved } = setUp();
    drafts.type("First question");
    const { place } = drafts;
    saved.chatId = "other";
    drafts.moveTo("new", place);
    expect([place.chatId, saved.chatId]).toEqual(["new", "other"]);
    saved.chatId = undefined;
    drafts.type("Second question");
    drafts.addFile(file, place);
    expect(saved.drafts?.new).toMatchObject({ text: "First question", files: [file] });
    expect(saved.drafts?.[""]).toMatchObject({ text: "Second question", files: [] });
  });

  describe("what was sent when the view went away", () => {
    const user = (id: string, content: string) => ({ id, role: "user", content }) as never;
    const code = "`x.ts`:\n\n```\nx\n```";
    test.each([
      ["is there", [user("m2", `Why?\n\n${code}`)], ""],
      ["is there in words of an action", [user("m2", `Question about x (\`x.ts\`, line 1)\n\nWhy?\n\n${code}`)], ""],
      ["is an older one", [user("m0", "Why?"), user("m1", "Why?")], "Why? "],
      ["is another one", [user("m2", "Why? Because")], "Why? "],
      ["is an answer", [{ id: "m2", role: "assistant", content: "Why?" } as never], "Why? "],
    ])("%s", (_, messages, left) => {
      const { drafts, saved } = setUp({ chatId: "c" });
      drafts.type("Why? ");
      drafts.attach(place("/a/x.ts"));
      drafts.begin(drafts.place, drafts.current, "m1");
      // What is kept is read again by the next page.
      const next = setUp(JSON.parse(JSON.stringify(saved)));
      next.drafts.settle("c", messages);
      expect([next.drafts.text, next.drafts.current.attachments.length]).toEqual([left, left ? 1 : 0]);
    });
  });

  test("more than can be kept is not taken, and nothing of the newest draft goes", () => {
    const { drafts, toasts, saved } = setUp({ chatId: "c" });
    for (let at = 0; at < 6; at++) drafts.attach(place(`/a/${at}.ts`, "y".repeat(190_000)));
    expect([drafts.current.attachments.length, toasts.length]).toEqual([5, 1]);
    drafts.attach(place("/a/large.ts", "y".repeat(200_001)));
    expect(toasts[1]).toBe("large.ts is too large to attach.");
    saved.chatId = "d";
    drafts.attach(place("/a/1.ts", "y".repeat(190_000)));
    expect([saved.drafts?.c?.attachments.length, drafts.current.attachments.length]).toEqual([0, 1]);
  });

  test("texts are kept always, what goes along up to a limit", () => {
    const { drafts, saved } = setUp();
    for (let chat = 0; chat < 8; chat++) {
      saved.chatId = `c${chat}`;
      drafts.type(`Text ${chat}`);
      drafts.attach(place("/a/x.ts", "y".repeat(150_000)));
    }
    const kept = Object.values(saved.drafts ?? {});
    expect(kept.map((draft) => draft.text)).toEqual(Array.from({ length: 8 }, (_, chat) => `Text ${chat}`));
    expect(kept.map((draft) => draft.attachments.length)).toEqual([0, 0, 1, 1, 1, 1, 1, 1]);
  });
});
