/** Keys of providers: typed here, kept by the daemon in the keyring of the system. Neither VSCode nor a file of the extension has them. */

import * as vscode from "vscode";
import type { Ctx } from "../ctx";
import type { Schemas } from "../lib/api";

const PLACES: Record<Schemas["KeyPlace"], string> = {
  environment: "from the environment",
  keyring: "in the keyring of the system",
  file: "in a file that only you can read",
};

export async function setKey(ctx: Ctx): Promise<void> {
  const [{ providers }, { items }] = await Promise.all([ctx.call("model.status", {}), ctx.call("key.list", {})]);
  const picks = providers.map(({ name, address, reason }) => {
    const key = items.find((one) => one.provider === name);
    return { label: name, description: address, detail: key ? `has a key ${PLACES[key.place]}` : (reason ?? undefined) };
  });
  if (picks.length === 0) throw new Error("There is no provider yet: name one in config.toml, as [providers.NAME].");
  const provider = await vscode.window.showQuickPick(picks, { title: "aiia: Set the API Key of", matchOnDescription: true });
  if (!provider) return;
  const key = await vscode.window.showInputBox({
    title: `aiia: API Key of ${provider.label}`,
    prompt: `It is kept by the daemon and sent to ${provider.description} alone.`,
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === "" ? "Type or paste the key." : undefined),
  });
  if (!key?.trim()) return;
  const kept = await ctx.call("key.set", { provider: provider.label, key: key.trim() });
  void vscode.window.showInformationMessage(`aiia: The key of ${kept.provider} is ${PLACES[kept.place]}, for ${kept.host}.`);
}

export async function removeKey(ctx: Ctx): Promise<void> {
  const { items } = await ctx.call("key.list", {});
  // What is in the environment is not ours to take away.
  const picks = items
    .filter((key) => key.place !== "environment")
    .map((key) => ({ label: key.provider, description: key.host, detail: PLACES[key.place] }));
  if (picks.length === 0) {
    void vscode.window.showInformationMessage("aiia: No key is kept.");
    return;
  }
  const chosen = await vscode.window.showQuickPick(picks, { title: "aiia: Remove the API Key of", matchOnDescription: true });
  if (!chosen) return;
  await ctx.call("key.delete", { provider: chosen.label });
  void vscode.window.showInformationMessage(`aiia: The key of ${chosen.label} is removed.`);
}
