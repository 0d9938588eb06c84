import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Session } from "../../../src/api/sessions.ts";
import { ListCursor } from "../../../src/features/sessions/list_cursor.ts";
import { facetsOf } from "../../../src/features/sessions/list_facets.ts";
import { moveOf } from "../../../src/features/sessions/list_keyboard.ts";
import { menuOf } from "../../../src/features/sessions/list_menu.ts";
import {
  EVERYTHING,
  fitting,
  type ListQuery,
  piecesOf,
  toggled,
} from "../../../src/features/sessions/list_query.ts";
import { type ListRow, rowsOf } from "../../../src/features/sessions/list_rows.ts";
import { agoTime } from "../../../src/features/sessions/list_times.ts";
import { session } from "./session_fixture.ts";

const WEDNESDAY = new Date(2026, 10, 18, 15, 0).getTime();

function at(...date: readonly [number, number, number, number?, number?]): string {
  return new Date(...(date as [number, number, number])).toISOString();
}

function ids(sessions: readonly Session[]): string[] {
  return sessions.map(({ id }) => id);
}

function asking(query: Partial<ListQuery>): ListQuery {
  return { ...EVERYTHING, ...query };
}

afterEach(() => {
  document.documentElement.lang = "en";
});

describe("a query", () => {
  const garden = session("garden", { metadata: { title: "Garden plan", tags: ["Home", "spring"] } });
  const lease = session("lease", {
    metadata: { title: "Read the lease" },
    providerId: "echo",
    turn: { id: "t", status: "failed" },
  });
  const cafe = session("cafe", { metadata: { title: "Le Café d'Émile" }, unread: 2 });
  const hedgehog = session("hedgehog", { metadata: { title: "Где живёт ёж" } });
  const all = [garden, lease, cafe, hedgehog];

  it.each([
    ["plan gar", ["garden"]],
    ["HOME", ["garden"]],
    ["#spr", ["garden"]],
    ["#plan", []],
    ["emile cafe", ["cafe"]],
    ["еж", ["hedgehog"]],
    ["  ", ["garden", "lease", "cafe", "hedgehog"]],
    ["garden lease", []],
  ])("finds every word in titles and tags, whatever their case and accents: %s", (text, found) => {
    expect(ids(fitting(all, asking({ text })))).toEqual(found);
  });

  it("lets through what is in one of the values of each set", () => {
    expect(ids(fitting(all, asking({ states: new Set(["failed", "unread"]) })))).toEqual(["lease", "cafe"]);
    expect(ids(fitting(all, asking({ tags: new Set(["Home"]), providers: new Set(["echo"]) })))).toEqual([]);
    expect(ids(fitting(all, asking({ providers: new Set(["echo"]), text: "lease" })))).toEqual(["lease"]);
  });

  it("takes a value in and out", () => {
    const once = toggled(EVERYTHING, "tags", "home");
    expect([...once.tags]).toEqual(["home"]);
    expect(toggled(once, "tags", "home").tags.size).toBe(0);
    expect(EVERYTHING.tags.size).toBe(0);
  });

  it("is shown where it was found, also where letters are written otherwise", () => {
    const found = piecesOf("Le Café d'Émile", "cafe em");
    expect(found.filter(({ isMatch }) => isMatch).map(({ text }) => text)).toEqual(["Café", "Ém"]);
    expect(found.map(({ text }) => text).join("")).toBe("Le Café d'Émile");
  });

  it("can ask for what there is, the most used first", () => {
    const more = session("more", { metadata: { tags: ["spring"] } });
    const { states, tags, providers } = facetsOf([...all, more], (id) => id.toUpperCase());
    expect(states).toEqual([
      { value: "unread", label: "Unread", count: 1 },
      { value: "failed", label: "Failed", count: 1 },
    ]);
    expect(tags.map(({ value, count }) => [value, count])).toEqual([
      ["spring", 2],
      ["Home", 1],
    ]);
    expect(providers.map(({ label }) => label)).toEqual(["STAGE", "ECHO"]);
  });
});

