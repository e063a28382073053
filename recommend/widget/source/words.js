/** What the widget says, by language. */
const WORDS = {
  zh: {
    heading: "为你推荐",
    loading: "正在加载推荐…",
    empty: "暂时没有推荐，学点什么再回来看看。",
    error: "推荐暂时没有加载出来。",
    retry: "再试一次",
    free: "免费",
  },
  en: {
    heading: "Recommended for you",
    loading: "Loading recommendations…",
    empty: "Nothing to recommend yet. Look around and come back.",
    error: "Recommendations could not be loaded.",
    retry: "Try again",
    free: "Free",
  },
};
