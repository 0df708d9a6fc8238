/** Where a question is written. */

import { useEffect, useRef, useState } from "preact/hooks";
import { MAX_URIS } from "../../../src/lib/view_protocol";
import { GoesAlong } from "./attached";
import { useApp, useAppState } from "./hooks";
import { Templates } from "./templates";

/** A pasted text with more lines goes along as an attachment. */
const MANY_LINES = 30;

export function Composer() {
  const app = useApp();
  const state = useAppState();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(app.drafts.text);
  const [sending, setSending] = useState(false);
  const [dragging, setDragging] = useState(false);

  useEffect(() => {
    app.onFocusComposer = () => field.current?.focus();
    app.onDraft = (draft) => {
      setText(draft);
      if (field.current) field.current.value = draft;
    };
  }, [app]);

  const isEmpty = text.trim() === "" && state.files.length === 0;
  const canSend = !isEmpty && !state.busy && !sending && state.connection === "connected";
  const change = (value: string) => {
    setText(value);
    app.drafts.type(value);
  };
  const send = async () => {
    if (!canSend) return;
    setSending(true);
    try {
      await app.conversation.send();
    } finally {
      setSending(false);
    }
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void send();
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setDragging(false);
    app.try(() => attachDropped(app, event.dataTransfer));
  };
  const onPaste = (event: ClipboardEvent) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const pasted = event.clipboardData?.getData("text/plain") ?? "";
    if (files.length) {
      event.preventDefault();
      app.try(() => app.files.attach(files));
    } else if (pasted.split("\n").length > MANY_LINES) {
      event.preventDefault();
      app.drafts.attach({ label: `pasted text, ${pasted.split("\n").length} lines`, text: pasted });
    }
  };

  return (
    <form
      class={`composer ${dragging ? "dragging" : ""}`}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
      onDragOver={(event) => {
        event.preventDefault();
        setDragging(true);
      }}
      onDragLeave={() => setDragging(false)}
      onDrop={onDrop}
    >
      {state.editing && (
        <p class="editing">
          Another wording of your question; the old one stays beside it.
          <button type="button" onClick={() => app.drafts.reword(undefined)}>
            Cancel
          </button>
        </p>
      )}
      <GoesAlong />
      <textarea
        ref={field}
        rows={3}
        value={text}
        aria-label="Your message"
        placeholder="Ask something. Enter sends, Shift+Enter makes a new line."
        onInput={(event) => change(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      <div class="buttons">
        <ModelPicker />
        {app.has("template.list") && <Templates use={(filled) => change(text ? `${text}\n\n${filled}` : filled)} />}
        {app.transport.kind === "editor" && (
          <button type="button" onClick={() => app.try(() => app.transport.act({ action: "attachSelection" }))}>
            Attach selection
          </button>
        )}
        {app.files.canAttach && (
          <label class="file">
            Attach
            <input
              type="file"
              multiple
              class="visually-hidden"
              onChange={(event) => {
                const files = [...(event.currentTarget.files ?? [])];
                event.currentTarget.value = "";
                app.try(() => app.files.attach(files));
              }}
            />
          </label>
        )}
        <span class="space" />
        {state.busy ? (
          <button
            type="button"
            class="primary"
            onClick={() => {
              app.try(() => app.conversation.stop());
              field.current?.focus();
            }}
          >
            Stop
          </button>
        ) : (
          <button type="submit" class="primary" disabled={!canSend}>
            Send
          </button>
        )}
      </div>
    </form>
  );
}

function ModelPicker() {
  const app = useApp();
  const { models } = useAppState();
  if (models.length === 0) return null;
  const { conversation } = app;
  const fallback = models.find((model) => model.default)?.id;
  return (
    <select
      aria-label="Model"
      value={conversation.model}
      onChange={(event) => {
        const model = event.currentTarget.value;
        app.try(() => conversation.chooseModel(model));
      }}
    >
      <option value="">Default{fallback ? `: ${fallback}` : ""}</option>
      {models.map((model) => (
        <option key={model.id} value={model.id}>
          {model.id}
          {model.local ? "" : " (sends code away)"}
        </option>
      ))}
    </select>
  );
}

type AppOf = ReturnType<typeof useApp>;

async function attachDropped(app: AppOf, data: DataTransfer | null): Promise<void> {
  const uris = (data?.getData("application/vnd.code.uri-list") || data?.getData("text/uri-list") || "")
    .split(/\r?\n/)
    .filter((line) => line.startsWith("file:"));
  if (uris.length && app.transport.kind === "editor") {
    for (let at = 0; at < uris.length; at += MAX_URIS)
      await app.transport.act({ action: "attachUris", uris: uris.slice(at, at + MAX_URIS) });
  } else await app.files.attach([...(data?.files ?? [])]);
}
