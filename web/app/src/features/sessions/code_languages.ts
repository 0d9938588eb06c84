import type { LanguageFn } from "highlight.js";

type Grammar = () => Promise<{ readonly default: LanguageFn }>;

/** The grammars of code, each fetched when the first block in its language is shown. */
export const GRAMMARS: Readonly<Record<string, Grammar>> = {
  bash: () => import("highlight.js/lib/languages/bash"),
  c: () => import("highlight.js/lib/languages/c"),
  cpp: () => import("highlight.js/lib/languages/cpp"),
  csharp: () => import("highlight.js/lib/languages/csharp"),
  css: () => import("highlight.js/lib/languages/css"),
  diff: () => import("highlight.js/lib/languages/diff"),
  dockerfile: () => import("highlight.js/lib/languages/dockerfile"),
  elixir: () => import("highlight.js/lib/languages/elixir"),
  go: () => import("highlight.js/lib/languages/go"),
  graphql: () => import("highlight.js/lib/languages/graphql"),
  haskell: () => import("highlight.js/lib/languages/haskell"),
  ini: () => import("highlight.js/lib/languages/ini"),
  java: () => import("highlight.js/lib/languages/java"),
  javascript: () => import("highlight.js/lib/languages/javascript"),
  json: () => import("highlight.js/lib/languages/json"),
  kotlin: () => import("highlight.js/lib/languages/kotlin"),
  latex: () => import("highlight.js/lib/languages/latex"),
  lua: () => import("highlight.js/lib/languages/lua"),
  makefile: () => import("highlight.js/lib/languages/makefile"),
  markdown: () => import("highlight.js/lib/languages/markdown"),
  nix: () => import("highlight.js/lib/languages/nix"),
  perl: () => import("highlight.js/lib/languages/perl"),
  php: () => import("highlight.js/lib/languages/php"),
  powershell: () => import("highlight.js/lib/languages/powershell"),
  python: () => import("highlight.js/lib/languages/python"),
  r: () => import("highlight.js/lib/languages/r"),
  ruby: () => import("highlight.js/lib/languages/ruby"),
  rust: () => import("highlight.js/lib/languages/rust"),
  scala: () => import("highlight.js/lib/languages/scala"),
  sql: () => import("highlight.js/lib/languages/sql"),
  swift: () => import("highlight.js/lib/languages/swift"),
  typescript: () => import("highlight.js/lib/languages/typescript"),
  xml: () => import("highlight.js/lib/languages/xml"),
  yaml: () => import("highlight.js/lib/languages/yaml"),
};

const ALIASES: Readonly<Record<string, string>> = {
  ...{ sh: "bash", shell: "bash", zsh: "bash", console: "bash", "c++": "cpp", cc: "cpp", h: "c", hpp: "cpp" },
  ...{ "c#": "csharp", cs: "csharp", patch: "diff", docker: "dockerfile", ex: "elixir", golang: "go" },
  ...{ hs: "haskell", toml: "ini", conf: "ini", js: "javascript", jsx: "javascript", mjs: "javascript" },
  ...{
    json5: "json",
    jsonc: "json",
    jsonl: "json",
    kt: "kotlin",
    tex: "latex",
    make: "makefile",
    md: "markdown",
  },
  ...{
    pl: "perl",
    ps1: "powershell",
    py: "python",
    python3: "python",
    rb: "ruby",
    rs: "rust",
    ts: "typescript",
  },
  ...{
    tsx: "typescript",
    html: "xml",
    svg: "xml",
    vue: "xml",
    yml: "yaml",
    postgresql: "sql",
    sqlite: "sql",
  },
};

/** The name of a language's grammar, from what a fence calls it or from a file's ending; `undefined` for unknown ones. */
export function grammarOf(language: string): string | undefined {
  const name = language.toLowerCase();
  const known = ALIASES[name] ?? name;
  return Object.hasOwn(GRAMMARS, known) ? known : undefined;
}
