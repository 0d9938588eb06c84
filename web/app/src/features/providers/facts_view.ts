import { html, nothing, type TemplateResult } from "lit";
import { copyFrom } from "../../design/clipboard.ts";
import { writtenSize } from "../../design/sizes.ts";
import { withCode } from "../../design/words.ts";
import { type Entry, homepageOf } from "./entries.ts";
import { providersWords } from "./words.ts";

const ABILITIES = ["thinking", "tools", "images", "approvals", "usage", "offline"] as const;

/** What there is to know of a provider and its program, and how it becomes the default. */
export function renderFacts(entry: Entry): TemplateResult {
  const { program } = entry;
  const homepage = homepageOf(program);
  const words = providersWords();
  return html`
    <dl>
      ${fact(words.version, versionOf(entry))} ${fact(words.can, abilitiesOf(entry))} ${renderLimits(entry)}
      ${renderKeys(entry)} ${program?.size ? fact(words.size, writtenSize(program.size)) : nothing}
      ${program ? fact(words.licence, program.licence) : nothing}
      ${
        homepage
          ? fact(words.homepage, html`<a href=${homepage} target="_blank" rel="noreferrer">${homepage}</a>`)
          : nothing
      }
      ${entry.provider ? renderDefault(entry) : nothing}
    </dl>
  `;
}

function fact(name: string, value: unknown): TemplateResult | typeof nothing {
  return value ? html`<dt>${name}</dt><dd>${value}</dd>` : nothing;
}

function versionOf({ program, provider }: Entry): string {
  const words = providersWords();
  if (!program) return provider?.version ?? "";
  const { installed, version, current } = program;
  if (installed === null) return version === null ? "" : words.toInstall(version);
  return current || version === null ? installed : words.versionOf(installed, version);
}

function abilitiesOf({ provider }: Entry): string {
  const words = providersWords();
  const found = ABILITIES.filter((name) => provider?.capabilities?.[name]).map((name) => words[name]);
  return found.join(", ");
}

function renderLimits({ provider }: Entry): TemplateResult {
  const words = providersWords();
  const { contextSize, historyCharacters, concurrentTurns } = provider?.limits ?? {};
  return html`
    ${typeof contextSize === "number" ? fact(words.window, words.inTokens(contextSize)) : nothing}
    ${typeof historyCharacters === "number" ? fact(words.window, words.inCharacters(historyCharacters)) : nothing}
    ${typeof concurrentTurns === "number" ? fact(words.turnsAtOnce, concurrentTurns) : nothing}
  `;
}

function renderKeys({ program }: Entry): TemplateResult | typeof nothing {
  if (!program || program.variables.length === 0) return nothing;
  const { keys, keysSet, keysNone } = providersWords();
  const { variables, variablesSet } = program;
  return fact(
    keys,
    withCode(variablesSet.length > 0 ? keysSet(asCode(variablesSet)) : keysNone(asCode(variables))),
  );
}

/** Names as `withCode` shows them, one after the other. */
export function asCode(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}

function renderDefault({ id, isDefault }: Entry): TemplateResult | typeof nothing {
  const words = providersWords();
  if (isDefault) return fact(words.default, words.defaultIs);
  const snippet = JSON.stringify({ providers: { default: id } });
  const copy = (event: Event): void => void copyFrom(event.currentTarget as HTMLButtonElement, snippet);
  return fact(
    words.default,
    html`${withCode(words.defaultHow)}
      <div class="snippet">
        <code dir="ltr">${snippet}</code>
        <button type="button" class="quiet" @click=${copy}>${words.copy}</button>
      </div>`,
  );
}
