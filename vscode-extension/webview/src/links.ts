/** Links of a model lead out only after the whole address was read and agreed to. */

import { isWebLink } from "../../src/lib/view_protocol";
import type { App } from "./app";

export function confirmLinks(root: HTMLElement, app: App): void {
  const open = (event: MouseEvent) => {
    const link = (event.target as Element | null)?.closest?.("a[href]");
    if (!link) return;
    event.preventDefault();
    const url = link.getAttribute("href") ?? "";
    if (!isWebLink(url)) return;
    // VSCode asks by itself, with the whole address.
    const run = () => app.try(() => app.transport.act({ action: "openLink", url }));
    if (app.transport.kind === "editor") run();
    else app.toast({ text: `This link leads to ${new URL(url).href}`, kind: "information", action: { label: "Open", run } });
  };
  root.addEventListener("click", open);
  root.addEventListener("auxclick", open);
}
