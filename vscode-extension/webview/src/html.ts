/**
 * HTML of the daemon as nodes. The daemon has cleaned it; here nothing but a short list of elements and attributes is taken over,
 * so that a fault there is no hole here. Parsed in a document of its own, where nothing is loaded and nothing runs.
 */

const ELEMENTS = new Set(
  "a abbr b blockquote br code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i input kbd li ol p pre s span strong sub sup table tbody td th thead tr ul".split(
    " ",
  ),
);
/** Attribute → what it may look like. */
const ATTRIBUTES: Record<string, RegExp> = {
  class: /^[\w -]{1,100}$/,
  "data-blocks": /^[01]$/,
  "data-language": /^[\w+#.-]{1,40}$/,
  href: /^https?:\/\//i,
  title: /^/,
  start: /^\d{1,9}$/,
  type: /^checkbox$/,
  checked: /^/,
  disabled: /^/,
  align: /^(left|right|center)$/,
};

/** The nodes of `html` that are on the list. */
export function fragment(html: string): DocumentFragment {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const result = document.createDocumentFragment();
  for (const node of parsed.body.childNodes) copy(node, result);
  return result;
}

function copy(node: Node, into: Node): void {
  if (node.nodeType === Node.TEXT_NODE) {
    into.appendChild(document.createTextNode(node.textContent ?? ""));
    return;
  }
  if (!(node instanceof Element) && node.nodeType !== Node.ELEMENT_NODE) return;
  const element = node as Element;
  const name = element.localName;
  if (!ELEMENTS.has(name) || element.namespaceURI !== "http://www.w3.org/1999/xhtml") return;
  const made = document.createElement(name);
  for (const { name, value } of element.attributes) if (ATTRIBUTES[name]?.test(value)) made.setAttribute(name, value);
  if (name === "input") {
    made.setAttribute("type", "checkbox");
    made.setAttribute("disabled", "");
    made.setAttribute("aria-label", "task");
  }
  for (const child of element.childNodes) copy(child, made);
  into.appendChild(made);
}
