import type { Feature } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import { ApprovalsRoom } from "./approvals_room.ts";

/** What agents ask for, answered from one place. */
export default function approvals(hub: Hub): Feature {
  const enter = (): ApprovalsRoom => Object.assign(new ApprovalsRoom(), { hub });
  return { name: "approvals", routes: [{ paths: ["/approvals"], room: enter }] };
}
