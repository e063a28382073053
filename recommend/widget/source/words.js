/** What widgets of every kind say, by language. */
const WORDS = {
  zh: { retry: "再试一次", free: "免费" },
  en: { retry: "Try again", free: "Free" },
};
