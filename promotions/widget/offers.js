/** What it is worth: coupons that the person has, with the code, and those that can be claimed with one click. */
class Offers {
  static words = {
    zh: {
      heading: "优惠券",
      loading: "正在加载优惠券…",
      empty: "现在没有可用的优惠券，过几天再来看看。",
      error: "优惠券暂时没有加载出来。",
      claim: "领取",
      claimed: "已领取，结算时输入券码。",
      copy: "复制券码",
      copied: "已复制",
      select: "已选中券码，请手动复制。",
      signIn: "登录后可以领取",
      until: "有效期至",
    },
    en: {
      heading: "Coupons",
      loading: "Loading coupons…",
      empty: "No coupons at the moment. Look again in a few days.",
      error: "Coupons could not be loaded.",
      claim: "Claim",
      claimed: "Claimed. Enter the code at checkout.",
      copy: "Copy code",
      copied: "Copied",
      select: "The code is selected: copy it by hand.",
      signIn: "Sign in to claim it",
      until: "Good until",
    },
  };

  #frame;

  /** @param {Frame} frame */
  constructor(frame) {
    this.#frame = frame;
  }

  get #words() {
    return Offers.words[this.#frame.language];
  }

  ask() {
    return this.#frame.get("offers", {});
  }

  skeleton() {
    const card = () => element("li", {}, element("div", { class: "card offer" }, element("i", {}), element("i", {})));
    return element("ul", { class: "offers skeleton", "aria-hidden": "true" }, card(), card());
  }

  content(answer) {
    const cards = this.told(answer).offers.map((offer) => element("li", {}, this.#card(offer)));
    return cards.length ? element("ul", { class: "offers", part: "list", role: "list" }, ...cards) : null;
  }

  told(answer) {
    return { offers: (answer.results ?? []).slice(0, this.#frame.limit) };
  }

  #card(offer) {
    const [gives, ...rest] = offer.rule;
    const status = element("span", { class: "reason", role: "status" });
    const card = element(
      "div",
      { class: "card offer", part: "card", "data-batch": offer.batch_id },
      element("span", { class: "price", part: "price" }, gives),
      element("span", { class: "title", part: "title" }, offer.name),
      offer.description ? element("span", {}, offer.description) : null,
      rest.length ? element("span", { class: "reason", part: "reason" }, rest.join(" · ")) : null,
      offer.code && offer.expires_at ? element("span", { class: "reason" }, this.#until(offer.expires_at)) : null,
    );
    card.append(this.#action(offer, status), status);
    return card;
  }

  #until(moment) {
    const shown = new Intl.DateTimeFormat(this.#frame.language, { dateStyle: "medium", timeStyle: "short" });
    return `${this.#words.until} ${shown.format(new Date(moment))}`;
  }

  /** What can be done with it: copy the code, claim it, or nothing before signing in. */
  #action(offer, status) {
    if (offer.code) return this.#code(offer, status);
    if (!this.#frame.person) return element("span", { class: "act reason" }, this.#words.signIn);
    const button = this.#button(this.#words.claim, offer, { part: "claim" });
    button.addEventListener("click", () => this.#claim(offer, button, status));
    return element("span", { class: "act" }, button);
  }

  #code(offer, status) {
    const code = element("code", { part: "code" }, offer.code);
    const button = this.#button(this.#words.copy, offer, { part: "copy" });
    button.addEventListener("click", () => this.#copy(code, status));
    return element("span", { class: "act" }, code, button);
  }

  #button(words, offer, attributes) {
    return element("button", { type: "button", "aria-label": `${words}: ${offer.name}`, ...attributes }, words);
  }

  /** The answer stands where the button was, and the focus goes on to what can be done next. */
  async #claim(offer, button, status) {
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true";
    try {
      const body = { batch_id: offer.batch_id, user_id: this.#frame.person, channel: "widget" };
      const coupon = await this.#frame.post(`coupons?lang=${this.#frame.language}`, body);
      const claimed = this.#code({ ...offer, code: coupon.code }, status);
      button.parentElement.replaceWith(claimed);
      claimed.lastChild.focus();
      status.textContent = this.#words.claimed;
      this.#frame.tell("claimed", { batchId: offer.batch_id, code: coupon.code });
    } catch (refused) {
      status.textContent = refused.status === 422 ? refused.message : this.#words.error;
      this.#frame.tell("error", { status: refused.status, code: refused.code, detail: refused.message });
    } finally {
      button.ariaBusy = "false";
    }
  }

  /** Where the clipboard is out of reach, as in pages without TLS, the code is selected instead. */
  async #copy(code, status) {
    try {
      await navigator.clipboard.writeText(code.textContent);
      status.textContent = this.#words.copied;
    } catch {
      getSelection()?.selectAllChildren(code);
      status.textContent = this.#words.select;
    }
  }
}

KINDS.set("offers", Offers);
