import { Check, Pencil, Pin, PinOff, Tag, Trash2 } from "lucide";
import type { Session } from "../../api/sessions.ts";
import type { MenuItem } from "../../design/menu.ts";
import { listWords } from "./list_words.ts";

/** What the list lets be done with sessions. */
export interface ListActs {
  readonly pin: (sessions: readonly Session[]) => void;
  readonly rename: (session: Session, from: string, to: string) => void;
  readonly editTags: (sessions: readonly Session[]) => void;
  readonly remove: (sessions: readonly Session[]) => void;
}

/** What the menu of the list does beside. */
export interface MenuActs extends Omit<ListActs, "rename"> {
  readonly beginToRename: (session: Session) => void;
  readonly select: (session: Session) => void;
}

/** The keys of what can be done with sessions. */
export const KEYS = {
  search: "/",
  find: "Mod+F",
  pin: "p",
  rename: "e",
  editTags: "t",
  select: "x",
  remove: "Delete",
  undo: "z",
} as const;

/** The menu of one session or of several. Without the hub nothing can be changed. */
export function menuOf(
  sessions: readonly Session[],
  isSelected: boolean,
  isLive: boolean,
  acts: MenuActs,
): readonly MenuItem[] {
  const [first, ...others] = sessions;
  if (!first) return [];
  const words = listWords();
  const isDisabled = !isLive;
  const areAllPinned = sessions.every((session) => session.pinned);
  const pin: MenuItem = {
    label: areAllPinned ? words.unpin : words.pin,
    icon: areAllPinned ? PinOff : Pin,
    keys: KEYS.pin,
    isDisabled,
    run: () => acts.pin(sessions),
  };
  const ofOne: readonly MenuItem[] = [
    {
      label: words.rename,
      icon: Pencil,
      keys: KEYS.rename,
      isDisabled,
      run: () => acts.beginToRename(first),
    },
  ];
  const select: readonly MenuItem[] = [
    {
      label: isSelected ? words.deselectOne : words.selectOne,
      icon: Check,
      keys: KEYS.select,
      run: () => acts.select(first),
    },
  ];
  const isOne = others.length === 0;
  return [
    pin,
    ...(isOne ? ofOne : []),
    { label: words.editTags, icon: Tag, keys: KEYS.editTags, isDisabled, run: () => acts.editTags(sessions) },
    ...(isOne ? select : []),
    {
      label: isOne ? words.delete : words.deleteMany(sessions.length),
      icon: Trash2,
      keys: KEYS.remove,
      isDangerous: true,
      isDisabled,
      run: () => acts.remove(sessions),
    },
  ];
}
