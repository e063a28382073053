/** What next: cards of courses, whose clicks and impressions are reported. */
class Recommendations {
  static words = {
    zh: { heading: "为你推荐", loading: "正在加载推荐…", empty: "暂时没有推荐，学点什么再回来看看。", error: "推荐暂时没有加载出来。" },
    en: {
      heading: "Recommended for you",
      loading: "Loading recommendations…",
      empty: "Nothing to recommend yet. Look around and come back.",
      error: "Recommendations could not be loaded.",
    },
  };

  /** @type {Frame} */
  #frame;
  /** @type {IntersectionObserver | null} */
  #observer = null;
  /** @type {Map<Element, {item: Item, timer: number}>} cards that were not seen yet */
  #unseen = new Map();
  /** @type {Item[]} */
  #toReport = [];

  /** @param {Frame} frame */
  constructor(frame) {
    this.#frame = frame;
  }

  /** @returns {Promise<Answer>} */
  ask() {
    return this.#frame.get("recommendations", { placement: this.#frame.placement, limit: String(this.#frame.limit) });
  }

  skeleton() {
    const card = () =>
      element("div", { class: "card" }, element("div", { class: "cover" }), element("div", { class: "text" }, element("i", {}), element("i", {})));
    const cards = Array.from({ length: this.#frame.limit }, () => element("li", {}, card()));
    return element("ul", { class: "skeleton", "aria-hidden": "true" }, ...cards);
  }

  /** @param {Answer} answer @returns {Node | null} null for nothing */
  content(answer) {
    const items = this.#items(answer);
    if (!items.length) return null;
    const cards = items.map((item) => this.#card(item, answer.recommendation_id));
    this.#watch(cards, items, answer.recommendation_id);
    return element("ul", { part: "list", role: "list" }, ...cards.map((card) => element("li", {}, card)));
  }

  /** What the page is told of. @param {Answer} answer */
  told(answer) {
    return { recommendationId: answer.recommendation_id, items: this.#items(answer) };
  }

  /** @param {Answer} answer @returns {Item[]} */
  #items(answer) {
    return Array.isArray(answer.items) ? answer.items : [];
  }

  /** @param {Item} item @param {string} recommendationId */
  #card(item, recommendationId) {
    const address = webAddress(item.url, document.baseURI);
    const price = priceInWords(item.price, item.currency, this.#frame.language);
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
    const address = webAddress(item.cover_url, this.#frame.api);
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
    if (!this.#frame.tell("click", { recommendationId, item })) event.preventDefault();
  }

  /**
   * Report as shown what was half in sight for a second.
   * @param {Element[]} cards @param {Item[]} items @param {string} recommendationId
   */
  #watch(cards, items, recommendationId) {
    if (!this.#frame.token || !("IntersectionObserver" in window)) return;
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

  /** Nothing more is watched: something else is shown. */
  forget() {
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
    const person = this.#frame.person;
    if (!person) return;
    const context = { recommendation_id: recommendationId, placement: this.#frame.placement };
    const event = { type, user_id: person, timestamp: new Date().toISOString(), context };
    const batch = items.map((item) => ({ message_id: `widget-${freshId()}`, item_id: item.item_id, ...event }));
    try {
      await this.#frame.post("events", { batch }, true);
      this.#frame.tell("sent", { type, itemIds: items.map((item) => item.item_id) });
    } catch (error) {
      console.warn(`CrossMarket: a ${type} was not taken: ${error.message}`);
    }
  }
}

KINDS.set("recommendations", Recommendations);
