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

/** Copy a text and say so on the button that asked for it. */
export async function copyFrom(button: HTMLButtonElement, text: string): Promise<void> {
  const label = button.textContent;
  try {
    await copyText(text);
    button.textContent = designWords().copied;
  } catch {
    button.textContent = designWords().notCopied;
  }
  setTimeout(() => {
    button.textContent = label;
  }, 1_500);
}
