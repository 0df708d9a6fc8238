/** The open chat: a window of its messages, so that a long one costs no more than a short one. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Message } from "../../../src/lib/api";
import { useApp, useAppState, useRedraw } from "./hooks";
import { MessageArticle } from "./message";

/** So many messages are in the document at most. */
const WINDOW = 80;
/** So many more come at an end of the window. */
const STEP = 30;
/** Nearer to the end than this the view follows what is written, in pixels. */
const AT_END = 48;
/** Nearer to an end of the window than this more is shown, in pixels. */
const NEAR = 600;

export function Messages() {
  const app = useApp();
  const { messages, older, loading, chat, connection } = useAppState();
  const view = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  /** The message that must not move, and where it was. */
  const anchor = useRef<{ id: string; top: number }>();
  /** The message that is to be brought into view once it is drawn. */
  const wanted = useRef<string>();
  const redraw = useRedraw();
  /** The window, counted from the newest message. */
  const [newest, setNewest] = useState(0);
  const shown = messages.filter((message) => message.role !== "system");
  const end = Math.max(0, shown.length - newest);
  const start = Math.max(0, end - WINDOW);
  const visible = shown.slice(start, end);

  const toEnd = () => {
    if (view.current) view.current.scrollTop = view.current.scrollHeight;
  };
  const note = () => {
    const box = view.current;
    if (!box) return;
    const first = [...box.querySelectorAll<HTMLElement>("article")].find(
      (one) => one.getBoundingClientRect().bottom > box.getBoundingClientRect().top,
    );
    anchor.current = first?.dataset.message ? { id: first.dataset.message, top: first.getBoundingClientRect().top } : undefined;
  };

  useEffect(() => {
    app.onScrollToEnd = () => {
      following.current = true;
      setNewest(0);
      requestAnimationFrame(() => following.current && toEnd());
    };
    app.onShowMessage = (id) => {
      following.current = false;
      wanted.current = id;
      redraw();
    };
  }, [app]);

  useEffect(() => {
    following.current = true;
    wanted.current = undefined;
    setNewest(0);
  }, [chat?.id]);

  // Content grows at any time: fonts, code, the text of an answer. Only a reader at the end is taken along.
  useEffect(() => {
    const box = view.current;
    if (!box) return;
    const grown = new ResizeObserver(() => {
      if (following.current) toEnd();
    });
    for (const child of box.children) grown.observe(child);
    return () => grown.disconnect();
  }, [chat?.id]);

  useLayoutEffect(() => {
    const box = view.current;
    const kept = anchor.current;
    anchor.current = undefined;
    if (following.current) toEnd();
    else if (kept && box) {
      const element = box.querySelector<HTMLElement>(`article[data-message="${CSS.escape(kept.id)}"]`);
      if (element) box.scrollTop += element.getBoundingClientRect().top - kept.top;
    }
  }, [visible[0]?.id, visible.at(-1)?.id]);

  // It may take until other readings of the chat have ended that the message is there.
  useLayoutEffect(() => {
    const id = wanted.current;
    const at = id ? shown.findIndex((message) => message.id === id) : -1;
    if (!id || at < 0) return;
    const article = view.current?.querySelector<HTMLElement>(`article[data-message="${CSS.escape(id)}"]`);
    if (!article) {
      setNewest(Math.max(0, shown.length - at - WINDOW / 2));
      return;
    }
    wanted.current = undefined;
    article.scrollIntoView({ block: "center" });
    article.focus({ preventScroll: true });
  });

  const onScroll = () => {
    const box = view.current;
    if (!box) return;
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    following.current = newest === 0 && below < AT_END;
    if (box.scrollTop < NEAR && start > 0) {
      note();
      setNewest(newest + STEP);
    } else if (box.scrollTop < NEAR && older && !loading) {
      note();
      app.try(() => app.conversation.readOlder().then(() => setNewest((before) => before + STEP)));
    } else if (below < NEAR && newest > 0) {
      note();
      setNewest(Math.max(0, newest - STEP));
    }
  };

  // At the very top nothing scrolls any more, so nobody would be told that more is wanted.
  useEffect(() => {
    if (!following.current && view.current && view.current.scrollTop < NEAR) onScroll();
  }, [visible[0]?.id, older, loading]);

  const empty = !chat && connection === "connected";
  return (
    <div
      ref={view}
      class="messages"
      role="log"
      aria-live="off"
      aria-label="Messages"
      tabIndex={0}
      onScroll={onScroll}
      aria-busy={loading}
    >
      <div class="column">
        {older && start === 0 && <p class="empty">{loading ? "Reading older messages…" : "Older messages are above."}</p>}
        {visible.map((message: Message) => (
          <MessageArticle key={message.id} message={message} />
        ))}
        {empty && <Empty />}
        {loading && messages.length === 0 && <p class="empty">Reading…</p>}
      </div>
      {newest > 0 && (
        <button type="button" class="to-end" onClick={() => app.onScrollToEnd()}>
          To the end
        </button>
      )}
    </div>
  );
}

function Empty() {
  const app = useApp();
  return (
    <div class="empty">
      <p>Ask something; the answer streams here, and stays in the chats of the project.</p>
      {app.transport.kind === "editor" ? (
        <p>
          Select code and use <strong>aiia: Ask About the Selection</strong>, or drop a file here.
        </p>
      ) : (
        <p>Drop or paste a text file or a picture to send it along.</p>
      )}
    </div>
  );
}
