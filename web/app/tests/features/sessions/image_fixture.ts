import type { Attachment } from "../../../src/api/attachments.ts";

/** An image that was uploaded, with nothing special about it but its name, and what is given. */
export function attachment(name: string, more: Partial<Attachment> = {}): Attachment {
  return {
    attachmentId: `id-of-${name}`,
    name,
    mediaType: "image/png",
    sizeBytes: 1_200,
    width: 640,
    height: 480,
    ...more,
  };
}
