import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import type { App } from "../app";
import type { State } from "../state";

export const AppContext = createContext<App>(undefined as unknown as App);

export function useApp(): App {
  return useContext(AppContext);
}

/** The state; the component is drawn again with each change of it. */
export function useAppState(): State {
  const app = useApp();
  const [, draw] = useState({});
  const drawn = app.state;
  useEffect(() => {
    // What changed between drawing and now was told to nobody.
    if (app.state !== drawn) draw({});
    return app.store.subscribe(() => draw({}));
  }, [app]);
  return drawn;
}

/** Draws again when told so. */
export function useRedraw(): () => void {
  const [, draw] = useState({});
  return useRef(() => draw({})).current;
}

/** Focuses an element that is about to be drawn, so that the keyboard goes on where it was. */
export function focusLater(selector: string): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(selector)?.focus());
}

/** Whether a media query is true. */
export function useMedia(query: string): boolean {
  const [isTrue, setTrue] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const changed = () => setTrue(list.matches);
    list.addEventListener("change", changed);
    return () => list.removeEventListener("change", changed);
  }, [query]);
  return isTrue;
}
