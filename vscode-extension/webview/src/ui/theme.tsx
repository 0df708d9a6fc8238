/** Light, dark, or as the system has it; in a browser only, VSCode has themes of its own. */

import { useState } from "preact/hooks";
import { useApp } from "./hooks";

const THEMES = ["system", "light", "dark"];

export function applyTheme(theme: string): void {
  document.documentElement.dataset.theme = theme;
}

export function ThemeSwitch() {
  const app = useApp();
  const [theme, setTheme] = useState(app.theme);
  const choose = (chosen: string) => {
    app.theme = chosen;
    applyTheme(chosen);
    setTheme(chosen);
  };
  return (
    <label class="theme">
      <span class="visually-hidden">Theme</span>
      <select value={theme} onChange={(event) => choose(event.currentTarget.value)}>
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {name[0].toUpperCase() + name.slice(1)}
          </option>
        ))}
      </select>
    </label>
  );
}
