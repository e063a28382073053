// The kinds of conditions: how each begins, and the controls that say it.

import { amount, choice, line, make } from "./elements.js";
import { deedFields, freshDeed } from "./deeds.js";
import { freshTrait, listed, operatorField, traitFields } from "./traits.js";

/** @typedef {import("./elements.js").Option} Option */
/** @typedef {import("./elements.js").OptionGroup} OptionGroup */

/**
 * @typedef {object} Trait something that a profile tells
 * @property {string} value its name in rules
 * @property {string} label
 * @property {string} type of its values: "number", "choice" or "text"
 * @property {string} unit as people read it
 * @property {number} scale by which a value is multiplied to be read in the unit
 * @property {Option[]} choices
 */

/**
 * @typedef {object} Vocabulary what a rule can speak of, in the reader's language
 * @property {Record<string, string>} words of the controls
 * @property {{label: string, options: Trait[]}[]} traits
 * @property {Record<string, Option[]>} operators by type
 * @property {Option[]} deeds kinds of events
 * @property {Option[]} kinds of courses
 * @property {Option[]} categories
 * @property {OptionGroup[]} interests
 * @property {Option[]} platforms
 * @property {Option[]} segments
 * @property {Option[]} purposes
 * @property {Option[]} told traits that platforms tell of their accounts
 */

/**
 * What a condition's controls are given: `write` after a value changed, `redraw` when other controls are needed too.
 * @typedef {object} Pen
 * @property {Vocabulary} vocabulary
 * @property {() => void} write
 * @property {() => void} redraw
 */

/**
 * @typedef {object} Kind
 * @property {string} key the member by which the rule is known
 * @property {(vocabulary: Vocabulary) => Record<string, any> | null} fresh a rule to begin with; null when there is nothing to choose from
 * @property {(rule: Record<string, any>, pen: Pen) => Node[]} fields
 */

/** @type {Kind[]} */
export const KINDS = [
  { key: "did", fresh: freshDeed, fields: deedFields },
  { key: "trait", fresh: freshTrait, fields: traitFields },
  { key: "interest", fresh: freshInterest, fields: interestFields },
  named("platform", (vocabulary) => vocabulary.platforms),
  named("segment", (vocabulary) => vocabulary.segments),
  named("consents", (vocabulary) => vocabulary.purposes),
  { key: "account_trait", fresh: freshTold, fields: toldFields },
];

/** The kind of a rule, or undefined when it can only be shown as text. @param {Record<string, any>} rule */
export function kindOf(rule) {
  return KINDS.find((kind) => kind.key in rule);
}

/**
 * A condition that names one of a few.
 * @param {string} key @param {(vocabulary: Vocabulary) => Option[]} offered @returns {Kind}
 */
function named(key, offered) {
  return {
    key,
    fresh: (vocabulary) => (offered(vocabulary).length ? { [key]: offered(vocabulary)[0].value } : null),
    fields: (rule, { vocabulary, write }) => [
      choice(vocabulary.words[key], offered(vocabulary), String(rule[key]), (value) => {
        rule[key] = value;
        write();
      }),
    ],
  };
}

/** @param {Vocabulary} vocabulary */
function freshInterest(vocabulary) {
  const first = vocabulary.interests.flatMap((each) => each.options)[0];
  return first ? { ...interestIn(first.value), at_least: 0.2 } : null;
}

/** An option of interests as the rule names it. @param {string} value such as "topics/AI" */
function interestIn(value) {
  const slash = value.indexOf("/");
  const among = value.slice(0, slash);
  return { interest: value.slice(slash + 1), ...(among ? { in: among } : {}) };
}

/** @param {Record<string, any>} rule @param {Pen} pen */
function interestFields(rule, { vocabulary, write }) {
  const { words } = vocabulary;
  const chosen = `${rule.in ?? ""}/${rule.interest}`;
  const isOffered = vocabulary.interests.some((each) => each.options.some((one) => one.value === chosen));
  const offered = isOffered ? vocabulary.interests : [...vocabulary.interests, { value: chosen, label: String(rule.interest) }];
  return [
    choice(words.interest, offered, chosen, (value) => {
      delete rule.in;
      Object.assign(rule, interestIn(value));
      write();
    }),
    make("span", {}, words.takes_at_least),
    amount(words.takes_at_least, percent(rule.at_least), (value) => {
      rule.at_least = value === null ? null : value / 100;
      write();
    }, { unit: "%", min: "1", max: "100" }),
    make("span", {}, words.of_attention),
  ];
}

/** @param {Vocabulary} vocabulary */
function freshTold(vocabulary) {
  return { account_trait: vocabulary.told[0]?.value ?? "", op: "=", value: "" };
}

/** @param {Record<string, any>} rule @param {Pen} pen */
function toldFields(rule, pen) {
  const { vocabulary, write } = pen;
  const { words } = vocabulary;
  const isList = Array.isArray(rule.value);
  return [
    line(words.account_trait, String(rule.account_trait ?? ""), (value) => {
      rule.account_trait = value;
      write();
    }, { list: "rule-told", placeholder: words.account_trait }),
    operatorField(rule, vocabulary.operators.told, pen),
    line(words.value, isList ? rule.value.join(", ") : asText(rule.value), (value) => {
      rule.value = isList ? listed(value).map(asValue) : asValue(value);
      write();
    }, { placeholder: isList ? words.with_commas : words.value }),
  ];
}

/** @param {unknown} share */
function percent(share) {
  return typeof share === "number" ? Math.round(share * 1000) / 10 : null;
}

/** @param {unknown} value */
function asText(value) {
  return typeof value === "string" ? value : value === null || value === undefined ? "" : JSON.stringify(value);
}

/** What was typed as a value of JSON: numbers and yes/no become such. @param {string} text */
function asValue(text) {
  if (text === "true" || text === "false") return text === "true";
  return text.trim() !== "" && String(Number(text)) === text.trim() ? Number(text) : text;
}
