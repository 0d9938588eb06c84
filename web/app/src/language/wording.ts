import { isRecord } from "../api/problem.ts";
import { writtenSize } from "../design/sizes.ts";
import { dateAndTime } from "../design/times.ts";
import type { Wording, Wordings } from "./hub_words.ts";
import { currentLanguage, currentLocale } from "./language.ts";

const PLACE = /\{(\w+)(?:, (\w+))?\}/g;

/** A value that a wording needs and a phrase has not. */
class MissingValue extends Error {}

/** Say a phrase in the language of its wordings; `undefined` if none is for it, or it lacks a value. */
export function sayPhrase(phrase: unknown, wordings: Wordings): string | undefined {
  if (!isRecord(phrase) || typeof phrase.code !== "string" || !Object.hasOwn(wordings, phrase.code))
    return undefined;
  try {
    return worded(wordings[phrase.code], isRecord(phrase.params) ? phrase.params : {});
  } catch (error) {
    if (error instanceof MissingValue) return undefined;
    throw error;
  }
}

function worded(wording: Wording | undefined, values: Record<string, unknown>): string {
  if (wording === undefined) throw new MissingValue();
  if (typeof wording === "string")
    return wording.replace(PLACE, (_, name: string, kind?: string) =>
      written(givenValue(values, name), kind),
    );
  if (isList(wording)) return wording.map((part) => worded(part, values)).join("");
  const value = givenValue(values, wording.by);
  const form = typeof value === "string" ? value : new Intl.PluralRules(currentLanguage()).select(value);
  return worded(form !== "by" && Object.hasOwn(wording, form) ? wording[form] : wording.other, values);
}

function givenValue(values: Record<string, unknown>, name: string): string | number {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (typeof value !== "string" && typeof value !== "number") throw new MissingValue(name);
  return value;
}

function written(value: string | number, kind: string | undefined): string {
  if (kind === "time") return writtenTime(value);
  if (typeof value === "string") return value;
  if (kind === "bytes") return writtenSize(value);
  return new Intl.NumberFormat(
    currentLocale(),
    kind === "usd" ? { style: "currency", currency: "USD" } : {},
  ).format(value);
}

function writtenTime(value: string | number): string {
  if (Number.isNaN(new Date(value).getTime())) throw new MissingValue();
  return dateAndTime(value);
}

function isList(wording: Wording): wording is readonly Wording[] {
  return Array.isArray(wording);
}
