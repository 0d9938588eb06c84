import { describe, expect, it } from "vitest";
import {
  codeBlock,
  FILE_BYTES,
  isImage,
  MESSAGE_BYTES,
  quoteFiles,
} from "../../../src/features/sessions/attachments.ts";

/** Files as the browser gives them; what jsdom's cannot do yet is done by Node's. */
function file(name: string, content: BlobPart, type = ""): File {
  const blob = new File([content], name, { type });
  const bytes = new Response(content).arrayBuffer();
  return Object.assign(blob, { arrayBuffer: () => bytes });
}

describe("files that are dropped", () => {
  it("are quoted under their names, in the language of their names", async () => {
    const { text, problems } = await quoteFiles([file("beds.py", "beds = 2\r\n\n")], 0);

    expect(text).toBe("`beds.py`\n\n```py\nbeds = 2\n```\n\n");
    expect(problems).toEqual([]);
  });

  it("are images unless they are text that draws one", () => {
    const types = ["image/png", "image/heic", "image/svg+xml", "text/plain"];
    expect(types.map((type) => isImage(file("x", "x", type)))).toEqual([true, true, false, false]);
  });

  it("cannot end their own quotation", () => {
    expect(codeBlock("notes`.md", "```\n````\n")).toBe("`notes .md`\n\n`````md\n```\n````\n`````\n\n");
  });

  it("are refused with a reason when they are not text", async () => {
    const { text, problems } = await quoteFiles(
      [
        file("program", new Uint8Array([0xff, 0xfe, 0])),
        file("nothing.bin", new Uint8Array([65, 0, 66])),
        file("large.txt", "x".repeat(FILE_BYTES + 1)),
      ],
      0,
    );

    expect(text).toBe("");
    expect(problems).toEqual([
      "program is neither text nor an image. Only these can be attached.",
      "nothing.bin is neither text nor an image. Only these can be attached.",
      "large.txt is larger than 256 KiB.",
    ]);
  });

  it("are refused when the message would become too long, or when they are too many", async () => {
    const small = file("small.txt", "x".repeat(100));
    expect((await quoteFiles([small], MESSAGE_BYTES - 50)).problems).toEqual([
      "With small.txt the message would be longer than 1 MiB.",
    ]);
    const many = Array.from({ length: 11 }, (_, n) => file(`${n}.txt`, "x"));
    const { text, problems } = await quoteFiles(many, 0);
    expect(problems).toEqual(["At most 10 files at a time."]);
    expect(text.match(/^`\d+\.txt`$/gm)).toHaveLength(10);
  });
});
