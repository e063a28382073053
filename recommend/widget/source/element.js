class CrossMarketWidget extends HTMLElement {
  static observedAttributes = ATTRIBUTES;

  /** Where the API answers; by default beside this script. */
  api = ownApi;

  #root = this.attachShadow({ mode: "open" });
  #box = element("section", { class: "widget", part: "widget" });
  #turn = 0;
  #scheduled = false;
  #expiredToken = "";
  /** @type {IntersectionObserver | null} */
  #observer = null;
  /** @type {Map<Element, {item: Item, timer: number}>} cards that were not seen yet */
  #unseen = new Map();
  /** @type {Item[]} */
  #toReport = [];

  constructor() {
    super();
    dress(this.#root);
    this.#root.append(this.#box);
  }

  connectedCallback() {
    window.addEventListener("pageshow", this.#whenShownAgain);
    this.#schedule();
  }

  disconnectedCallback() {
    window.removeEventListener("pageshow", this.#whenShownAgain);
    this.#turn += 1;
    this.#forget();
  }

  /** @param {string} _name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(_name, before, now) {
    if (before !== now) this.#schedule();
  }

  /** Ask again and show what comes. */
  async refresh() {
    const widget = this.getAttribute("widget") || "recommendations";
    this.toggleAttribute("quiet", widget !== "recommendations");
    if (widget !== "recommendations") {
      console.info(`CrossMarket: the widget "${widget}" does not exist here; nothing is shown.`);
      return;
    }
    const turn = ++this.#turn;
    this.#forget();
    this.#show(this.#skeleton());
    try {
      const answer = await this.#ask();
      if (turn === this.#turn) this.#showAnswer(answer);
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

  get #language() {
    const nearest = this.closest("[lang]")?.getAttribute("lang") || navigator.language || "zh";
    return nearest.toLowerCase().startsWith("zh") ? "zh" : "en";
  }

  get #words() {
    return WORDS[this.#language];
  }

  get #placement() {
    return this.getAttribute("placement") || "home";
  }

  get #limit() {
    return Math.min(Math.max(parseInt(this.getAttribute("limit") ?? "", 10) || 6, 1), 50);
  }

  /** The user token, unless the server has refused it already. */
  get #token() {
    const token = this.getAttribute("user-token") || "";
    return token === this.#expiredToken ? "" : token;
  }

  /** The page is told once of each token that is good no longer. @param {string} token */
  #tellExpired(token) {
    if (this.#expiredToken === token) return;
    this.#expiredToken = token;
    this.#tell("token-expired", {});
  }

  /** @returns {Promise<Answer>} */
  async #ask() {
    const query = { placement: this.#placement, limit: String(this.#limit), lang: this.#language };
    const path = `recommendations?${new URLSearchParams(query)}`;
    const token = this.#token;
    try {
      return await this.#call(path, token);
    } catch (error) {
      if (!isRefusedToken(error)) throw error;
      this.#tellExpired(token);
      return this.#call(path, "");
    }
  }

  /** @param {string} path @param {string} token @param {RequestInit} [options] */
  async #call(path, token, options) {
    const headers = { Authorization: `Bearer ${this.getAttribute("key") || ""}` };
    if (token) headers["X-User-Token"] = token;
    if (options) headers["Content-Type"] = "application/json";
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
    try {
      const settings = { credentials: "omit", cache: "no-store", signal: patience.signal, ...options, headers };
      const response = await fetch(this.api + path, settings);
      const body = await response.json();
      if (response.ok) return body;
      throw new Refused(response.status, body.code, body.detail);
    } catch (error) {
      throw error instanceof Refused ? error : new Refused(0, "unreachable", `${this.api} gave no answer (${error}).`);
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param {Answer} answer */
  #showAnswer(answer) {
    const items = Array.isArray(answer.items) ? answer.items : [];
    if (items.length) {
      const cards = items.map((item) => this.#card(item, answer.recommendation_id));
      this.#show(element("ul", { part: "list", role: "list" }, ...cards.map((card) => element("li", {}, card))));
      this.#watch(cards, items, answer.recommendation_id);
    } else {
      this.#show(element("div", { class: "message", part: "message" }, this.#words.empty));
    }
    this.#tell("loaded", { recommendationId: answer.recommendation_id, items });
  }

  /** @param {Refused} refused */
  #showError(refused) {
    console.warn(`CrossMarket: ${refused.message} (${refused.code || refused.status})`);
    const mayPass = refused.status === 0 || refused.status === 429 || refused.status >= 500;
    const retry = mayPass ? element("button", { type: "button", part: "retry" }, this.#words.retry) : null;
    retry?.addEventListener("click", () => this.refresh());
    const words = element("span", { role: "status" }, this.#words.error);
    this.#show(element("div", { class: "message", part: "message" }, words, retry));
    this.#tell("error", { status: refused.status, code: refused.code, detail: refused.message });
  }

  /** @param {Node} content */
  #show(content) {
    const heading = this.getAttribute("heading") ?? this.#words.heading;
    const isLoading = content instanceof Element && content.classList.contains("skeleton");
    this.#box.setAttribute("lang", this.#language);
    this.#box.setAttribute("aria-label", heading || this.#words.heading);
    this.#box.setAttribute("aria-busy", String(isLoading));
    const title = heading ? element("h2", { part: "heading" }, heading) : null;
    const note = isLoading ? element("span", { class: "unseen", role: "status" }, this.#words.loading) : null;
    this.#box.replaceChildren(...[title, note, content].filter((node) => node !== null));
  }

  #skeleton() {
    const card = () =>
      element("div", { class: "card" }, element("div", { class: "cover" }), element("div", { class: "text" }, element("i", {}), element("i", {})));
    const cards = Array.from({ length: this.#limit }, () => element("li", {}, card()));
    return element("ul", { class: "skeleton", "aria-hidden": "true" }, ...cards);
  }

  /** @param {Item} item @param {string} recommendationId */
  #card(item, recommendationId) {
    const address = webAddress(item.url, document.baseURI);
    const price = priceInWords(item.price, item.currency, this.#language);
    const text = element(
      "div",
      { class: "text" },
      element("span", { class: "title", part: "title" }, item.title || item.item_id),
      item.reason ? element("span", { class: "reason", part: "reason" }, item.reason) : null,
      price ? element("span", { class: "price", part: "price" }, price) : null,
    );
    const attributes = { class: "card", part: "card", "data-item": item.item_id };
    const card = address
      ? element("a", { ...attributes, href: address }, this.#cover(item), text)
      : element("div", attributes, this.#cover(item), text);
    if (address) {
      const clicked = (event) => this.#clicked(event, item, recommendationId);
      card.addEventListener("click", clicked);
      card.addEventListener("auxclick", (event) => event.button === 1 && clicked(event));
    }
    return card;
  }

  /** The picture, over the first letter of the title, which stays where no picture can be had. @param {Item} item */
  #cover(item) {
    const cover = element("div", { class: "cover", part: "cover", "aria-hidden": "true" }, Array.from(item.title || "·")[0]);
    const address = webAddress(item.cover_url, this.api);
    if (address) {
      const picture = element("img", { src: address, alt: "", loading: "lazy", decoding: "async" });
      picture.addEventListener("error", () => picture.remove());
      cover.append(picture);
    }
    return cover;
  }

  /** @param {MouseEvent} event @param {Item} item @param {string} recommendationId */
  #clicked(event, item, recommendationId) {
    this.#send("click", [item], recommendationId);
    if (!this.#tell("click", { recommendationId, item })) event.preventDefault();
  }

  /**
   * Report as shown what was half in sight for a second.
   * @param {Element[]} cards @param {Item[]} items @param {string} recommendationId
   */
  #watch(cards, items, recommendationId) {
    if (!this.#token || !("IntersectionObserver" in window)) return;
    cards.forEach((card, place) => this.#unseen.set(card, { item: items[place], timer: 0 }));
    this.#observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const waiting = this.#unseen.get(target);
          clearTimeout(waiting?.timer);
          if (waiting && isIntersecting) waiting.timer = setTimeout(() => this.#seen(target, recommendationId), SEEN_AFTER_MS);
        }
      },
      { threshold: 0.5 },
    );
    for (const card of cards) this.#observer.observe(card);
  }

  /** Cards seen at about the same time are reported together. @param {Element} card @param {string} recommendationId */
  #seen(card, recommendationId) {
    const { item } = this.#unseen.get(card);
    this.#unseen.delete(card);
    this.#observer?.unobserve(card);
    if (this.#toReport.push(item) > 1) return;
    setTimeout(() => this.#send("impression", this.#toReport.splice(0), recommendationId), REPORT_AFTER_MS);
  }

  #forget() {
    this.#observer?.disconnect();
    this.#observer = null;
    for (const { timer } of this.#unseen.values()) clearTimeout(timer);
    this.#unseen.clear();
  }

  /**
   * Tell CrossMarket what the signed-in person did; of anonymous visitors nothing is told.
   * @param {"click" | "impression"} type @param {Item[]} items @param {string} recommendationId
   */
  async #send(type, items, recommendationId) {
    const token = this.#token;
    const person = claims(token).sub;
    if (!person) return;
    const context = { recommendation_id: recommendationId, placement: this.#placement };
    const event = { type, user_id: person, timestamp: new Date().toISOString(), context };
    const batch = items.map((item) => ({ message_id: `widget-${freshId()}`, item_id: item.item_id, ...event }));
    try {
      await this.#call("events", token, { method: "POST", keepalive: true, body: JSON.stringify({ batch }) });
      this.#tell("sent", { type, itemIds: items.map((item) => item.item_id) });
    } catch (error) {
      console.warn(`CrossMarket: a ${type} was not taken: ${error.message}`);
      if (isRefusedToken(error)) this.#tellExpired(token);
    }
  }

  /** @param {string} what @param {object} detail @returns {boolean} whether nobody prevented the default */
  #tell(what, detail) {
    return this.dispatchEvent(
      new CustomEvent(`crossmarket:${what}`, { detail, bubbles: true, composed: true, cancelable: what === "click" }),
    );
  }
}
