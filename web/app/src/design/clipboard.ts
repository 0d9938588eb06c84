import { designWords } from "./words_of_design.ts";

/** Copy a text; also where the page is not served securely and the browser offers no clipboard. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

/** What a button says again when it has told how its copying went. */
const labels = new Map<HTMLButtonElement, string>();

/** Copy a text and say so on the button that asked for it. */
export async function copyFrom(button: HTMLButtonElement, text: string): Promise<void> {
  if (!labels.has(button)) labels.set(button, button.textContent ?? "");
  try {
    await copyText(text);
    button.textContent = designWords().copied;
  } catch {
    button.textContent = designWords().notCopied;
  }
  setTimeout(() => {
    const label = labels.get(button);
    if (label !== undefined) button.textContent = label;
    labels.delete(button);
  }, 1_500);
}
