/** Match a path against patterns like `/notes/:id`; returns what the first that fits says, decoded. */
export function matchPath(
  patterns: readonly string[],
  path: string,
): Readonly<Record<string, string>> | undefined {
  for (const pattern of patterns) {
    const params = matchOne(pattern, path);
    if (params) return params;
  }
  return undefined;
}

function matchOne(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = partsOf(pattern);
  const given = partsOf(path);
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":")) params[part.slice(1)] = decode(value);
    else if (part !== value) return undefined;
  }
  return params;
}

function partsOf(path: string): string[] {
  return path.split("/").filter(Boolean);
}

/** Decode a part of a path; one that is not encoded well stands for itself. */
export function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
