/** The page's policy allows nothing inline: styles are constructed sheets, colours and sizes the tokens every room inherits. */
const styles = new CSSStyleSheet();
styles.replaceSync(`
  :host { display: block; overflow: auto; padding: 32px var(--gutter); background: var(--surface-raised); }
  h1 { margin: 0 0 16px; font-size: var(--size-20); font-weight: 600; line-height: 1.3; }
  table { border-collapse: collapse; width: min(32rem, 100%); font-variant-numeric: tabular-nums; }
  th, td { padding: 8px 0; border-bottom: 1px solid var(--line); text-align: end; }
  th { font-size: var(--size-13); font-weight: 500; color: var(--text-muted); }
  :is(th, td):first-child { text-align: start; }
`);

const WORDS = {
  en: { title: "Tally", provider: "Provider", sessions: "Sessions", messages: "Messages", gone: "The sessions cannot be read." },
  ru: { title: "Счёт", provider: "Провайдер", sessions: "Сессий", messages: "Сообщений", gone: "Сессии не удалось прочитать." },
};

/** How many sessions and messages there are with each provider, live. */
export class TallyRoom extends HTMLElement {
  #shell;
  #end;

  constructor(shell) {
    super();
    this.#shell = shell;
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [styles];
  }

  connectedCallback() {
    const words = WORDS[this.#shell.language] ?? WORDS.en;
    document.title = `${words.title} · Atrium`;
    this.#end = this.#shell.followTopic("sessions", {
      apply: (sessions) => this.#show(words, sessions),
      gone: (problem) => this.#shell.fail(words.gone, problem),
    });
  }

  disconnectedCallback() {
    this.#end?.();
  }

  #show(words, sessions) {
    const table = element("table", [
      element("thead", [row("th", [words.provider, words.sessions, words.messages])]),
      element("tbody", tallied(sessions).map((cells) => row("td", cells))),
    ]);
    this.shadowRoot.replaceChildren(element("h1", [words.title]), table);
  }
}

customElements.define("tally-room", TallyRoom);

/** Count sessions and messages of each provider, the busiest first. */
export function tallied(sessions) {
  const counts = new Map();
  for (const { providerId, messageCount } of sessions) {
    const [known, messages] = counts.get(providerId) ?? [0, 0];
    counts.set(providerId, [known + 1, messages + messageCount]);
  }
  return [...counts].map(([name, [known, messages]]) => [name, known, messages]).sort((a, b) => b[1] - a[1]);
}

/** Text is set as text, never as HTML: names come from elsewhere. */
function element(name, children) {
  const made = document.createElement(name);
  made.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

function row(cell, texts) {
  return element("tr", texts.map((text) => element(cell, [text])));
}
