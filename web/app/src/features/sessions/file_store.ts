/** Keeps files in the browser's database, each under its key. */
const DATABASE = "atrium-files";
const STORE = "waiting";
/** What was never sent is not kept for ever: 30 days. */
const KEPT_MS = 30 * 86_400_000;

interface Kept {
  readonly file: File;
  readonly at: number;
}

/** Keep a file; what nobody has asked for in a long time is dropped. Raises `DOMException` where the browser refuses. */
export async function putFile(key: string, file: File): Promise<void> {
  const at = Date.now();
  await within("readwrite", (store) => store.put({ file, at } satisfies Kept, key));
  await dropOlderThan(at - KEPT_MS);
}

/** The file under a key, if it is there. */
export async function getFile(key: string): Promise<File | undefined> {
  const kept: Kept | undefined = await within("readonly", (store) => store.get(key));
  return kept?.file;
}

/** Forget a file. */
export async function deleteFile(key: string): Promise<void> {
  await within("readwrite", (store) => store.delete(key));
}

async function dropOlderThan(time: number): Promise<void> {
  const [keys, all] = await Promise.all([
    within("readonly", (store) => store.getAllKeys()),
    within("readonly", (store): IDBRequest<Kept[]> => store.getAll()),
  ]);
  const old = keys.filter((_, place) => (all[place]?.at ?? time) < time);
  await Promise.all(old.map((key) => within("readwrite", (store) => store.delete(key))));
}

async function within<T>(
  mode: IDBTransactionMode,
  ask: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const opening = indexedDB.open(DATABASE);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await answered(opening);
  try {
    return await answered(ask(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
