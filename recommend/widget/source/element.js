class CrossMarketWidget extends HTMLElement {
  static observedAttributes = ATTRIBUTES;

  #root = this.attachShadow({ mode: "open" });
  #box = element("section", { class: "widget", part: "widget" });
  #frame = new Frame(this);
  #turn = 0;
  #scheduled = false;
  /** @type {Kind | null} */
  #kind = null;

  constructor() {
    super();
    dress(this.#root);
    this.#root.append(this.#box);
  }

  /** Where the API answers. */
  get api() {
    return this.#frame.api;
  }

  set api(address) {
    this.#frame.api = address;
  }

  connectedCallback() {
    window.addEventListener("pageshow", this.#whenShownAgain);
    this.#schedule();
  }

  disconnectedCallback() {
    window.removeEventListener("pageshow", this.#whenShownAgain);
    this.#turn += 1;
    this.#kind?.forget?.();
  }

  /** @param {string} _name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(_name, before, now) {
    if (before !== now) this.#schedule();
  }

  /** Ask again and show what comes. */
  async refresh() {
    const name = this.getAttribute("widget") || "recommendations";
    const Kind = KINDS.get(name);
    this.#kind?.forget?.();
    this.toggleAttribute("quiet", !Kind);
    if (!Kind) {
      console.info(`CrossMarket: the widget "${name}" does not exist here; nothing is shown.`);
      return;
    }
    const turn = ++this.#turn;
    const kind = (this.#kind = new Kind(this.#frame));
    this.#show(kind.skeleton(), true);
    try {
      const answer = await kind.ask();
      if (turn === this.#turn) this.#showAnswer(kind, answer);
    } catch (error) {
      if (turn === this.#turn) this.#showError(error instanceof Refused ? error : new Refused(0, "failed", String(error)));
    }
  }

  /** Several attributes set in a row make one request. */
  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.isConnected) this.refresh();
    });
  }

  /** A page that comes back from the back-forward cache is another view. @param {PageTransitionEvent} event */
  #whenShownAgain = (event) => {
    if (event.persisted) this.refresh();
  };

  /** What is said everywhere, and by this kind of widget. */
  get #words() {
    const language = this.#frame.language;
    return { ...WORDS[language], ...this.#kind?.constructor.words[language] };
  }

  /** @param {Kind} kind @param {object} answer */
  #showAnswer(kind, answer) {
    this.#show(kind.content(answer) ?? element("div", { class: "message", part: "message" }, this.#words.empty));
    this.#frame.tell("loaded", kind.told(answer));
  }

  /** @param {Refused} refused */
  #showError(refused) {
    console.warn(`CrossMarket: ${refused.message} (${refused.code || refused.status})`);
    const mayPass = refused.status === 0 || refused.status === 429 || refused.status >= 500;
    const retry = mayPass ? element("button", { type: "button", part: "retry" }, this.#words.retry) : null;
    retry?.addEventListener("click", () => this.refresh());
    const words = element("span", { role: "status" }, this.#words.error);
    this.#show(element("div", { class: "message", part: "message" }, words, retry));
    this.#frame.tell("error", { status: refused.status, code: refused.code, detail: refused.message });
  }

  /** @param {Node} content @param {boolean} isLoading */
  #show(content, isLoading = false) {
    const words = this.#words;
    const heading = this.getAttribute("heading") ?? words.heading;
    this.#box.setAttribute("lang", this.#frame.language);
    this.#box.setAttribute("aria-label", heading || words.heading);
    this.#box.setAttribute("aria-busy", String(isLoading));
    const title = heading ? element("h2", { part: "heading" }, heading) : null;
    const note = isLoading ? element("span", { class: "unseen", role: "status" }, words.loading) : null;
    this.#box.replaceChildren(...[title, note, content].filter((node) => node !== null));
  }
}
