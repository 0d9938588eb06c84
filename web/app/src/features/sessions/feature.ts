import {
  ArrowDown,
  ArrowUp,
  Check,
  MessageSquare,
  Pencil,
  Pin,
  Search,
  Tag,
  TextSearch,
  Trash2,
  Undo2,
} from "lucide";
import type { Command, Feature } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import { sessionPath } from "../../state/router.ts";
import { ImageTrays } from "./image_trays.ts";
import { sendLeftMessages } from "./left_messages.ts";
import { KEYS } from "./list_menu.ts";
import { ListState } from "./list_state.ts";
import { listWords } from "./list_words.ts";
import { roomWords } from "./room_words.ts";
import { SessionDeeds } from "./session_deeds.ts";
import { titleOf } from "./session_words.ts";
import { SessionsRoom } from "./sessions_room.ts";

/** The main room: the sessions, the open one, and a new one. */
export default function sessions(hub: Hub): Feature {
  const list = new ListState({
    sessions: hub.sessionList.sessions,
    language: hub.preferences.language,
    nameOfProvider: (id) => hub.providers.nameOf(id),
  });
  const deeds = new SessionDeeds(hub);
  deeds.deletions.watch();
  sendLeftMessages(hub);
  const trays = new ImageTrays(hub.texts);
  let room: SessionsRoom | undefined;
  const enter = (): SessionsRoom => {
    room = new SessionsRoom();
    return Object.assign(room, { hub, list, deeds, trays });
  };
  return {
    name: "sessions",
    routes: [{ paths: ["/", "/new", "/sessions/:id"], room: enter }],
    commands: commandsOf(hub, deeds, () => (room?.isConnected ? room : undefined)),
    finds: () => findsOf(hub),
  };
}

type CurrentRoom = () => SessionsRoom | undefined;

function commandsOf(hub: Hub, deeds: SessionDeeds, room: CurrentRoom): readonly Command[] {
  return [...waysOf(room), ...changesOf(hub, room), ...deletionsOf(hub, deeds, room)];
}

function waysOf(room: CurrentRoom): readonly Command[] {
  const isHere = (): boolean => room() !== undefined;
  return [
    {
      id: "sessions.next",
      label: () => roomWords().nextSession,
      keys: "j",
      icon: ArrowDown,
      isAvailable: isHere,
      run: () => room()?.step(1),
    },
    {
      id: "sessions.previous",
      label: () => roomWords().previousSession,
      keys: "k",
      icon: ArrowUp,
      isAvailable: isHere,
      run: () => room()?.step(-1),
    },
    {
      id: "sessions.search",
      label: () => listWords().searchSessions,
      keys: KEYS.search,
      icon: Search,
      isAvailable: isHere,
      run: () => room()?.search(),
    },
    {
      id: "sessions.find",
      label: () => listWords().findInConversation,
      keys: KEYS.find,
      icon: TextSearch,
      isAvailable: () => room()?.isReading ?? false,
      run: () => room()?.find(),
    },
  ];
}

function changesOf(hub: Hub, room: CurrentRoom): readonly Command[] {
  const isChosen = (): boolean => (room()?.chosen.length ?? 0) > 0;
  const canChange = (): boolean => hub.isLive && isChosen();
  const canRename = (): boolean => hub.isLive && room()?.chosen.length === 1 && room()?.isListShown === true;
  return [
    {
      id: "sessions.select",
      label: () => listWords().selectSession,
      keys: KEYS.select,
      icon: Check,
      isAvailable: isChosen,
      run: () => room()?.select(),
    },
    {
      id: "sessions.pin",
      label: () => listWords().pinOrUnpin,
      keys: KEYS.pin,
      icon: Pin,
      isAvailable: canChange,
      run: () => room()?.pin(room()?.chosen ?? []),
    },
    {
      id: "sessions.rename",
      label: () => listWords().renameSession,
      keys: KEYS.rename,
      icon: Pencil,
      isAvailable: canRename,
      run: () => room()?.rename(),
    },
    {
      id: "sessions.tags",
      label: () => listWords().editSessionTags,
      keys: KEYS.editTags,
      icon: Tag,
      isAvailable: canChange,
      run: () => room()?.editTags(room()?.chosen ?? []),
    },
  ];
}

function deletionsOf(hub: Hub, deeds: SessionDeeds, room: CurrentRoom): readonly Command[] {
  return [
    {
      id: "sessions.delete",
      label: () => listWords().deleteSession,
      keys: KEYS.remove,
      icon: Trash2,
      isAvailable: () => hub.isLive && (room()?.chosen.length ?? 0) > 0,
      run: () => deeds.remove(room()?.chosen ?? []),
    },
    {
      id: "sessions.undo",
      label: () => listWords().undoDeletion,
      keys: KEYS.undo,
      icon: Undo2,
      isAvailable: () => deeds.deletions.canUndo,
      run: () => deeds.deletions.undoLast(),
    },
  ];
}

function findsOf(hub: Hub): readonly Command[] {
  return (hub.sessionList.sessions.peek() ?? []).map((session) => ({
    id: `sessions.open.${session.id}`,
    label: () => titleOf(session.metadata.title),
    icon: MessageSquare,
    run: () => hub.router.go(sessionPath(session.id)),
  }));
}
