import { html, type TemplateResult } from "lit";
import type { Change } from "./act_text.ts";
import { approvalWords } from "./words.ts";

/** Lines that stay, go or come, one after another. */
export interface Stretch {
  readonly kind: "same" | "removed" | "added";
  readonly lines: readonly string[];
}

/** A change of a file, line by line. */
export interface ComparedChange {
  readonly path: string;
  readonly stretches: readonly Stretch[];
}

const CONTEXT_LINES = 3;
const LONGEST_MS = 1_000;
const SIGNS = { same: " ", removed: "−", added: "+" } as const;

/** Compare a file's text before and after. Where that takes too long, or fails, all goes and all comes. */
export async function compared({ path, oldText, newText }: Change): Promise<ComparedChange> {
  try {
    const { diffLines } = await import("diff");
    const parts = diffLines(oldText, newText, { timeout: LONGEST_MS });
    if (parts !== undefined) return { path, stretches: parts.flatMap(stretchOf) };
  } catch {
    // The part of the page that compares was not loaded: what is asked about is shown all the same.
  }
  const all = [
    { value: oldText, removed: true, added: false },
    { value: newText, removed: false, added: true },
  ];
  return { path, stretches: all.flatMap(stretchOf) };
}

/** The lines before and after a fold, and those in it; changed lines are never folded. */
export function folded(stretches: readonly Stretch[], place: number): readonly (readonly string[])[] {
  const { kind, lines } = stretches[place] as Stretch;
  const before = place === 0 ? 0 : CONTEXT_LINES;
  const after = place === stretches.length - 1 ? 0 : CONTEXT_LINES;
  if (kind !== "same" || lines.length <= before + after + 1) return [lines, [], []];
  return [
    lines.slice(0, before),
    lines.slice(before, lines.length - after),
    lines.slice(lines.length - after),
  ];
}

/** Show a change whole: what stays the same and is far from what changes can be opened. */
export function renderChange({ path, stretches }: ComparedChange): TemplateResult {
  const count = (kind: Stretch["kind"]) =>
    stretches.reduce((sum, one) => sum + (one.kind === kind ? one.lines.length : 0), 0);
  return html`
    <div class="change">
      <p dir="ltr">
        <span class="path">${path}</span> <span class="came">+${count("added")}</span>
        <span class="went">−${count("removed")}</span>
      </p>
      <div class="lines" tabindex="0" dir="ltr">
        ${stretches.map(({ kind }, place) => renderStretch(kind, folded(stretches, place)))}
      </div>
    </div>
  `;
}

function renderStretch(
  kind: Stretch["kind"],
  [before = [], inside = [], after = []]: readonly (readonly string[])[],
): TemplateResult {
  const lines = (some: readonly string[]) =>
    some.map((line) => html`<span class="line ${kind}">${SIGNS[kind]} ${line}</span>`);
  if (inside.length === 0) return html`${lines(before)}`;
  return html`
    ${lines(before)}
    <details>
      <summary dir="auto">${approvalWords().unchanged(inside.length)}</summary>
      ${lines(inside)}
    </details>
    ${lines(after)}
  `;
}

function stretchOf({
  value,
  removed,
  added,
}: {
  value: string;
  removed: boolean;
  added: boolean;
}): Stretch[] {
  if (value === "") return [];
  const lines = value.endsWith("\n") ? value.slice(0, -1) : value;
  return [{ kind: removed ? "removed" : added ? "added" : "same", lines: lines.split("\n") }];
}
