// What is put into the page before its own scripts: it looks at what is painted, and when.
(() => {
  const find = (root, selector) => {
    const found = root.querySelector(selector);
    if (found) return found;
    for (const element of root.querySelectorAll("*")) {
      const inside = element.shadowRoot && find(element.shadowRoot, selector);
      if (inside) return inside;
    }
    return null;
  };

  // The task that follows a frame's callbacks runs when the frame has been painted.
  const painted = () =>
    new Promise((resolve) =>
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => resolve(performance.now());
        channel.port2.postMessage(0);
      }),
    );

  const arrivals = [];
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        const now = performance.now();
        const count = typeof data === "string" ? data.split('"sessions.message.delta.v1"').length - 1 : 0;
        for (let one = 0; one < count; one += 1) arrivals.push(now);
      });
    }
  };

  let clicked = 0;
  document.addEventListener("click", () => (clicked = performance.now()), { capture: true });

  window.probe = {
    arrivals,

    /** The moment at which something is painted for the first time, in ms since the navigation. */
    async shown(selector) {
      while (!find(document, selector)) await painted();
      return painted();
    },

    /** From the last click to the paint of something, in ms. */
    async sinceClick(selector) {
      return (await this.shown(selector)) - clicked;
    },

    /** When each token arrived on the socket, and from then to the paint that shows it, and to the next, in ms, until so many have come. */
    async tokens(count) {
      arrivals.length = 0;
      const shown = [];
      const nextFrame = [];
      let answer = null;
      while (shown.length < count) {
        const now = await painted();
        while (nextFrame.length < arrivals.length) nextFrame.push(now - arrivals[nextFrame.length]);
        answer ??= find(document, '[data-testid="message"][data-role="assistant"]');
        const tokens = answer ? answer.textContent.split("tok-").length - 1 : 0;
        while (shown.length < tokens) shown.push(now - arrivals[shown.length]);
      }
      return { arrived: arrivals.slice(0, shown.length), shown, nextFrame };
    },

    /** The time between frames, in ms, for as long as told. */
    async frames(milliseconds) {
      const spans = [];
      const stamp = () => new Promise((resolve) => requestAnimationFrame(resolve));
      let last = await stamp();
      const end = last + milliseconds;
      while (last < end) {
        const now = await stamp();
        spans.push(now - last);
        last = now;
      }
      return spans;
    },

    where(selector) {
      const { x, y, width, height } = find(document, selector).getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    },
  };
})();
