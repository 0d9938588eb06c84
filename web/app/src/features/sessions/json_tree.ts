import { html, nothing, type TemplateResult } from "lit";
import { isRecord } from "../../api/problem.ts";
import { sessionWords } from "./words.ts";

const OPEN_DEPTH = 2;
const MOST_CHILDREN = 200;

/** Show a JSON value as a tree: a line each, branches that open. */
export function renderJson(value: unknown, depth = 0): TemplateResult {
  const entries = entriesOf(value);
  if (!entries)
    return html`<span class="json-leaf ${kindOf(value)}">${typeof value === "string" ? value : JSON.stringify(value)}</span>`;
  return html`<ul class="json" role="list">
    ${entries.slice(0, MOST_CHILDREN).map(([name, child]) => renderChild(name, child, depth))}
    ${entries.length > MOST_CHILDREN ? html`<li class="more">${sessionWords().items(entries.length - MOST_CHILDREN)}</li>` : nothing}
  </ul>`;
}

/** Read a text as JSON if it is an object or a list in JSON. */
export function readJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function renderChild(name: string, child: unknown, depth: number): TemplateResult {
  const entries = entriesOf(child);
  if (!entries || entries.length === 0) {
    return html`<li><span class="json-name">${name}</span> ${entries ? html`<span class="json-leaf">${JSON.stringify(child)}</span>` : renderJson(child)}</li>`;
  }
  const words = sessionWords();
  const count = Array.isArray(child) ? words.items(entries.length) : words.fields(entries.length);
  return html`<li>
    <details ?open=${depth + 1 < OPEN_DEPTH}>
      <summary><span class="json-name">${name}</span> <span class="json-count">${count}</span></summary>
      ${renderJson(child, depth + 1)}
    </details>
  </li>`;
}

function entriesOf(value: unknown): [string, unknown][] | undefined {
  if (Array.isArray(value)) return value.map((child, index) => [String(index + 1), child]);
  return isRecord(value) ? Object.entries(value) : undefined;
}

function kindOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}
