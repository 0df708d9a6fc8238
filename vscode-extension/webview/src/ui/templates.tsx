/** Prompt templates: choose one, fill in its variables, and it becomes the question. */

import { useState } from "preact/hooks";
import { useApp } from "./hooks";

interface Variable {
  name: string;
  description?: string | null;
  default?: unknown;
}

interface Template {
  id: string;
  name?: string;
  title?: string;
  description?: string | null;
  variables?: Variable[];
}

export function Templates({ use }: { use: (text: string) => void }) {
  const app = useApp();
  const [templates, setTemplates] = useState<Template[]>();
  const [chosen, setChosen] = useState<Template>();
  const nameOf = (template: Template) => template.title ?? template.name ?? template.id;
  const open = () =>
    app.try(async () => {
      const { items } = (await app.transport.call("template.list" as never, { limit: 200 } as never)) as { items: Template[] };
      setTemplates(items);
    });
  const render = (template: Template, values: Record<string, string>) =>
    app.try(async () => {
      const params = { template_id: template.id, values };
      const { text } = (await app.transport.call("template.preview" as never, params as never)) as { text: string };
      setTemplates(undefined);
      setChosen(undefined);
      use(text);
    });
  if (!templates) {
    return (
      <button type="button" aria-expanded="false" onClick={open}>
        Templates
      </button>
    );
  }
  return (
    <div class="templates" role="group" aria-label="Templates">
      <select
        aria-label="Template"
        ref={(select) => {
          if (!chosen) select?.focus();
        }}
        onChange={(event) => {
          const template = templates.find((one) => one.id === event.currentTarget.value);
          setChosen(template);
          if (template && !template.variables?.length) render(template, {});
        }}
      >
        <option value="">Choose a template</option>
        {templates.map((template) => (
          <option key={template.id} value={template.id} title={template.description ?? undefined}>
            {nameOf(template)}
          </option>
        ))}
      </select>
      {chosen?.variables?.map((variable) => (
        <input
          key={variable.name}
          data-variable={variable.name}
          aria-label={variable.description || variable.name}
          placeholder={variable.description || variable.name}
          defaultValue={variable.default == null ? "" : String(variable.default)}
        />
      ))}
      {chosen && (
        <button
          type="button"
          onClick={(event) => {
            const fields = event.currentTarget.parentElement?.querySelectorAll<HTMLInputElement>("[data-variable]") ?? [];
            render(chosen, Object.fromEntries([...fields].map((field) => [field.dataset.variable ?? "", field.value])));
          }}
        >
          Use
        </button>
      )}
      <button type="button" onClick={() => setTemplates(undefined)}>
        Cancel
      </button>
    </div>
  );
}
