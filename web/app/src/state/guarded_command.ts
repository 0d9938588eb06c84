import type { Command } from "./feature.ts";

/** A command that tells of what it throws, now or later, instead of throwing it. One that cannot say its name has its id. */
export function guardCommand(command: Command, told: (error: unknown) => void): Command {
  return {
    ...command,
    label: guardText(command.label, command.id, told),
    ...(command.isAvailable && {
      isAvailable: () => guard(() => command.isAvailable?.() !== false, false, told),
    }),
    run: () => {
      const done: unknown = guard<unknown>(() => command.run(), undefined, told);
      if (done instanceof Promise) done.catch(told);
    },
  };
}

/** Words that are asked for again and again, or what stands for them when that throws; the first time is told. */
export function guardText(
  text: () => string,
  otherwise: string,
  told: (error: unknown) => void,
): () => string {
  let isTold = false;
  const tellOnce = (error: unknown): void => {
    if (!isTold) queueMicrotask(() => told(error));
    isTold = true;
  };
  return () => guard(() => String(text()), otherwise, tellOnce);
}

function guard<T>(act: () => T, otherwise: T, told: (error: unknown) => void): T {
  try {
    return act();
  } catch (error) {
    told(error);
    return otherwise;
  }
}
