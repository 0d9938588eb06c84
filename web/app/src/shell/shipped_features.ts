import { effect } from "@preact/signals-core";
import { listFeatures, type ShippedFeature } from "../api/features.ts";
import type { Feature, FeatureFactory } from "../state/feature.ts";
import type { Hub } from "../state/hub.ts";
import { readFeature } from "./read_feature.ts";
import { shellWords } from "./words.ts";

const LOAD_TIMEOUT_MS = 10_000;

/** Take in what the hub's plugins bring, once the hub answers; what cannot be loaded is noted under its name. */
export function takeShippedFeatures(hub: Hub): void {
  const stop = effect(() => {
    if (hub.connection.state.value.kind !== "live") return;
    queueMicrotask(() => stop());
    void takeAll(hub);
  });
}

async function takeAll(hub: Hub): Promise<void> {
  try {
    const shipped = await listFeatures();
    hub.features.declare(
      ...shipped.map((feature) => ({ name: feature.name, load: () => load(feature, hub) })),
    );
    await Promise.all(shipped.map(({ name }) => loadAndTell(name, hub)));
  } catch (error) {
    hub.notices.fail(shellWords().roomsNotRead, error);
  }
  hub.features.isComplete.value = true;
}

async function loadAndTell(name: string, hub: Hub): Promise<void> {
  await hub.features.load(name);
  const failure = hub.features.failures.peek().get(name);
  if (failure) hub.notices.fail(shellWords().featureFailed(name), failure.error);
}

async function load({ module, name }: ShippedFeature, hub: Hub): Promise<Feature> {
  const address = new URL(module, location.origin);
  if (address.origin !== location.origin) throw new Error(`${name} is not shipped by this hub: ${module}`);
  const { default: make } = await inTime<{ default?: unknown }>(import(/* @vite-ignore */ address.href));
  if (typeof make !== "function") throw new Error("its module has no default export that makes the feature");
  return readFeature((make as FeatureFactory)(hub), name);
}

/** A module that waits for something for ever must not keep the others from being known. */
function inTime<T>(loading: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error("its module was not loaded in time")), LOAD_TIMEOUT_MS);
  });
  return Promise.race([loading, late]);
}
