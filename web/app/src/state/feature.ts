import type { IconNode } from "lucide";
import type { Call } from "../api/http.ts";
import type { StreamListener } from "../connection/connection.ts";
import type { ConnectionState } from "../connection/connection_state.ts";
import type { TopicStateListener } from "../connection/topic_state.ts";
import type { Language } from "../language/language.ts";
import type { PhraseCatalogue } from "../language/phrases.ts";
import type { NoticeStep } from "./notices.ts";

/** Something a person can ask for: from the palette, by its keys, from a menu. */
export interface Command {
  /** Unique: `<feature>.<what>`. */
  readonly id: string;
  /** What it does, in the language of the page. */
  readonly label: () => string;
  /** `Mod+K`, `n`, or one after the other: `g s`. Single keys are not heard while somebody types. */
  readonly keys?: string;
  readonly icon?: IconNode;
  /** Left out of the palette and deaf to its keys while this says no. */
  readonly isAvailable?: () => boolean;
  readonly run: () => void;
}

/** A place in the page: its path, and what the path says. */
export interface Place {
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
}

/** A feature's room. It stays while the places of its route change, and is told each. */
export interface Room extends HTMLElement {
  place?: Place;
}

/** Paths of one room, `/notes/:id`, and what makes it. */
export interface FeatureRoute {
  readonly paths: readonly string[];
  readonly room: () => Room;
}

/** How a feature stands in the navigation; the path is where it begins. */
export interface NavigationEntry {
  readonly path: string;
  readonly label: () => string;
  readonly icon: IconNode;
  /** What goes there, as `g s`; the palette offers the way there with and without. */
  readonly keys?: string;
  /** How much in there waits for the person; shown beside the name unless it is 0. */
  readonly badge?: () => number;
}

/** What a feature brings into the shell. */
export interface Feature {
  readonly name: string;
  readonly routes: readonly FeatureRoute[];
  readonly navigation?: NavigationEntry;
  readonly commands?: readonly Command[];
  /** What of its own the palette finds beside commands, such as each session. */
  readonly finds?: () => readonly Command[];
  /** How the texts of its plugin are worded, by the codes of their phrases. */
  readonly phrases?: PhraseCatalogue;
}

/** What a feature may use. Everything else of the page is not promised to stay. */
export interface Shell {
  /** Call the hub below `/api/v1`. Raises `ApiProblem`. */
  call<T>(path: string, call?: Call): Promise<T>;
  /** Keep a listener up to date with a topic. Returns what ends it. */
  followTopic<T>(topic: string, listener: TopicStateListener<T>): () => void;
  /** Follow a stream from its listener's cursor. Returns what ends it. */
  followStream(stream: string, listener: StreamListener): () => void;
  /** Go to a path of this page. */
  go(path: string): void;
  /** Say something that needs no answer. */
  say(text: string, step?: NoticeStep): void;
  /** Say that something failed, what, and why. */
  fail(what: string, error: unknown): void;
  readonly language: Language;
  readonly connectionState: ConnectionState;
}

/** The default export of a feature's module: makes the feature. */
export type FeatureFactory<S = Shell> = (shell: S) => Feature;
