/** Why to come back: today's check-in, days in a row, and what comes next. */
class CheckIn {
  static words = {
    zh: {
      heading: "每日打卡",
      loading: "正在加载打卡…",
      empty: "现在没有打卡活动。",
      error: "打卡暂时没有加载出来。",
      act: "打卡",
      done: "今天已打卡",
      signIn: "登录后可以打卡",
      days: "天连续打卡",
      next: (milestone) => `连续 ${milestone.days} 天：${milestone.reward}`,
    },
    en: {
      heading: "Daily check-in",
      loading: "Loading check-ins…",
      empty: "There is no check-in at the moment.",
      error: "The check-in could not be loaded.",
      act: "Check in",
      done: "Done for today",
      signIn: "Sign in to check in",
      days: "days in a row",
      next: (milestone) => `At ${milestone.days} days in a row: ${milestone.reward}`,
    },
  };
  static kind = "check_in";

  /** @param {Frame} frame */
  constructor(frame) {
    this.frame = frame;
  }

  get words() {
    return this.constructor.words[this.frame.language];
  }

  ask() {
    return this.frame.get("campaigns", {});
  }

  skeleton() {
    return element("div", { class: "card offer skeleton", "aria-hidden": "true" }, element("i", {}), element("i", {}));
  }

  content(answer) {
    const cards = this.told(answer).campaigns.map((campaign) => element("li", {}, this.card(campaign)));
    return cards.length ? element("ul", { class: "offers", part: "list", role: "list" }, ...cards) : null;
  }

  told(answer) {
    return { campaigns: (answer.results ?? []).filter((each) => each.kind === this.constructor.kind) };
  }

  /** The campaign with one button; what comes of it stands below and is read out. */
  card(campaign) {
    const body = element("div", {});
    const status = element("span", { class: "reason", role: "status" });
    const card = element(
      "div",
      { class: "card offer", part: "card", "data-campaign": campaign.id },
      element("span", { class: "title", part: "title" }, campaign.name),
      campaign.description ? element("span", { class: "reason" }, campaign.description) : null,
      body,
      this.action(campaign, body, status),
      status,
    );
    this.show(campaign, body);
    return card;
  }

  action(campaign, body, status) {
    if (!this.frame.person) return element("span", { class: "act reason" }, this.words.signIn);
    const button = element("button", { type: "button", part: "claim", "aria-label": `${this.words.act}: ${campaign.name}` }, this.words.act);
    button.addEventListener("click", () => this.act(campaign, body, status, button));
    button.disabled = this.isOver(campaign);
    return element("span", { class: "act" }, button);
  }

  async act(campaign, body, status, button) {
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true";
    try {
      status.textContent = await this.send(campaign);
      this.show(campaign, body);
      button.disabled = this.isOver(campaign);
    } catch (refused) {
      status.textContent = refused.status === 422 ? refused.message : this.words.error;
      this.frame.tell("error", { status: refused.status, code: refused.code, detail: refused.message });
    } finally {
      button.ariaBusy = "false";
    }
  }

  /** @returns {Promise<object>} what the API answers */
  post(campaign, what, more) {
    const body = { user_id: this.frame.person, ...more };
    return this.frame.post(`campaigns/${campaign.id}/${what}?lang=${this.frame.language}`, body);
  }

  isOver(campaign) {
    return !!campaign.check_in?.is_done_today;
  }

  show(campaign, body) {
    const progress = campaign.check_in;
    if (!progress) return;
    body.replaceChildren(
      element("span", { class: "price", part: "price" }, `${progress.streak} ${this.words.days}`),
      ...(progress.next_milestone ? [element("div", { class: "reason" }, this.words.next(progress.next_milestone))] : []),
    );
  }

  async send(campaign) {
    const made = await this.post(campaign, "check-ins");
    campaign.check_in = made.progress;
    this.frame.tell("checked-in", { campaignId: campaign.id, day: made.day, streak: made.streak });
    return [this.words.done, ...made.rewards.map((reward) => reward.words)].join(" · ");
  }
}

KINDS.set("checkin", CheckIn);
