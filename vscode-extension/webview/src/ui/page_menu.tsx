/** What concerns the page as a whole: its theme and the way out. In a browser only, VSCode has themes of its own. */

import { useState } from "preact/hooks";
import { useApp } from "./hooks";
import { type Entry, Menu } from "./menu";

const THEMES = ["system", "light", "dark"];

export function applyTheme(theme: string): void {
  document.documentElement.dataset.theme = theme;
}

export function PageMenu() {
  const app = useApp();
  const [theme, setTheme] = useState(app.theme);
  const choose = (chosen: string) => {
    app.theme = chosen;
    applyTheme(chosen);
    setTheme(chosen);
  };
  const entries: Entry[] = THEMES.map((name) => ({
    label: `Theme: ${name}`,
    isChosen: name === theme,
    run: () => choose(name),
  }));
  if (app.transport.signOut) entries.push({ label: "Sign out", run: () => app.try(() => app.transport.signOut?.()) });
  return <Menu label="This page" entries={entries} />;
}
