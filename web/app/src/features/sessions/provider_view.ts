import { html, nothing, type TemplateResult } from "lit";
import { ArrowLeftRight, Gauge, KeyRound, Plug, SquarePen } from "lucide";
import type { Problem, ProblemAction } from "../../api/problem.ts";
import { icon } from "../../design/icon.ts";
import { renderProblem } from "../../design/problem_view.ts";
import { comingTime } from "../../design/times.ts";
import { withCode } from "../../design/words.ts";
import { problemText } from "../../language/problems.ts";
import type { ProviderChange, Retrying, Turn } from "./conversation.ts";
import { imageWords } from "./image_words.ts";
import { providerWords } from "./provider_words.ts";
import type { TurnContext } from "./turn_view.ts";

/** Say that other providers answer from here on, one line each. */
export function renderChanges(
  changes: readonly ProviderChange[] | undefined,
  nameOf: (providerId: string) => string,
): TemplateResult | typeof nothing {
  if (!changes) return nothing;
  return html`${changes.map(
    (change) => html`<p class="change" role="note" data-testid="provider-change">
      ${icon(ArrowLeftRight)}<span>${withCode(wordsOf(change, nameOf))}</span>
    </p>`,
  )}`;
}

function wordsOf(change: ProviderChange, nameOf: (providerId: string) => string): string {
  const { changed, fellBack, readsLess } = providerWords();
  const { providerId, before, problem, kept, messages } = change;
  const name = nameOf(providerId);
  const told = problem ? fellBack(name, nameOf(before), problemText(problem)) : changed(name);
  return kept < messages ? `${told} ${readsLess(kept, messages)}` : told;
}

/** Say when a provider that named a time can be asked again; nothing once that has passed. */
export function renderRetryAt({ retryAt = 0 }: Problem, now: number): string {
  return retryAt > now ? providerWords().againFrom(comingTime(retryAt, now)) : "";
}

/** Say why the provider is asked again, and when; meanwhile the turn can be cancelled, or go on with another. */
export function renderRetrying({ at, problem }: Retrying, context: TurnContext): TemplateResult {
  const { now, isBusy, ask } = context;
  const words = providerWords();
  const seconds = Math.max(0, Math.ceil((Date.parse(at) - now) / 1_000));
  return html`<div class="break warning" role="status" data-testid="retrying">
    <p>${renderProblem(problem)} ${words.tryingAgain(seconds)}</p>
    <div class="steps">
      <button type="button" class="plain" data-testid="cancel-retrying" ?disabled=${isBusy} @click=${() => ask("cancel")}>${words.cancel}</button>
      ${renderSwitch(otherOf(problem)?.providerId, context)}
    </div>
  </div>`;
}

/** The steps that the hub offers with a problem of a provider, beside trying again. */
export function renderProblemSteps(
  problem: Problem,
  context: TurnContext,
  providerId: string | undefined,
): TemplateResult {
  const has = (...ids: readonly string[]): boolean => problem.actions.some(({ id }) => ids.includes(id));
  const other = otherOf(problem);
  return html`
    ${other ? renderSwitch(other.providerId, context) : nothing}
    ${has("send_without_images") ? renderWithoutImages(context) : nothing}
    ${has("change_budget") ? html`<a class="button quiet" href="/usage" data-testid="open-usage">${icon(Gauge)}${providerWords().budget}</a>` : nothing}
    ${has("new_session") ? html`<a class="button plain" href="/new" data-testid="new-session-step">${icon(SquarePen)}${providerWords().newSession}</a>` : nothing}
    ${has("configure_provider", "install_provider") ? renderWayToProvider(providerId, has("install_provider")) : nothing}
  `;
}

function renderWithoutImages({ isBusy, ask }: TurnContext): TemplateResult {
  return html`<button type="button" class="plain" data-testid="without-images" ?disabled=${isBusy} @click=${() => ask("retryWithoutImages")}>
    ${imageWords().sendWithoutImages}
  </button>`;
}

function otherOf({ actions }: Problem): ProblemAction | undefined {
  return actions.find(({ id }) => id === "switch_provider");
}

function renderWayToProvider(providerId: string | undefined, isMissing: boolean): TemplateResult {
  const words = providerWords();
  const path = providerId ? `/providers/${encodeURIComponent(providerId)}` : "/providers";
  return html`<a class="button quiet" href=${path} data-testid="open-provider">
    ${icon(Plug)}${isMissing ? words.install : words.whatItNeeds}
  </a>`;
}

/** The step without which trying again does not help: the key of the provider. */
export function renderWayToKey({ problem, providerId }: Turn): TemplateResult | typeof nothing {
  if (!providerId || !problem?.actions.some(({ id }) => id === "set_key")) return nothing;
  return html`<a class="button plain" href="/providers/${encodeURIComponent(providerId)}/key" data-testid="set-key">
    ${icon(KeyRound)}${providerWords().setKey}
  </a>`;
}

function renderSwitch(providerId: string | undefined, { isBusy, ask, nameOf }: TurnContext): TemplateResult {
  const words = providerWords();
  return html`<button type="button" class="plain" data-testid="switch-provider" ?disabled=${isBusy} @click=${() => ask("switch", providerId)}>
    ${icon(ArrowLeftRight)}${providerId ? words.continueWith(nameOf(providerId)) : words.another}
  </button>`;
}
