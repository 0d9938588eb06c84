import { computed, signal } from "@preact/signals-core";
import { addPhrases } from "../language/phrases.ts";
import type { Command, Feature, FeatureRoute, NavigationEntry, Place } from "./feature.ts";
import { guardCommand, guardText } from "./guarded_command.ts";
import { matchPath } from "./paths.ts";

/** A feature that is known but perhaps not loaded yet. */
export interface FeatureDeclaration {
  readonly name: string;
  /** The paths it answers, where they are known before it is loaded. */
  readonly paths?: readonly string[];
  readonly navigation?: NavigationEntry;
  readonly commands?: readonly Command[];
  readonly load: () => Promise<Feature>;
}

/** A feature that could not be loaded, or threw. */
export interface FeatureFailure {
  readonly name: string;
  readonly error: unknown;
}

/** Whose a path is. */
export interface Match {
  readonly feature: Feature;
  readonly route: FeatureRoute;
  readonly place: Place;
}

/** All features of the page: each loaded once, when it is first needed; one that fails harms no other. */
export class Features {
  readonly declared = signal<readonly FeatureDeclaration[]>([]);
  readonly loaded = signal<ReadonlyMap<string, Feature>>(new Map());
  readonly failures = signal<ReadonlyMap<string, FeatureFailure>>(new Map());
  /** Whether it is known which features there are beside those that ship with the page. */
  readonly isComplete = signal(false);
  /** Told what a feature throws while it goes on: in a command, or where it says its names. */
  onThrow: (name: string, error: unknown) => void = () => {};
  readonly #loading = new Map<string, Promise<void>>();

  /** The navigation of every feature that has one, in the order of declaration. */
  readonly navigation = computed(() =>
    this.declared.value.flatMap(({ name, navigation }) => {
      const entry = navigation ?? this.loaded.value.get(name)?.navigation;
      return entry ? [{ name, ...entry, label: this.#guardedLabel(name, entry) }] : [];
    }),
  );

  /** The commands of every feature: those declared ahead, and those of the loaded ones. */
  readonly commands = computed(() =>
    this.declared.value.flatMap(({ name, commands }) => [
      ...(commands ?? []),
      ...this.#guarded(name, this.loaded.value.get(name)?.commands ?? []),
    ]),
  );

  /** Make a feature known. */
  declare(...declarations: readonly FeatureDeclaration[]): void {
    const known = new Set(this.declared.peek().map(({ name }) => name));
    this.declared.value = [...this.declared.peek(), ...declarations.filter(({ name }) => !known.has(name))];
  }

  /** Load a feature; a failure is noted under its name, and tried again at the next call. */
  load(name: string): Promise<void> {
    const loading = this.#loading.get(name) ?? this.#load(name);
    this.#loading.set(name, loading);
    return loading;
  }

  /** Note that a feature threw. */
  fail(name: string, error: unknown): void {
    this.failures.value = new Map(this.failures.peek()).set(name, { name, error });
  }

  /** Let a feature that failed be tried again. */
  forgive(name: string): void {
    const left = new Map(this.failures.peek());
    left.delete(name);
    this.failures.value = left;
  }

  /** The room a path belongs to, if the feature it belongs to is loaded. */
  match(path: string): Match | undefined {
    for (const feature of this.loaded.value.values()) {
      for (const route of feature.routes) {
        const params = matchPath(route.paths, path);
        if (params && this.#mayAnswer(feature, path)) return { feature, route, place: { path, params } };
      }
    }
    return undefined;
  }

  /** The declared feature that answers a path, loaded or not. */
  ownerOf(path: string): FeatureDeclaration | undefined {
    return this.declared.value.find(({ paths }) => paths && matchPath(paths, path));
  }

  /** What the palette finds beside commands. */
  finds(): readonly Command[] {
    return [...this.loaded.peek().values()].flatMap((feature) => {
      try {
        return this.#guarded(feature.name, feature.finds?.() ?? []);
      } catch (error) {
        this.fail(feature.name, error);
        return [];
      }
    });
  }

  /** A path that was declared belongs to who declared it first, whoever is loaded first. */
  #mayAnswer({ name }: Feature, path: string): boolean {
    const owner = this.ownerOf(path);
    return owner === undefined || owner.name === name;
  }

  #guardedLabel(name: string, { label }: NavigationEntry): () => string {
    return guardText(label, name, (error) => this.onThrow(name, error));
  }

  #guarded(name: string, commands: readonly Command[]): readonly Command[] {
    const told = (error: unknown): void => this.onThrow(name, error);
    return commands.map((command) => guardCommand(command, told));
  }

  async #load(name: string): Promise<void> {
    const declaration = this.declared.peek().find((known) => known.name === name);
    if (!declaration || this.loaded.peek().has(name)) return;
    try {
      const feature = await declaration.load();
      this.loaded.value = new Map(this.loaded.peek()).set(name, feature);
      if (feature.phrases) addPhrases(feature.phrases);
      this.forgive(name);
    } catch (error) {
      this.#loading.delete(name);
      this.fail(name, error);
    }
  }
}
