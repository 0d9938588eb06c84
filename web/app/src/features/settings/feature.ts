import type { Feature } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import { SettingsRoom } from "./settings_room.ts";

/** How this browser shows the page, and what the hub runs. */
export default function settings(hub: Hub): Feature {
  const enter = (): SettingsRoom => {
    const room = new SettingsRoom();
    room.hub = hub;
    return room;
  };
  return { name: "settings", routes: [{ paths: ["/settings"], room: enter }] };
}
