import type { Feature } from "../../state/feature.ts";
import { GalleryRoom } from "./gallery_room.ts";

/** Every component in each of its states, for those who work on them and for the tests that compare pictures. */
export default function gallery(): Feature {
  return { name: "gallery", routes: [{ paths: ["/gallery"], room: () => new GalleryRoom() }] };
}
