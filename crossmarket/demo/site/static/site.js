/** The page's own script: a fresh token when the widget asks, and notes of what the widget did. Loaded before the widget. */
"use strict";

const site = document.documentElement.dataset.site;

/** @param {Date} moment */
const clock = (moment) => moment.toTimeString().slice(0, 8);

/** @param {string} line @param {boolean} isGood */
function note(line, isGood = true) {
  const entry = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = clock(new Date());
  entry.className = isGood ? "good" : "bad";
  entry.append(time, ` ${line}`);
  const show = () => document.getElementById("from-browser").prepend(entry);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", show);
  else show();
}

/** The server's times, in the visitor's own zone. */
document.addEventListener("DOMContentLoaded", () => {
  for (const time of document.querySelectorAll("time[datetime]")) time.textContent = clock(new Date(time.dateTime));
});

document.addEventListener("crossmarket:loaded", ({ detail }) => {
  if (detail.offers) return note(`GET /api/v1/offers → ${detail.offers.length}`);
  const sources = [...new Set(detail.items.map((item) => item.source))].join(", ");
  note(`GET /api/v1/recommendations → ${detail.items.length} (${sources}), ${detail.recommendationId}`);
});

document.addEventListener("crossmarket:sent", ({ detail }) => {
  note(`POST /api/v1/events → ${detail.type} × ${detail.itemIds.length}: ${detail.itemIds.join(", ")}`);
});

document.addEventListener("crossmarket:claimed", ({ detail }) => note(`POST /api/v1/coupons → ${detail.code}`));

document.addEventListener("crossmarket:error", ({ detail }) => {
  note(`${detail.status || "—"} ${detail.code || ""} ${detail.detail || ""}`, false);
});

/** What led to a course is remembered, so that the server can name the recommendation when the course is bought. */
document.addEventListener("crossmarket:click", ({ detail }) => {
  const origin = encodeURIComponent(`${detail.item.item_id}|${detail.recommendationId}`);
  document.cookie = `${site}_came_from=${origin}; path=/; max-age=86400; samesite=lax`;
});

document.addEventListener("crossmarket:token-expired", async ({ target }) => {
  const answer = await fetch("/token");
  const token = await answer.text();
  if (token) target.setAttribute("user-token", token);
});
