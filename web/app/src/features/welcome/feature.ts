import type { Feature } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import { WelcomeRoom } from "./welcome_room.ts";

/** The first minute: what Atrium is, what can answer, and where to write the first question. */
export default function welcome(hub: Hub): Feature {
  const enter = (): WelcomeRoom => {
    const room = new WelcomeRoom();
    room.hub = hub;
    return room;
  };
  return { name: "welcome", routes: [{ paths: ["/welcome"], room: enter }] };
}
