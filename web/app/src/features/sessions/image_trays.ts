import type { KeyedTexts } from "../../state/keyed_texts.ts";
import { ImageTray, readKept, TRAY_PORTS } from "./image_upload.ts";
import { type FileStore, WaitingFiles } from "./waiting_files.ts";

const loadStore = (): Promise<FileStore> => import("./file_store.ts");

/** The trays of all sessions: what is on its way stays so while another session is open. */
export class ImageTrays {
  /** The tray of a session that was not begun yet. */
  readonly ofNew: ImageTray;
  readonly #texts: KeyedTexts;
  readonly #trays = new Map<string, ImageTray>();

  constructor(texts: KeyedTexts) {
    this.#texts = texts;
    this.ofNew = new ImageTray(undefined, {
      ...TRAY_PORTS,
      keep: () => undefined,
      waiting: this.#waiting("new"),
    });
  }

  /** The tray of a session, with what was uploaded before. */
  of(sessionId: string): ImageTray {
    const tray = this.#trays.get(sessionId) ?? this.#open(sessionId);
    this.#trays.set(sessionId, tray);
    return tray;
  }

  /** Forget the images of a session that is no more. */
  forget(sessionId: string): void {
    this.#trays.get(sessionId)?.clear();
    this.#trays.delete(sessionId);
  }

  #open(sessionId: string): ImageTray {
    const key = `draft-images.${sessionId}`;
    const kept = readKept(this.#texts.get(key));
    return new ImageTray(
      sessionId,
      {
        ...TRAY_PORTS,
        waiting: this.#waiting(sessionId),
        keep: (attachments) =>
          this.#texts.set(key, attachments.length > 0 ? JSON.stringify(attachments) : ""),
      },
      kept,
    );
  }

  #waiting(id: string): WaitingFiles {
    return new WaitingFiles(this.#texts, `waiting-images.${id}`, loadStore);
  }
}
