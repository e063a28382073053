/** Draws: prizes with their odds, and one button. What a draw was made of is told to the page, for the person to keep. */
class Lottery extends CheckIn {
  static words = {
    zh: {
      heading: "抽奖",
      loading: "正在加载抽奖…",
      empty: "现在没有抽奖活动。",
      error: "抽奖暂时没有加载出来。",
      act: "抽奖",
      signIn: "登录后可以抽奖",
      left: (count) => `还剩 ${count} 次`,
      won: "你中了：",
      nothing: "这次没有中奖。",
    },
    en: {
      heading: "Lottery",
      loading: "Loading the lottery…",
      empty: "There is no lottery at the moment.",
      error: "The lottery could not be loaded.",
      act: "Draw",
      signIn: "Sign in to draw",
      left: (count) => `Draws left: ${count}`,
      won: "You won: ",
      nothing: "Nothing this time.",
    },
  };
  static kind = "lottery";

  isOver(campaign) {
    return !campaign.lottery.remaining_draws && !campaign.lottery.price;
  }

  show(campaign, body) {
    const { prizes, remaining_draws: left } = campaign.lottery;
    const lines = prizes.map((prize) => element("li", {}, `${prize.name} · ${+(prize.odds * 100).toPrecision(3)}%`));
    body.replaceChildren(element("ul", { class: "prizes reason" }, ...lines), element("span", { class: "price", part: "price" }, this.words.left(left)));
  }

  async send(campaign) {
    const drawn = await this.post(campaign, "draws", { nonce: freshId() });
    campaign.lottery.remaining_draws = drawn.remaining_draws;
    this.frame.tell("drawn", { campaignId: campaign.id, prize: drawn.prize, proof: drawn.proof });
    return drawn.prize ? this.words.won + [drawn.prize.name, drawn.prize.given?.result].filter(Boolean).join(" · ") : this.words.nothing;
  }
}

KINDS.set("lottery", Lottery);
