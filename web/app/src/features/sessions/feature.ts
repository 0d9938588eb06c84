import { ArrowDown, ArrowUp, MessageSquare, SquarePen } from "lucide";
import type { Command, Feature } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import { sessionPath } from "../../state/router.ts";
import { roomWords } from "./room_words.ts";
import { titleOf } from "./session_words.ts";
import { SessionsRoom } from "./sessions_room.ts";

/** The main room: the sessions, the open one, and a new one. */
export default function sessions(hub: Hub): Feature {
  let room: SessionsRoom | undefined;
  const enter = (): SessionsRoom => {
    room = new SessionsRoom();
    room.hub = hub;
    return room;
  };
  return {
    name: "sessions",
    routes: [{ paths: ["/", "/new", "/sessions/:id"], room: enter }],
    commands: commandsOf(hub, (by) => room?.isConnected && room.step(by)),
    finds: () => findsOf(hub),
  };
}

function commandsOf(hub: Hub, step: (by: number) => void): readonly Command[] {
  const begin = (): void => hub.router.go("/new");
  return [
    { id: "sessions.new", label: () => roomWords().newSession, keys: "n", icon: SquarePen, run: begin },
    {
      id: "sessions.next",
      label: () => roomWords().nextSession,
      keys: "j",
      icon: ArrowDown,
      run: () => step(1),
    },
    {
      id: "sessions.previous",
      label: () => roomWords().previousSession,
      keys: "k",
      icon: ArrowUp,
      run: () => step(-1),
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
