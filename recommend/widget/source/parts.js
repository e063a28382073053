/**
 * @typedef {object} Item a recommended course
 * @property {string} item_id
 * @property {string} title
 * @property {string} url
 * @property {string} cover_url
 * @property {number | null} price in minor units of the currency
 * @property {string} currency
 * @property {string} reason why it is shown, in words
 * @property {string} source
 */
/** @typedef {{recommendation_id: string, items: Item[]}} Answer */
/** @typedef {{sub?: string}} Claims */
/**
 * @typedef {object} Kind what a widget shows
 * @property {() => Promise<object>} ask
 * @property {() => Node} skeleton what stands there meanwhile
 * @property {(answer: object) => Node | null} content null for nothing
 * @property {(answer: object) => object} told what the page is told of
 * @property {() => void} [forget] something else is shown
 */

const TAG = "crossmarket-widget";
const ATTRIBUTES = ["key", "user-token", "placement", "lang", "widget", "limit", "heading", "theme"];

/** What a widget may show, by the word in `widget`; each kind stands in a file of its own. @type {Map<string, new (frame: Frame) => Kind>} */
const KINDS = new Map();

const PATIENCE_MS = 10_000;
const SEEN_AFTER_MS = 1_000;
const REPORT_AFTER_MS = 250;

/** What the API answered instead of a success. */
class Refused extends Error {
  /** @param {number} status of the answer, 0 for none @param {string} code @param {string} detail */
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

/** Whether the user token, and not the key or the page, was the reason. @param {Refused} refused */
function isRefusedToken(refused) {
  return refused.status === 401 && /user_token$/.test(refused.code);
}

const script = document.currentScript ?? document.querySelector('script[src*="/widget/v1.js"]');
const ownApi = new URL("../api/v1/", script?.src || document.baseURI).href;

/** @type {CSSStyleSheet | undefined} shared by all widgets of the page */
let sheet;

/** Give the root its style, in a way that a strict content security policy lets through. @param {ShadowRoot} root */
function dress(root) {
  if ("adoptedStyleSheets" in root) {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
    }
    root.adoptedStyleSheets = [sheet];
  } else {
    root.append(element("style", {}, CSS));
  }
}

/**
 * An element with attributes and children; `null` children are left out.
 * @param {string} name @param {Record<string, string>} attributes @param {...(Node | string | null)} children
 */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** An absolute http(s) address, or null: no other scheme gets into a link. @param {string} address @param {string} base */
function webAddress(address, base) {
  try {
    const url = new URL(address, base);
    return address && /^https?:$/.test(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** What a user token says, unverified: whose it is. @param {string} token @returns {Claims} */
function claims(token) {
  try {
    const packed = atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(packed, (character) => character.charCodeAt(0))));
  } catch {
    return {};
  }
}

/** @param {number | null} price in minor units @param {string} currency @param {string} language */
function priceInWords(price, currency, language) {
  if (typeof price !== "number") return "";
  if (price === 0) return WORDS[language].free;
  const options = { style: "currency", currency: currency || "CNY", currencyDisplay: "narrowSymbol" };
  try {
    const digits = new Intl.NumberFormat(language, options).resolvedOptions().maximumFractionDigits;
    const amount = price / 10 ** digits;
    const fraction = Number.isInteger(amount) ? 0 : digits;
    const shown = { ...options, minimumFractionDigits: fraction, maximumFractionDigits: fraction };
    return new Intl.NumberFormat(language, shown).format(amount);
  } catch {
    return `${currency} ${price / 100}`;
  }
}

/** An id nobody else has; also on pages without TLS, where randomUUID is missing. */
function freshId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
