/** The document of the chat view. */

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The document with our own script and style in it. Nothing is loaded, which would go through VSCode's service worker and
 * hold back the first paint, and nothing can be sent anywhere.
 *
 * @param extension The folder in which the extension is installed.
 */
export function chatPage(extension: string): string {
  const nonce = randomBytes(18).toString("base64");
  const built = (name: string) => readFileSync(join(extension, "dist", "webview", name), "utf8");
  const policy = `default-src 'none'; img-src blob:; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style nonce="${nonce}">${built("view.css")}</style>
<title>aiia</title>
</head>
<body class="vscode-host">
<div id="app"></div>
<script nonce="${nonce}">${built("view.js")}</script>
</body>
</html>`;
}
