import { describe, expect, test } from "vitest";
import type { Draft } from "../../webview/src/drafts";
import { Keeping } from "../../webview/src/kept";

class Memory implements Storage {
  readonly #items = new Map<string, string>();
  get length() {
    return this.#items.size;
  }
  clear = () => this.#items.clear();
  getItem = (key: string) => this.#items.get(key) ?? null;
  key = (index: number) => [...this.#items.keys()][index] ?? null;
  removeItem = (key: string) => void this.#items.delete(key);
  setItem = (key: string, value: string) => void this.#items.set(key, value);
}

const draft = (text: string): Draft => ({ text, attachments: [], files: [] });

describe("what two tabs keep", () => {
  function tabs() {
    const shared = new Memory();
    let now = 0;
    const tab = (own = new Memory()) => {
      const keeping = new Keeping(
        () => shared,
        () => own,
        () => ++now,
      );
      return { keeping, own, saved: keeping.load() };
    };
    return { shared, tab };
  }

  test("is each other's draft, too", () => {
    const { tab } = tabs();
    const [one, other] = [tab(), tab()];
    one.keeping.save({ chatId: "a", drafts: { a: draft("Of a") } });
    other.keeping.save({ chatId: "b", drafts: { b: draft("Of b") } });
    one.keeping.save({ chatId: "a", drafts: { a: draft("More of a") } });
    const third = tab();
    expect(third.saved.drafts).toEqual({ a: draft("More of a"), b: draft("Of b") });
    // The one that was changed last stands last.
    expect(Object.keys(third.saved.drafts ?? {})).toEqual(["b", "a"]);
  });

  test("is gone when it was sent, and only that", () => {
    const { tab } = tabs();
    const one = tab();
    one.keeping.save({ drafts: { a: draft("Of a"), b: draft("Of b") } });
    const other = tab();
    one.keeping.save({ drafts: { b: one.keeping.load().drafts?.b as Draft } });
    expect(other.keeping.changed("aiia.draft.a")).toEqual({ chatId: "a", draft: undefined });
    expect(other.keeping.changed("aiia.draft.b")).toEqual({ chatId: "b", draft: draft("Of b") });
    expect(other.keeping.changed("aiia")).toBeUndefined();
    expect(tab().saved.drafts).toEqual({ b: draft("Of b") });
  });

  test("are the chat and the new chat of each, which a new tab begins with", () => {
    const { tab } = tabs();
    const [one, other] = [tab(), tab()];
    one.keeping.save({ chatId: "a", drafts: {} });
    other.keeping.save({ chatId: undefined, drafts: { "": draft("New") } });
    expect(tab(one.own).saved).toMatchObject({ chatId: "a", drafts: {} });
    expect(tab(other.own).saved).toMatchObject({ chatId: undefined, drafts: { "": draft("New") } });
    expect(tab().saved.drafts).toEqual({ "": draft("New") });
  });

  test("is what each changed of the rest", () => {
    const { tab } = tabs();
    const [one, other] = [tab(), tab()];
    one.keeping.save({ theme: "dark", projectId: "p" });
    other.keeping.save({ projectId: "q" });
    other.keeping.save({ projectId: "q" });
    expect(tab().saved).toMatchObject({ theme: "dark", projectId: "q" });
  });

  test("was one thing once", () => {
    const { shared, tab } = tabs();
    shared.setItem("aiia", JSON.stringify({ chatId: "a", drafts: { a: draft("Of a") } }));
    const { keeping, saved } = tab();
    expect(saved).toMatchObject({ chatId: "a", drafts: { a: draft("Of a") } });
    keeping.save(saved);
    expect(tab().saved.drafts).toEqual({ a: draft("Of a") });
    expect(shared.getItem("aiia")).not.toContain("Of a");
  });

  test("ends with the session", () => {
    const { shared, tab } = tabs();
    const { keeping, own } = tab();
    keeping.save({ chatId: "a", drafts: { a: draft("Of a"), "": draft("New") } });
    shared.setItem("another", "thing");
    keeping.clear();
    expect([shared.length, own.length]).toEqual([1, 0]);
  });
});

test("a browser without storage keeps nothing and goes on", () => {
  const refused = () => {
    throw new Error("SecurityError");
  };
  const keeping = new Keeping(refused, refused);
  expect(keeping.load()).toEqual({ drafts: {} });
  keeping.save({ chatId: "a", drafts: { a: draft("Of a") } });
});
