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
      toast() {},
      onDraft: (text: string) => shown.push(text),
      onFocusComposer() {},
    };
    return { drafts: new Drafts(core as unknown as Core), saved, shown, state: () => state };
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
    const sent = drafts.current;
    expect(drafts.sent(sent)).toBe("A new question");
    drafts.reword(message);
    drafts.reword(undefined);
    expect([shown.at(-1), state().editing]).toEqual(["A new question", undefined]);
  });

  test("what was added while it was being sent stays", () => {
    const { drafts, state } = setUp({ chatId: "c" });
    drafts.type("Sent");
    drafts.attach(place("/a/x.ts"));
    const sent = drafts.current;
    drafts.type("Sent\nand more");
    drafts.addFile(file);
    expect(drafts.sent(sent)).toBe("and more");
    expect([state().attachments, state().files]).toEqual([[], [file]]);
  });

  test("a draft moves to the chat that was made for it", () => {
    const { drafts, saved } = setUp();
    drafts.type("First question");
    drafts.moveTo("new");
    expect(saved.chatId).toBe("new");
    expect(Object.keys(saved.drafts ?? {})).toEqual(["new"]);
    expect(drafts.text).toBe("First question");
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
