import type { Provider } from "../../api/providers.ts";
import { imageWords } from "./image_words.ts";

/** Why a provider cannot be sent images; empty where it can, or where that is not known: then the hub says so. */
export function whyNoImages(providers: readonly Provider[] | undefined, id: string | undefined): string {
  const provider = providers?.find((known) => known.id === id);
  return !provider || provider.capabilities?.images ? "" : imageWords().notTaken(provider.name);
}
