// Conditions on what a profile tells.

import { amount, choice, line, severalOf } from "./elements.js";

/** @typedef {import("./conditions.js").Pen} Pen */
/** @typedef {import("./conditions.js").Trait} Trait */
/** @typedef {import("./conditions.js").Vocabulary} Vocabulary */

/** @param {Vocabulary} vocabulary */
export function freshTrait(vocabulary) {
  const first = all(vocabulary)[0];
  return first ? freshFor(first, vocabulary) : null;
}

/** @param {Record<string, any>} rule @param {Pen} pen @returns {Node[]} */
export function traitFields(rule, pen) {
  const { vocabulary, redraw } = pen;
  const { words } = vocabulary;
  const trait = all(vocabulary).find((each) => each.value === rule.trait) ?? unknown(rule);
  const chooseTrait = (/** @type {string} */ value) => {
    const next = all(vocabulary).find((each) => each.value === value);
    Object.assign(rule, next ? freshFor(next, vocabulary) : { trait: value });
    redraw();
  };
  return [
    choice(words.trait, vocabulary.traits, String(rule.trait), chooseTrait),
    operatorField(rule, vocabulary.operators[trait.type], pen),
    valueField(rule, trait, pen),
  ];
}

/**
 * The comparison; "one of" goes with a list of values, the others with one.
 * @param {Record<string, any>} rule @param {import("./elements.js").Option[]} offered @param {Pen} pen
 */
export function operatorField(rule, offered, { vocabulary, redraw }) {
  return choice(vocabulary.words.comparison, offered, String(rule.op), (value) => {
    if (value === "in" && !Array.isArray(rule.value)) rule.value = rule.value === "" || rule.value === null ? [] : [rule.value];
    if (value !== "in" && Array.isArray(rule.value)) rule.value = rule.value[0] ?? "";
    rule.op = value;
    redraw();
  });
}

/** @param {Record<string, any>} rule @param {Trait} trait @param {Pen} pen */
function valueField(rule, trait, { vocabulary, write }) {
  const label = vocabulary.words.value;
  const put = (/** @type {any} */ value) => {
    rule.value = value;
    write();
  };
  if (Array.isArray(rule.value)) {
    if (trait.type === "choice") return severalOf(label, trait.choices, rule.value, put, vocabulary.words.none_chosen);
    return line(label, rule.value.join(", "), (value) => put(listed(value)), { placeholder: vocabulary.words.with_commas });
  }
  if (trait.type === "choice") return choice(label, trait.choices, String(rule.value), put);
  if (trait.type === "time") return line(label, String(rule.value ?? ""), put, { type: isDay(rule.value) ? "date" : "text" });
  if (trait.type === "text") return line(label, String(rule.value ?? ""), put);
  const shown = typeof rule.value === "number" ? tidy(rule.value * trait.scale) : null;
  return amount(label, shown, (value) => put(value === null ? null : tidy(value / trait.scale)), { unit: trait.unit });
}

/** The values in a line of text, parted by commas of either language. @param {string} text */
export function listed(text) {
  return text.split(/[,，、]/).map((each) => each.trim()).filter((each) => each !== "");
}

/** @param {Trait} trait @param {Vocabulary} vocabulary */
function freshFor(trait, vocabulary) {
  const values = { choice: trait.choices[0]?.value, text: "", time: new Date().toISOString().slice(0, 10), number: null };
  return { trait: trait.value, op: vocabulary.operators[trait.type][0].value, value: values[/** @type {keyof typeof values} */ (trait.type)] };
}

/** A trait that is not offered, taken as its value looks. @param {Record<string, any>} rule @returns {Trait} */
function unknown(rule) {
  const type = typeof rule.value === "number" ? "number" : "text";
  return { value: rule.trait, label: rule.trait, type, unit: "", scale: 1, choices: [] };
}

/** @param {Vocabulary} vocabulary @returns {Trait[]} */
function all(vocabulary) {
  return vocabulary.traits.flatMap((each) => each.options);
}

/** @param {any} value */
function isDay(value) {
  return !value || /^\d{4}-\d\d-\d\d$/.test(value);
}

/** Without the dust of binary fractions. @param {number} value */
function tidy(value) {
  return Number(value.toPrecision(12));
}
