/** One message: what was said, how it came to be, and what can be done with it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { asProblem, type Message, type Run, sentence } from "../../../src/lib/api";
import { placeLabel } from "../../../src/lib/text";
import { LiveRun } from "../live_run";
import { LiveText } from "../markdown";
import { sentences, spoken } from "../sentences";
import { Attached } from "./attached";
import { focusLater, useApp, useAppState, useRedraw } from "./hooks";
import { type Entry, Menu } from "./menu";

const STATES: Record<string, string> = {
  interrupted: "The daemon ended before the answer was complete.",
  cancelled: "Stopped.",
  failed: "Failed.",
};

/** Answers that the model can go on with. */
const BROKEN_OFF: ReadonlySet<string> = new Set(["interrupted", "cancelled", "failed"]);

export function MessageArticle({ message }: { message: Message }) {
  const app = useApp();
  const content = useRef<HTMLDivElement>(null);
  /** The text that the element shows; it is not drawn again for the same one. */
  const drawn = useRef<string>();
  const run = app.conversation.live.get(message.id);
  const redraw = useRedraw();

  useEffect(() => {
    const target = content.current;
    if (!target || !run) return;
    target.replaceChildren();
    const live = new LiveText(target, app.markdown);
    live.onFinished = (block) => {
      for (const sentence of sentences(spoken(block))) app.onSay(sentence);
    };
    let shown = "";
    const stopText = run.onText((text) => {
      shown += text;
      live.push(text);
    });
    const stopChange = run.onChange(() => {
      redraw();
      if (!run.end) return;
      void live.end().then(() => app.onSay(run.lastWord));
      drawn.current = shown;
    });
    return () => {
      stopText();
      stopChange();
    };
  }, [run, app, redraw]);

  useEffect(() => {
    const target = content.current;
    // While the run has ended and its message was not read again, what is there is newer than the message.
    const isStale = message.status === "streaming" && drawn.current !== undefined;
    if (!target || run || isStale || drawn.current === message.content) return;
    drawn.current = message.content;
    void app.markdown.fill(target, message.content);
  }, [message.content, message.status, run, app]);

  const who = message.role === "user" ? "You" : "aiia";
  return (
    <article
      class={message.role}
      data-message={message.id}
      tabIndex={-1}
      aria-busy={run ? true : undefined}
      aria-label={`${who}, ${new Date(message.created_at).toLocaleTimeString()}`}
    >
      <h2>
        {who} {message.model && <small>{message.model}</small>}
      </h2>
      {run?.reasoning && (
        <details>
          <summary>Thinking</summary>
          <p class="plain">{run.reasoning}</p>
        </details>
      )}
      <div class="content" ref={content} />
      <Attached files={message.attachments ?? []} />
      {run && !run.text && <p class="note">{run.status || "Waiting for the model…"}</p>}
      {[...(run?.notices ?? message.notices?.map((notice) => notice.text) ?? []), ...(run?.complaints ?? [])].map((said) => (
        <p key={said} class="note">
          {said}
        </p>
      ))}
      {STATES[message.status] && !run && <p class="note">{STATES[message.status]}</p>}
      <Foot message={message} run={run} />
    </article>
  );
}

/** What can be done with a message, and what an answer was made of. */
function Foot({ message, run }: { message: Message; run: LiveRun | undefined }) {
  const app = useApp();
  const { busy } = useAppState();
  const isAnswer = message.role === "assistant";
  const isCutOff = message.notices?.some((notice) => notice.reason === "answer_cut_off");
  return (
    <div class="foot">
      <Branches message={message} />
      <button
        type="button"
        onClick={() => app.try(() => app.transport.act({ action: "copy", text: run?.text ?? message.content }))}
      >
        Copy
      </button>
      {isAnswer && !run && (
        <button type="button" disabled={busy} onClick={() => app.try(() => app.conversation.regenerate(message))}>
          Regenerate
        </button>
      )}
      {!isAnswer && (
        <button type="button" disabled={busy} onClick={() => app.drafts.reword(message)}>
          Edit
        </button>
      )}
      {isAnswer && !run && message.content && (BROKEN_OFF.has(message.status) || isCutOff) && (
        <button type="button" disabled={busy} onClick={() => app.try(() => app.conversation.goOn(message))}>
          Continue
        </button>
      )}
      {!run && <More message={message} />}
      {isAnswer && <Details message={message} run={run} />}
    </div>
  );
}

/** What is seldom done with a message. */
function More({ message }: { message: Message }) {
  const app = useApp();
  const { busy } = useAppState();
  const { conversation } = app;
  const entries: Entry[] = [{ label: "Fork the chat from here", run: () => app.try(() => conversation.fork(message)) }];
  if (!busy && message.role === "assistant" && message.status === "complete" && message.content) {
    entries.push({ label: "Continue the answer", run: () => app.try(() => conversation.goOn(message)) });
  }
  if (!busy) entries.push({ label: "Delete from here", run: () => app.try(() => conversation.deleteBranch(message)) });
  return <Menu label={message.role === "user" ? "More for this question" : "More for this answer"} entries={entries} />;
}

