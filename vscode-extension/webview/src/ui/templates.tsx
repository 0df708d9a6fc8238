/** Prompt templates: choose one, fill in its variables, and it becomes the question or a chat of its own. */

import { useRef, useState } from "preact/hooks";
import type { Template, TemplateVariable, VariableValue } from "../../../src/lib/api";
import { useApp, useAppState } from "./hooks";

const SOURCES = { built_in: "aiia’s own", user: "Yours", repository: "Of the project" } as const;

export function Templates({ use }: { use: (text: string) => void }) {
  const app = useApp();
  const { projectId } = useAppState();
  const [templates, setTemplates] = useState<Template[]>();
  const [problems, setProblems] = useState<string[]>([]);
  const [chosen, setChosen] = useState<Template>();
  // What was asked for last; a list that arrives after Escape is not shown any more.
  const wanted = useRef(false);
  const button = useRef<HTMLButtonElement>(null);
  const open = () => {
    wanted.current = true;
    return app.try(async () => {
      const read = await app.transport.call("template.list", projectId ? { project_id: projectId } : {});
      if (!wanted.current) return;
      setTemplates(read.items);
      setProblems(read.problems);
    });
  };
  const close = () => {
    wanted.current = false;
    setTemplates(undefined);
    setChosen(undefined);
  };
  const closeByKey = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !wanted.current) return;
    event.stopPropagation();
    close();
    requestAnimationFrame(() => button.current?.focus());
  };
  if (!templates) {
    return (
      <button type="button" ref={button} aria-expanded="false" onClick={open} onKeyDown={closeByKey}>
        Templates
      </button>
    );
  }
  return (
    <div class="templates" role="group" aria-label="Templates" onKeyDown={closeByKey}>
      <select
        aria-label="Template"
        ref={(select) => {
          if (!chosen) select?.focus();
        }}
        onChange={(event) => {
          const id = event.currentTarget.value;
          setChosen(templates.find((one) => one.id === id));
        }}
      >
        <option value="">Choose a template</option>
        {Object.entries(SOURCES).map(([source, label]) => {
          const those = templates.filter((template) => template.source === source);
          return (
            those.length > 0 && (
              <optgroup key={source} label={label}>
                {those.map((template) => (
                  <option key={template.id} value={template.id}>
                    {template.favourite ? "★ " : ""}
                    {template.content.name}
                  </option>
                ))}
              </optgroup>
            )
          );
        })}
      </select>
      {chosen ? (
        <Filling key={chosen.id} template={chosen} use={use} close={close} />
      ) : (
        <button type="button" onClick={close}>
          Cancel
        </button>
      )}
      {problems.map((problem) => (
        <p key={problem} class="note">
          {problem}
        </p>
      ))}
    </div>
  );
}

/** The variables of a template and what it is used for. */
function Filling({ template, use, close }: { template: Template; use: (text: string) => void; close: () => void }) {
  const app = useApp();
  const { projectId } = useAppState();
  const variables = template.content.variables ?? [];
  const [values, setValues] = useState<Record<string, VariableValue>>(
    Object.fromEntries(variables.flatMap((one) => (one.default == null ? [] : [[one.name, one.default]]))),
  );
  const filled = { template_id: template.id, revision: template.revision, values };
  const insert = async () => {
    const shown = await app.transport.call("template.preview", { ...filled, ...(projectId ? { project_id: projectId } : {}) });
    close();
    use(shown.body);
  };
  const start = async () => {
    await app.conversation.startTemplate(filled);
    close();
  };
  return (
    <>
      {template.content.description && <p class="note">{template.content.description}</p>}
      {variables.map((variable) => (
        <Field
          key={variable.name}
          variable={variable}
          value={values[variable.name]}
          change={(value) => setValues({ ...values, [variable.name]: value })}
        />
      ))}
      <span class="buttons">
        <button type="button" class="primary" onClick={() => app.try(start)}>
          Start a chat
        </button>
        {template.content.body && (
          <button type="button" onClick={() => app.try(insert)}>
            Insert as text
          </button>
        )}
        <button type="button" onClick={close}>
          Cancel
        </button>
      </span>
    </>
  );
}

/** A field as its variable's kind wants it. */
function Field({
  variable,
  value,
  change,
}: {
  variable: TemplateVariable;
  value: VariableValue | undefined;
  change: (value: VariableValue) => void;
}) {
  const label = variable.description || variable.name;
  const id = `variable-${variable.name}`;
  const text = value == null ? "" : String(value);
  const input = () => {
    switch (variable.kind) {
      case "boolean":
        return (
          <input id={id} type="checkbox" checked={value === true} onChange={(event) => change(event.currentTarget.checked)} />
        );
      case "choice":
        return (
          <select id={id} value={text} onChange={(event) => change(event.currentTarget.value)}>
            {value == null && <option value="">Choose</option>}
            {variable.choices?.map((choice) => (
              <option key={choice} value={choice}>
                {choice}
              </option>
            ))}
          </select>
        );
      case "multiline":
        return <textarea id={id} rows={4} value={text} onInput={(event) => change(event.currentTarget.value)} />;
      case "number":
        return (
          <input
            id={id}
            type="number"
            step="any"
            value={text}
            onInput={(event) => {
              const number = event.currentTarget.valueAsNumber;
              if (!Number.isNaN(number)) change(number);
            }}
          />
        );
      default:
        return <input id={id} value={text} onInput={(event) => change(event.currentTarget.value)} />;
    }
  };
  return (
    <div class={`variable ${variable.kind === "boolean" ? "check" : ""}`}>
      <label for={id}>{label}</label>
      {input()}
    </div>
  );
}
