import { API_PREFIX } from "./http.ts";
import { ApiProblem, isRecord, readProblem, unreachable } from "./problem.ts";

/** An image that the hub keeps for a session. Its width and height are pixels. */
export interface Attachment {
  readonly attachmentId: string;
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly width: number;
  readonly height: number;
}

/** The most images of a message. */
export const MOST_IMAGES = 10;
/** The largest image that the hub takes unless it is set otherwise, in bytes. */
export const IMAGE_BYTES = 10 << 20;
/** The kinds of images that the hub takes. */
export const IMAGE_TYPES: readonly string[] = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/** How an upload is watched and ended. */
export interface Upload {
  readonly signal: AbortSignal;
  /** Is told how much has left, from 0 to 1. */
  readonly onProgress: (part: number) => void;
}

const TIMEOUT_MS = 300_000;

/**
 * Give an image to the hub, for a message of a session.
 *
 * Raises `ApiProblem`, and the signal's reason once that is aborted.
 */
export function uploadAttachment(
  sessionId: string,
  image: Blob,
  name: string,
  { signal, onProgress }: Upload,
): Promise<Attachment> {
  // `fetch` does not tell how far an upload is.
  const call = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    call.open("POST", `${pathOf(sessionId)}?name=${encodeURIComponent(name)}`);
    call.setRequestHeader("Accept", "application/json");
    call.setRequestHeader("Content-Type", image.type);
    call.timeout = TIMEOUT_MS;
    call.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    call.onload = () => settle(call, resolve, reject);
    call.onerror = call.ontimeout = () => reject(unreachable());
    call.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => call.abort(), { once: true });
    call.send(image);
  });
}

/** Where an image can be loaded from. */
export function addressOf(sessionId: string, { attachmentId }: Attachment): string {
  return `${pathOf(sessionId)}/${encodeURIComponent(attachmentId)}`;
}

/** Read images from untrusted JSON; what is none is left out. */
export function readAttachments(value: unknown): readonly Attachment[] {
  return Array.isArray(value) ? value.filter(isAttachment) : [];
}

/** What names images in a call. */
export function idsOf(attachments: readonly Attachment[]): readonly string[] {
  return attachments.map(({ attachmentId }) => attachmentId);
}

function settle(
  call: XMLHttpRequest,
  resolve: (attachment: Attachment) => void,
  reject: (problem: ApiProblem) => void,
): void {
  const answer = parseLoosely(call.responseText);
  if (call.status !== 201 && call.status !== 200) reject(new ApiProblem(readProblem(answer, call.status)));
  else if (isAttachment(answer)) resolve(answer);
  else reject(unreachable("The hub's answer was not complete."));
}

function parseLoosely(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function isAttachment(value: unknown): value is Attachment {
  if (!isRecord(value)) return false;
  const { attachmentId, name, mediaType, sizeBytes, width, height } = value;
  const figures = [sizeBytes, width, height];
  return (
    [attachmentId, name, mediaType].every((text) => typeof text === "string") &&
    figures.every((figure) => typeof figure === "number" && figure > 0)
  );
}

function pathOf(sessionId: string): string {
  return `${API_PREFIX}/sessions/${encodeURIComponent(sessionId)}/attachments`;
}
