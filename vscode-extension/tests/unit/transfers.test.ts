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

it("a transfer is waited for, and told of while it runs", async () => {
  const states = ["running", "completed"] as const;
  const transfer = (status: Transfer["status"], done: number) => ({ id: "t", kind: "import", status, done }) as Transfer;
  const asked: unknown[] = [];
  const call = async (_operation: string, params: unknown) => {
    asked.push(params);
    return transfer(states[asked.length - 1], asked.length);
  };
  const told: number[] = [];
  const last = await ended(call as never, transfer("running", 0), ({ done }) => told.push(done));
  expect(last.status).toBe("completed");
  expect(told).toEqual([0, 1]);
  expect(asked).toEqual([
    { transfer_id: "t", wait: true },
    { transfer_id: "t", wait: true },
  ]);
});
