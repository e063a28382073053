// Conditions on what people did: which deeds, with which courses, how often and when.

import { amount, choice, line, make, severalOf } from "./elements.js";

/** @typedef {import("./conditions.js").Pen} Pen */
/** @typedef {import("./conditions.js").Vocabulary} Vocabulary */
/** @typedef {import("./elements.js").Option} Option */

const MONTH = 30;

/** @param {Vocabulary} vocabulary */
export function freshDeed(vocabulary) {
  return { did: { type: vocabulary.deeds[0].value, at_least: 1, within_days: MONTH } };
}

/** @param {Record<string, any>} rule @param {Pen} pen @returns {Node[]} */
export function deedFields(rule, pen) {
  const did = /** @type {Record<string, any>} */ (rule.did ?? (rule.did = {}));
  const put = (/** @type {string} */ name, /** @type {any} */ value) => {
    if (value === null || value === "") delete did[name];
    else did[name] = value;
    pen.write();
  };
  return [typesField(did, put, pen.vocabulary), ...oftenFields(did, put, pen), ...whenFields(did, put, pen), narrowing(did, put, pen.vocabulary)];
}

/** @typedef {(name: string, value: any) => void} Put */

/** Which deeds: one, or several of which each counts. @param {Record<string, any>} did @param {Put} put @param {Vocabulary} vocabulary */
function typesField(did, put, { words, deeds }) {
  const change = (/** @type {string[]} */ types) => put("type", types.length > 1 ? types : types[0] ?? null);
  return severalOf(words.deeds, deeds, [did.type ?? []].flat(), change, words.any_deed);
}

/** How often. @param {Record<string, any>} did @param {Put} put @param {Pen} pen */
function oftenFields(did, put, { vocabulary, redraw }) {
  const { words } = vocabulary;
  const limits = ["at_least", "at_most", "sum_at_least"].filter((name) => typeof did[name] === "number");
  const how = limits.length > 1 ? "between" : limits[0] ?? "at_least";
  const change = (/** @type {string} */ next) => {
    const count = did.at_least ?? did.at_most ?? 1;
    for (const name of limits) delete did[name];
    if (next === "between") Object.assign(did, { at_least: count, at_most: count + 2 });
    else did[next] = next === "sum_at_least" ? null : count;
    if (next === "sum_at_least") did.sum_at_least = 10_000;
    redraw();
  };
  const options = ["at_least", "at_most", "between", "sum_at_least"].map((value) => ({ value, label: words[value] }));
  const count = (/** @type {string} */ name) => amount(words[name], did[name] ?? null, (value) => put(name, value), { unit: words.times, placeholder: name === "at_least" ? "1" : "", min: name === "at_most" ? "0" : "1", step: "1" });
  const fields = {
    at_least: () => [count("at_least")],
    at_most: () => [count("at_most")],
    between: () => [count("at_least"), make("span", { "aria-hidden": "true" }, "–"), count("at_most")],
    sum_at_least: () => [amount(words.sum_at_least, did.sum_at_least === null ? null : did.sum_at_least / 100, (value) => put("sum_at_least", value === null ? null : Math.round(value * 100)), { unit: words.money, min: "0" })],
  };
  return [choice(words.how_often, options, how, change), ...fields[/** @type {keyof typeof fields} */ (how)]()];
}

/** When. @param {Record<string, any>} did @param {Put} put @param {Pen} pen */
function whenFields(did, put, { vocabulary, redraw }) {
  const { words } = vocabulary;
  const when = did.between ? "between_days" : typeof did.within_days === "number" ? "within" : "ever";
  const change = (/** @type {string} */ next) => {
    delete did.between;
    delete did.within_days;
    if (next === "within") did.within_days = MONTH;
    if (next === "between_days") did.between = [daysAgo(MONTH), daysAgo(0)];
    redraw();
  };
  const options = ["within", "between_days", "ever"].map((value) => ({ value, label: words[value] }));
  const chosen = choice(words.when, options, when, change);
  if (when === "within") return [chosen, amount(words.within, did.within_days, (value) => put("within_days", value), { unit: words.days, min: "1", step: "1" })];
  if (when === "ever") return [chosen];
  const day = (/** @type {0 | 1} */ at, /** @type {string} */ label) => {
    const change = (/** @type {string} */ value) => put("between", Object.assign([...did.between], { [at]: value }));
    return line(label, String(did.between[at] ?? "").slice(0, 10), change, { type: "date" });
  };
  return [chosen, day(0, words.first_day), make("span", { "aria-hidden": "true" }, "–"), day(1, words.last_day)];
}

/** With which courses: open when something is said, else out of the way. @param {Record<string, any>} did @param {Put} put @param {Vocabulary} vocabulary */
function narrowing(did, put, { words, categories, kinds, platforms }) {
  const several = (/** @type {string} */ name, /** @type {Option[]} */ options) => {
    const change = (/** @type {string[]} */ values) => put(name, values.length > 1 ? values : values[0] ?? null);
    return severalOf(words[name], options, [did[name] ?? []].flat(), change, words[`any_${name}`]);
  };
  const anyPlatform = { value: "", label: words.any_platform };
  const fields = [
    several("category", categories),
    several("kind", kinds),
    choice(words.platform, [anyPlatform, ...platforms], String(did.platform ?? ""), (value) => put("platform", value)),
    line(words.course, String(did.course ?? ""), (value) => put("course", value), { placeholder: words.any_course }),
  ];
  const isSaid = ["category", "kind", "platform", "course"].some((name) => did[name]);
  return make("details", { class: "rule-more", open: isSaid }, make("summary", {}, words.which_courses), make("div", { class: "rule-fields" }, ...fields));
}

/** A day as ISO 8601. @param {number} days */
function daysAgo(days) {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}
