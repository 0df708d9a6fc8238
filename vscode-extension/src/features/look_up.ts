/** Tells the daemon what the other language servers of this window know. */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { within } from "../lib/look_up";

interface Asked {
  textDocument: { uri: string; version: number };
  withinMs: number;
}

type Position = { line: number; character: number };
type Found = vscode.Location | vscode.LocationLink;

/** What `initializationOptions` announce. */
export const ANSWERS = ["definitions", "references", "diagnostics"];

export function answerLookUps(client: LanguageClient): void {
  const { code2ProtocolConverter: ours, protocol2CodeConverter: theirs } = client;
  const location = (found: Found) => {
    if (!("targetUri" in found)) return ours.asLocation(found);
    return ours.asLocation(new vscode.Location(found.targetUri, found.targetSelectionRange ?? found.targetRange));
  };
  // An answer about another version would be about other places.
  const uriOf = ({ textDocument }: Asked) => {
    const uri = theirs.asUri(textDocument.uri);
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    return open?.version === textDocument.version ? uri : undefined;
  };
  const find = (command: string, uri: vscode.Uri, position: Position) =>
    vscode.commands.executeCommand<Found[]>(command, uri, theirs.asPosition(position));

  client.onRequest("aiia/editor/definitions", async (params: Asked & { positions: Position[] }) => {
    const uri = uriOf(params);
    if (!uri) return null;
    const questions = params.positions.map((position) => find("vscode.executeDefinitionProvider", uri, position));
    const answers = await within(params.withinMs, questions);
    return { definitions: answers.map((found) => found?.map(location) ?? null) };
  });
  client.onRequest("aiia/editor/references", async (params: Asked & { position: Position }) => {
    const uri = uriOf(params);
    if (!uri) return null;
    const [found] = await within(params.withinMs, [find("vscode.executeReferenceProvider", uri, params.position)]);
    return found?.map(location) ?? null;
  });
  client.onRequest("aiia/editor/diagnostics", async (params: Asked & { range: { start: Position; end: Position } }) => {
    const uri = uriOf(params);
    if (!uri) return null;
    const range = theirs.asRange(params.range);
    const found = vscode.languages.getDiagnostics(uri).filter((one) => one.range.intersection(range));
    return await ours.asDiagnostics(found);
  });
}
