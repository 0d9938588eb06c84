import type { Session } from "../../api/sessions.ts";
import type { FacetValue, FacetValues } from "./list_filters.ts";
import { isUnread } from "./list_query.ts";
import { listWords } from "./list_words.ts";
import { STATES, stateName, stateOf } from "./session_words.ts";

/** Count what sessions can be chosen by: only what at least one of them has. Tags and providers: the most used first. */
export function facetsOf(sessions: readonly Session[], nameOfProvider: (id: string) => string): FacetValues {
  const states = counted(sessions.map((session) => stateOf(session)));
  const tags = counted(sessions.flatMap(({ metadata }) => metadata.tags ?? []));
  const providers = counted(sessions.map(({ providerId }) => providerId));
  const unread = sessions.filter(isUnread).length;
  return {
    states: [
      ...(unread > 0 ? [{ value: "unread", label: listWords().unread, count: unread }] : []),
      ...STATES.flatMap((state) => {
        const count = states.get(state);
        return count === undefined ? [] : { value: state, label: stateName(state), count };
      }),
    ],
    tags: mostUsedFirst(tags, (tag) => tag),
    providers: mostUsedFirst(providers, nameOfProvider),
  };
}

function counted<T>(values: readonly (T | undefined)[]): ReadonlyMap<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function mostUsedFirst(
  counts: ReadonlyMap<string, number>,
  nameOf: (value: string) => string,
): readonly FacetValue[] {
  return [...counts]
    .map(([value, count]) => ({ value, label: nameOf(value), count }))
    .sort((a, b) => b.count - a.count || a.label.localeCompare(b.label));
}
