/** Files that go, or went, along with a question. */

import { useEffect, useState } from "preact/hooks";
import type { StoredFile } from "../files";
import { useApp, useAppState } from "./hooks";

/** What goes along with the next question; each can be taken out again. */
export function GoesAlong() {
  const app = useApp();
  const { attachments, files } = useAppState();
  if (attachments.length + files.length === 0) return null;
  const remove = (label: string, run: () => void) => (
    <button
      type="button"
      aria-label={`Remove ${label}`}
      onClick={() => {
        run();
        app.onFocusComposer();
      }}
    >
      ×
    </button>
  );
  return (
    <ul class="attachments" aria-label="Goes along">
      {attachments.map((attachment) => (
        <li key={attachment.label}>
          <span>{attachment.label}</span>
          {remove(attachment.label, () => app.drafts.detach(attachment))}
        </li>
      ))}
      {files.map((file) => (
        <li key={file.id}>
          {file.kind === "image" ? <Picture file={file} /> : <span>{file.name}</span>}
          {remove(file.name, () => app.drafts.removeFile(file))}
        </li>
      ))}
    </ul>
  );
}

/** What went along with a message. */
export function Attached({ files }: { files: StoredFile[] }) {
  if (files.length === 0) return null;
  return (
    <ul class="attachments" aria-label="Went along">
      {files.map((file) => (
        <li key={file.id}>{file.kind === "image" ? <Picture file={file} /> : <span>{file.name}</span>}</li>
      ))}
    </ul>
  );
}

/** The picture; its name where it cannot be had. */
function Picture({ file }: { file: StoredFile }) {
  const app = useApp();
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    let wanted = true;
    app.transport.picture(file.id).then(
      (address) => wanted && setAddress(address),
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, [file.id, app]);
  return address ? <img src={address} alt={file.name} title={file.name} loading="lazy" /> : <span>{file.name}</span>;
}
