import type { Feature } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import { ProvidersRoom } from "./providers_room.ts";

/** Every source of intelligence: whether it can answer, and if not, the step that changes that. */
export default function providers(hub: Hub): Feature {
  const enter = (): ProvidersRoom => Object.assign(new ProvidersRoom(), { hub });
  return {
    name: "providers",
    routes: [{ paths: ["/providers", "/providers/:id", "/providers/:id/key"], room: enter }],
  };
}
