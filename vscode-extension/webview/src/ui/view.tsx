/** The whole view. */

import { useEffect, useRef } from "preact/hooks";
import { titleOf } from "../chat_list";
import { Composer } from "./composer";
import { useApp, useAppState, useMedia } from "./hooks";
import { Messages } from "./messages";
import { PageMenu } from "./page_menu";
import { Sidebar } from "./sidebar";
import { Toasts } from "./toasts";

/** So many sentences stay for whoever listens. */
const SENTENCES = 30;

export function View() {
  const app = useApp();
  const state = useAppState();
  const said = useRef<HTMLDivElement>(null);
  const drawerButton = useRef<HTMLButtonElement>(null);
  const isNarrow = useMedia("(max-width: 799px)");
  /** The list of chats covers the chat, which then is not there for the keyboard. */
  const isCovered = state.sidebar && (app.transport.kind === "editor" || isNarrow);
  useEffect(() => {
    app.onSay = (text) => {
      // Each sentence is an element of its own: one that is overwritten may never be read out.
      const sentence = document.createElement("p");
      sentence.textContent = text;
      said.current?.append(sentence);
      if ((said.current?.childElementCount ?? 0) > SENTENCES) said.current?.firstElementChild?.remove();
    };
  }, [app]);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      if (app.state.sidebar && app.transport.kind === "editor") app.store.set({ sidebar: false });
      else if (app.state.editing) app.drafts.reword(undefined);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [app]);
  const wasCovered = useRef(false);
  useEffect(() => {
    if (isCovered) document.querySelector<HTMLElement>("#sidebar [aria-current], #sidebar input[type=search]")?.focus();
    else if (wasCovered.current && document.activeElement === document.body) drawerButton.current?.focus();
    wasCovered.current = isCovered;
  }, [isCovered]);
  return (
    <div class={`view ${state.sidebar ? "with-sidebar" : ""}`}>
      <header>
        <button
          ref={drawerButton}
          type="button"
          aria-expanded={state.sidebar}
          aria-controls="sidebar"
          onClick={() => app.store.set({ sidebar: !state.sidebar })}
        >
          Chats
        </button>
        <h1 title={state.chat ? titleOf(state.chat) : undefined}>{state.chat ? titleOf(state.chat) : "aiia"}</h1>
        <button type="button" onClick={() => app.conversation.start()}>
          New
        </button>
        {app.transport.kind === "browser" && <PageMenu />}
      </header>
      <Connection />
      <div class="layout">
        {state.sidebar && <Sidebar />}
        <main inert={isCovered}>
          <Messages />
          <div ref={said} class="visually-hidden" role="status" aria-atomic="false" />
          <Toasts />
          <Composer />
        </main>
      </div>
    </div>
  );
}

/** What is wrong with the connection, and what to do; nothing where all is well. */
function Connection() {
  const app = useApp();
  const { connection, connectionDetail } = useAppState();
  if (connection === "connected") return null;
  const waiting = connection === "connecting" || (connection === "lost" && connectionDetail === "");
  const text =
    connection === "connecting"
      ? "Connecting to the daemon…"
      : connection === "lost"
        ? connectionDetail || "The connection is lost. Trying again; what you type stays."
        : connectionDetail;
  return (
    <div class={`connection ${waiting ? "" : "error"}`} role="status">
      <p>{text}</p>
      {!waiting && app.transport.kind === "editor" && (
        <button type="button" onClick={() => app.try(() => app.transport.act({ action: "restart" }))}>
          Try again
        </button>
      )}
    </div>
  );
}
