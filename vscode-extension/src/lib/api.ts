/** The operations of the daemon as types: all of them derived from the generated protocol file. */

import type { components, operations } from "../protocol";

export type Schemas = components["schemas"];
export type OperationName = keyof operations;

type Part<T> = [NonNullable<T>] extends [never] ? unknown : NonNullable<T>;
type Body<T> = [T] extends [never]
  ? unknown
  : T extends { content: { "application/json": infer B } }
    ? B extends Record<string, never>
      ? unknown
      : B
    : unknown;

/** What an operation takes. */
export type Params<O extends OperationName> = Part<operations[O]["parameters"]["path"]> &
  Part<operations[O]["parameters"]["query"]> &
  Body<NonNullable<operations[O]["requestBody"]>>;

type Success<R> = R extends { 200: infer A } ? A : R extends { 201: infer A } ? A : R extends { 202: infer A } ? A : never;

/** What an operation gives. */
export type Result<O extends OperationName> =
  Success<operations[O]["responses"]> extends { content: { "application/json": infer R } } ? R : never;

export type Problem = Schemas["Problem"];
export type Project = Schemas["Project"];
export type Chat = Schemas["Chat"];
export type Message = Schemas["Message"];
export type Run = Schemas["Run"];
export type RunEvent = Schemas["RunEvent"];
export type ChangeEvent = Schemas["Event"];
export type PendingEdit = Schemas["PendingEdit"];
export type EditPreview = Schemas["EditPreview"];
export type Model = Schemas["Model"];
export type SearchHit = Schemas["SearchHit"];
export type Template = Schemas["Template"];
export type TemplateVariable = Schemas["Variable"];
export type VariableValue = Schemas["VariableValue"];

/** Anything thrown, as a problem that can be shown. */
export function asProblem(error: unknown): Problem {
  const data = (error as { data?: unknown })?.data;
  if (isProblem(data)) return data;
  if (isProblem(error)) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return { type: "about:blank", code: "internal", title: "Internal", status: 500, detail };
}

function isProblem(value: unknown): value is Problem {
  const problem = value as Partial<Problem> | null;
  return typeof problem === "object" && typeof problem?.code === "string" && typeof problem.detail === "string";
}

/** A problem as one text: what happened, and what to do. */
export function sentence(problem: Problem): string {
  // The detail may end with what somebody else said, without a stop.
  const stop = /[.!?…:]$/.test(problem.detail) ? "" : ".";
  return problem.hint ? `${problem.detail}${stop} ${problem.hint}` : problem.detail;
}
