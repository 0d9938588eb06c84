import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Install } from "../../src/api/programs.ts";
import type { Provider } from "../../src/api/providers.ts";
import type { TopicStateListener } from "../../src/connection/topic_state.ts";
import type { Progress } from "../../src/design/progress.ts";
import { ModelState } from "../../src/features/welcome/model_state.ts";
import type { Hub } from "../../src/state/hub.ts";
import { ProviderList } from "../../src/state/provider_list.ts";

const MODEL: Provider = {
  id: "local",
  name: "Local model",
  version: "1",
  status: "notInstalled",
  reason: "not here",
};
const PROGRAM = {
  id: "local",
  kind: "model",
  name: "Local model",
  package: "tiny",
  installed: null,
  size: 98_362_432,
};
const RUNNING: Install = {
  id: "local",
  status: "running",
  version: "tiny",
  step: "download",
  done: 42,
  total: 100,
};

let provider: Provider;
let tell: (installs: readonly Install[]) => void;
let asked: string[];

async function shown(): Promise<ModelState> {
  const hub = {
    isLive: true,
    providers: new ProviderList(),
    followTopic: (_: string, listener: TopicStateListener<readonly Install[]>) => {
      tell = (installs) => listener.apply(installs);
      return () => undefined;
    },
  };
  const state = new ModelState();
  state.hub = hub as unknown as Hub;
  document.body.append(state);
  tell([]);
  await vi.waitFor(() => expect(textOf(state)).not.toContain("Looking for"));
  return state;
}

function textOf(state: ModelState): string {
  const labels = [...state.renderRoot.querySelectorAll<Progress>("atrium-progress")].map(
    ({ label }) => label,
  );
  return [state.renderRoot.textContent, ...labels].join(" ");
}

beforeEach(() => {
  provider = MODEL;
  asked = [];
  vi.stubGlobal("fetch", async (path: string, { method }: RequestInit) => {
    asked.push(`${method} ${path}`);
    const isPrograms = path.endsWith("/programs");
    return Response.json({ data: [isPrograms ? PROGRAM : provider] });
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

it("a model that is not there can be fetched from the first page", async () => {
  const state = await shown();
  await vi.waitFor(() => expect(textOf(state)).toContain("Download the model, 98"));
  state.renderRoot.querySelector<HTMLElement>('[data-testid="fetch-model"]')?.click();
  await vi.waitFor(() => expect(asked).toContain("POST /api/v1/providers/programs/local"));
});

it("how far the download is, is shown until the model is there", async () => {
  const state = await shown();
  tell([RUNNING]);
  await state.updateComplete;
  await vi.waitFor(() => expect(textOf(state)).toContain("Downloading: Local model"));
  expect(state.renderRoot.querySelector<Progress>("atrium-progress")?.value).toBe(0.42);

  provider = { ...MODEL, status: "active" };
  tell([{ ...RUNNING, status: "completed" }]);
  await vi.waitFor(() => expect(textOf(state)).toContain("Ready: Local model"));
});

it("a model that is read into memory is said to be", async () => {
  provider = { ...MODEL, status: "active", preparing: true };
  const state = await shown();
  await vi.waitFor(() => expect(textOf(state)).toContain("Local model is being read into memory"));
});
