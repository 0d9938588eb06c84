import { effect } from "@preact/signals-core";
import { listFeatures, type ShippedFeature } from "../api/features.ts";
import type { Feature, FeatureFactory } from "../state/feature.ts";
import type { Hub } from "../state/hub.ts";
import { shellWords } from "./words.ts";

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
    await Promise.all(shipped.map(({ name }) => hub.features.load(name)));
  } catch (error) {
    hub.notices.fail(shellWords().roomsNotRead, error);
  }
  hub.features.isComplete.value = true;
}

async function load({ module, name }: ShippedFeature, hub: Hub): Promise<Feature> {
  const address = new URL(module, location.origin);
  if (address.origin !== location.origin) throw new Error(`${name} is not shipped by this hub: ${module}`);
  const { default: make } = (await import(/* @vite-ignore */ address.href)) as { default: FeatureFactory };
  return { ...make(hub), name };
}