describe("the rows", () => {
  const sessions = [
    session("now", { updatedAt: at(2026, 10, 18, 14, 59) }),
    session("last night", { updatedAt: at(2026, 10, 17, 23, 59) }),
    session("monday", { updatedAt: at(2026, 10, 16, 9) }),
    session("pinned", { updatedAt: at(2026, 10, 15, 9), pinned: true }),
    session("sunday", { updatedAt: at(2026, 10, 15, 9) }),
    session("october", { updatedAt: at(2026, 9, 3, 9) }),
    session("last year", { updatedAt: at(2025, 9, 3, 9) }),
  ];

  function outline(): string[] {
    vi.stubGlobal("navigator", {
      ...navigator,
      languages: [document.documentElement.lang === "ru" ? "ru-RU" : "en-GB"],
    });
    return rowsOf(sessions, WEDNESDAY).map((row) => (row.kind === "heading" ? `# ${row.label}` : row.key));
  }

  afterEach(() => vi.unstubAllGlobals());

  it("stand below their days, the pinned on top", () => {
    expect(outline()).toEqual([
      "# Pinned",
      "pinned",
      "# Today",
      "now",
      "# Yesterday",
      "last night",
      "# This week",
      "monday",
      "# November",
      "sunday",
      "# October",
      "october",
      "# October 2025",
      "last year",
    ]);
  });

  it("name days in Russian", () => {
    document.documentElement.lang = "ru";
    expect(outline().filter((line) => line.startsWith("#"))).toEqual([
      "# Закреплённые",
      "# Сегодня",
      "# Вчера",
      "# На этой неделе",
      "# Ноябрь",
      "# Октябрь",
      "# Октябрь 2025",
    ]);
  });

  it.each([
    [at(2026, 10, 18, 15, 1), "now"],
    [at(2026, 10, 18, 14, 13), "47 min"],
    [at(2026, 10, 18, 3), "12 h"],
    [at(2026, 10, 17, 23, 5), "23:05"],
    [at(2026, 10, 16, 9), "Mon"],
    ["nonsense", ""],
  ])("say how long ago: %s is %s", (iso, words) => {
    expect(agoTime(iso, WEDNESDAY)).toBe(words);
  });

  it("are set out quickly when there are ten thousand", () => {
    const many = Array.from({ length: 10_000 }, (_, index) =>
      session(`s${index}`, {
        updatedAt: new Date(WEDNESDAY - index * 3_600_000).toISOString(),
        metadata: { title: `Session ${index}`, tags: [`tag ${index % 20}`] },
      }),
    );
    const began = performance.now();
    const found = fitting(many, asking({ text: "session 99" }));
    const rows = rowsOf(many, WEDNESDAY);
    expect(performance.now() - began).toBeLessThan(1000);
    expect(found.length).toBe(280);
    expect(rows.filter(({ kind }) => kind === "session")).toHaveLength(10_000);
  });
});

describe("the cursor", () => {
  const rows: readonly ListRow[] = [
    { kind: "heading", key: "today", label: "Today" },
    ...["a", "b"].map((id): ListRow => ({ kind: "session", key: id, session: session(id) })),
    { kind: "heading", key: "week", label: "This week" },
    ...["c", "d"].map((id): ListRow => ({ kind: "session", key: id, session: session(id) })),
  ];
  let cursor: ListCursor;

  beforeEach(() => {
    cursor = new ListCursor();
  });

  function press(key: string, modifiers: KeyboardEventInit = {}): number | undefined {
    return moveOf(new KeyboardEvent("keydown", { key, ...modifiers }))?.(cursor, rows, 2);
  }

  it("goes over headings, and no further than the ends", () => {
    expect(["j", "j", "ArrowDown", "j", "j"].map((key) => press(key))).toEqual([1, 2, 4, 5, 5]);
    expect(["k", "PageUp", "ArrowUp", "End", "Home"].map((key) => press(key))).toEqual([4, 1, 1, 5, 1]);
  });

  it("begins at the end when it goes up from nowhere", () => {
    expect(press("k")).toBe(5);
  });

  it("leaves other keys alone", () => {
    expect(press("Enter")).toBeUndefined();
    expect(press("j", { ctrlKey: true })).toBeUndefined();
    expect(press("ArrowDown", { altKey: true })).toBeUndefined();
  });

  it("selects on its way with Shift, and all with Mod+A", () => {
    cursor.goTo("b");
    press("ArrowDown", { shiftKey: true });
    expect([...cursor.selected]).toEqual(["b", "c"]);
    press("a", { metaKey: true });
    expect([...cursor.selected].sort()).toEqual(["a", "b", "c", "d"]);
    cursor.clear();
    expect(cursor.selected.size).toBe(0);
  });

  it("selects as far as a click with Shift", () => {
    cursor.toggle("d");
    cursor.extendTo(rows, "b");
    expect([...cursor.selected].sort()).toEqual(["b", "c", "d"]);
  });

  it("goes on to the next when its session is gone, or back from the last", () => {
    const without = (...gone: string[]): readonly ListRow[] => rows.filter(({ key }) => !gone.includes(key));
    cursor.goTo("b");
    cursor.toggle("b");
    cursor.keep(rows, without("b"));
    expect(cursor.at).toBe("c");
    expect(cursor.selected.size).toBe(0);
    cursor.keep(without("b"), without("b", "c", "d"));
    expect(cursor.at).toBe("a");
    cursor.keep(without("b", "c", "d"), []);
    expect(cursor.at).toBeUndefined();
  });
});

describe("the menu", () => {
  const acts = { pin: vi.fn(), beginToRename: vi.fn(), editTags: vi.fn(), select: vi.fn(), remove: vi.fn() };

  it("offers for one session what its keys do", () => {
    const items = menuOf([session("a", { pinned: true })], false, true, acts);
    expect(items.map(({ label, keys }) => `${label} ${keys}`)).toEqual([
      "Unpin p",
      "Rename e",
      "Edit tags t",
      "Select x",
      "Delete Delete",
    ]);
  });

  it("offers for several what can be done with all, and counts them", () => {
    const several = [session("a", { pinned: true }), session("b")];
    expect(menuOf(several, true, true, acts).map(({ label }) => label)).toEqual([
      "Pin",
      "Edit tags",
      "Delete 2 sessions",
    ]);
    document.documentElement.lang = "ru";
    expect(
      menuOf([...several, session("c"), session("d"), session("e")], true, true, acts).at(-1)?.label,
    ).toBe("Удалить 5 сессий");
  });

  it("changes nothing while the hub is away", () => {
    const enabled = menuOf([session("a")], false, false, acts).filter(({ isDisabled }) => !isDisabled);
    expect(enabled.map(({ label }) => label)).toEqual(["Select"]);
  });
});