/** ‹2/3›: which of the answers, or of the wordings, this is. */
function Branches({ message }: { message: Message }) {
  const app = useApp();
  const { busy } = useAppState();
  const siblings = message.siblings ?? [];
  if (siblings.length < 2 || !app.has("message.choose")) return null;
  const at = siblings.indexOf(message.id);
  const what = message.role === "user" ? "wording" : "answer";
  const go = (to: number, label: string) =>
    app.try(async () => {
      await app.conversation.choose(siblings[to]);
      // Another message has taken the place of the one whose button was pressed.
      const article = `article[data-message="${CSS.escape(siblings[to])}"]`;
      focusLater(`${article} button[aria-label="${label}"]:enabled, ${article} .branches button:enabled`);
    });
  const buttons = [
    { label: `Previous ${what}`, sign: "‹", to: at - 1 },
    { label: `Next ${what}`, sign: "›", to: at + 1 },
  ].map(({ label, sign, to }) => (
    <button
      key={label}
      type="button"
      aria-label={label}
      disabled={busy || to < 0 || to >= siblings.length}
      onClick={() => go(to, label)}
    >
      {sign}
    </button>
  ));
  return (
    <span class="branches">
      {buttons[0]}
      <span>
        {at + 1}/{siblings.length}
      </span>
      {buttons[1]}
    </span>
  );
}

/** Tokens and time of an answer, and what it proposed; read when the answer comes into view. */
function Details({ message, run }: { message: Message; run: LiveRun | undefined }) {
  const app = useApp();
  const [ended, setEnded] = useState<Run>();
  const line = useRef<HTMLSpanElement>(null);
  const runId = message.run_id;
  useEffect(() => {
    const element = line.current;
    if (!element || !runId || run || ended) return;
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      app.transport.call("run.get", { run_id: runId }).then(setEnded, (error) => {
        element.textContent = sentence(asProblem(error));
      });
    });
    seen.observe(element);
    return () => seen.disconnect();
  }, [runId, run, ended, app]);

  const usage = run?.usage ?? ended?.usage;
  const edits = run?.edits.map((edit) => edit.id) ?? (ended?.edit_id ? [ended.edit_id] : []);
  const parts: string[] = [];
  if (usage?.input_tokens != null) parts.push(`${usage.input_tokens.toLocaleString()} in`);
  if (usage?.output_tokens != null) parts.push(`${usage.output_tokens.toLocaleString()} out`);
  if (ended?.cost_usd) parts.push(`$${ended.cost_usd.toPrecision(2)}`);
  else if (ended?.cost_usd == null && ended?.usage?.input_tokens != null) parts.push("cost unknown");
  if (ended?.finished_at) parts.push(`${((Date.parse(ended.finished_at) - Date.parse(ended.created_at)) / 1000).toFixed(1)} s`);
  const problem = ended?.problem;
  return (
    <>
      {edits.map((id) =>
        app.transport.kind === "editor" ? (
          <button key={id} type="button" class="primary" onClick={() => app.try(() => app.code.review(id))}>
            Review the change
          </button>
        ) : (
          <Diff key={id} editId={id} />
        ),
      )}
      {run?.context && <Context context={run.context} />}
      {!run && runId && ended && <Sent runId={runId} />}
      <span class="usage" ref={line}>
        {parts.join(" · ")}
      </span>
      {problem && <p class="note">{sentence(problem)}</p>}
    </>
  );
}

/** What was sent along, one click away. */
function Context({ context }: { context: NonNullable<LiveRun["context"]> }) {
  return (
    <details class="context">
      <summary>{summaryOf(context)}</summary>
      <Pieces context={context} />
    </details>
  );
}

/** The same of an answer of the past; read from the record of its run when it is opened. */
function Sent({ runId }: { runId: string }) {
  const app = useApp();
  const [run, setRun] = useState<LiveRun>();
  const redraw = useRedraw();
  const reading = useRef<LiveRun>();
  useEffect(() => () => reading.current?.dispose(), []);
  const read = () => {
    reading.current ??= new LiveRun(runId, app.transport, (ended) => {
      setRun(ended);
      redraw();
    });
  };
  return (
    <details class="context" onToggle={(event) => event.currentTarget.open && read()}>
      <summary>{run?.context ? summaryOf(run.context) : "What was sent"}</summary>
      {run?.context ? (
        <Pieces context={run.context} />
      ) : (
        <p class="note">{run ? "The chat alone, nothing of your files." : "Reading…"}</p>
      )}
    </details>
  );
}

function summaryOf(context: NonNullable<LiveRun["context"]>): string {
  const secrets = context.redactions ? `, ${context.redactions} secrets replaced` : "";
  return `${context.tokens.toLocaleString()} tokens of context${secrets}`;
}

function Pieces({ context }: { context: NonNullable<LiveRun["context"]> }) {
  return (
    <ul>
      {context.pieces.map((piece) => (
        <li key={piece}>{piece}</li>
      ))}
    </ul>
  );
}

/** A proposed change, to read: a browser cannot apply it. */
function Diff({ editId }: { editId: string }) {
  const app = useApp();
  const [text, setText] = useState("");
  const [names, setNames] = useState("");
  const read = () =>
    app.try(async () => {
      const edit = await app.transport.call("edit.get", { edit_id: editId });
      setNames(edit.files.map((file) => placeLabel(file.path)).join(", "));
      setText(edit.diff);
    });
  return (
    <details class="context" onToggle={(event) => event.currentTarget.open && text === "" && read()}>
      <summary>Proposed change{names && ` of ${names}`}</summary>
      <pre tabIndex={0}>{text || "Reading…"}</pre>
      <p class="note">Review it in an editor, or with “aiia edits”.</p>
    </details>
  );
}
