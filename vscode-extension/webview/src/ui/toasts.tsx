/** Short messages: what was done, and what did not work. */

import { useApp, useAppState } from "./hooks";

export function Toasts() {
  const app = useApp();
  const { toasts } = useAppState();
  return (
    <div class="toasts">
      {toasts.map((toast) => (
        <div key={toast.id} class={`toast ${toast.kind}`} role={toast.kind === "information" ? "status" : "alert"}>
          <p>{toast.text}</p>
          {toast.action && (
            <button
              type="button"
              onClick={() => {
                toast.action?.run();
                app.dismiss(toast.id);
                app.onFocusComposer();
              }}
            >
              {toast.action.label}
            </button>
          )}
          <button
            type="button"
            onClick={() => {
              app.dismiss(toast.id);
              app.onFocusComposer();
            }}
          >
            {toast.close ?? "Close"}
          </button>
        </div>
      ))}
    </div>
  );
}
