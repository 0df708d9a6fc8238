/** The entry of the chat view, in VSCode's sidebar and in a browser. */

import "./styles/view.css";
import { render } from "preact";
import { App } from "./app";
import { confirmLinks } from "./links";
import { BrowserTransport } from "./transport_browser";
import { EditorTransport } from "./transport_editor";
import { AppContext } from "./ui/hooks";
import { applyTheme } from "./ui/page_menu";
import { View } from "./ui/view";

const inEditor = "acquireVsCodeApi" in globalThis;
const app = new App(inEditor ? new EditorTransport() : new BrowserTransport());
const root = document.getElementById("app");
if (root) {
  if (!inEditor) applyTheme(app.theme);
  confirmLinks(root, app);
  // Drawn before anything is asked for: the first paint waits for no data.
  render(
    <AppContext.Provider value={app}>
      <View />
    </AppContext.Provider>,
    root,
  );
  app.start();
}
