import type { Feature } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import { UsageRoom } from "./usage_room.ts";

/** What turns used, what is left of limits, and budgets. */
export default function usage(hub: Hub): Feature {
  const enter = (): UsageRoom => Object.assign(new UsageRoom(), { hub });
  return { name: "usage", routes: [{ paths: ["/usage"], room: enter }] };
}
