import type { KeyedTexts } from "../../state/keyed_texts.ts";

const KEY = "folders";
const MOST_FOLDERS = 8;

/** The folders that sessions of agents were begun in from this browser, the last one first. */
export function readFolders(texts: KeyedTexts): readonly string[] {
  return texts.get(KEY).split("\n").filter(Boolean);
}

/** Offer a folder first from now on. */
export function keepFolder(texts: KeyedTexts, folder: string): void {
  const others = readFolders(texts).filter((known) => known !== folder);
  texts.set(KEY, [folder, ...others].slice(0, MOST_FOLDERS).join("\n"));
}
