import { describe, expect, it } from "vitest";
import { ended, type ImportReport, importRemarks, importSummary, type Transfer } from "../../src/lib/transfers";

const REPORT: ImportReport = {
  source: "chat_gpt",
  created: 1200,
  updated: 0,
  unchanged: 3,
  skipped: 1,
  failed: 1,
  messages: 34000,
  items: [
    { kind: "chat", title: "Whole", outcome: "created", messages: 4 },
    { kind: "chat", title: "With a picture", outcome: "created", messages: 2, detail: "A picture is not in the file." },
    { kind: "chat", title: "Empty", outcome: "skipped", messages: 0, detail: "It has no message." },
    { kind: "chat", title: "Broken", outcome: "failed", messages: 0, detail: "Its messages form a circle." },
  ],
};

describe("what an import did", () => {
  it("is a sentence", () => {
    expect(importSummary(REPORT)).toBe("From ChatGPT: 1,200 new, 3 there already, 1 left out, 1 failed; 34,000 messages.");
    const nothing = { ...REPORT, created: 0, unchanged: 0, skipped: 0, failed: 0, messages: 0 };
    expect(importSummary(nothing)).toBe("From ChatGPT: nothing; 0 messages.");
  });

  it("names what is not whole", () => {
    expect(importRemarks(REPORT)).toEqual([
      "With a picture: created. A picture is not in the file.",
      "Empty: skipped. It has no message.",
      "Broken: failed. Its messages form a circle.",
    ]);
  });
});

describe("a transfer is waited for", () => {
  const transfer = (status: Transfer["status"], done: number) => ({ id: "t", kind: "import", status, done }) as Transfer;

  /** A daemon whose transfer is at its second step when it is first asked, and at its end after that. */
  function daemon() {
    const asked: unknown[] = [];
    const call = async (_operation: string, params: unknown) => {
      asked.push(params);
      return transfer(asked.length < 2 ? "running" : "completed", asked.length);
    };
    return { asked, call: call as never };
  }

  it("and told of after each pause while it runs", async () => {
    const { asked, call } = daemon();
    const heard: (number | "pause")[] = [];
    const pause = async () => void heard.push("pause");
    const last = await ended(call, transfer("running", 0), ({ done }) => heard.push(done), pause);
    expect(last.status).toBe("completed");
    expect(heard).toEqual([0, "pause", 1, "pause"]);
    const now = { transfer_id: "t", wait: false };
    expect(asked).toEqual([now, now]);
  });

  it("by the daemon where nobody wants to hear of it", async () => {
    const { asked, call } = daemon();
    const pause = () => Promise.reject(new Error("nothing is paused for"));
    expect((await ended(call, transfer("running", 0), undefined, pause)).status).toBe("completed");
    const atItsEnd = { transfer_id: "t", wait: true };
    expect(asked).toEqual([atItsEnd, atItsEnd]);
  });
});
