// Elements of a page, made in one expression.

/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>} Attributes */
/** @typedef {Node | string | null | undefined | false} Child */
/** @typedef {{value: string, label: string}} Option */
/** @typedef {{label: string, options: Option[]}} OptionGroup */

/**
 * An element. Attributes that are functions listen (`onclick`), true ones are set without a value, false and missing
 * ones are left out.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(attribute.slice(2), value);
    else if (value === true) element.setAttribute(attribute, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(attribute, String(value));
  }
  element.append(.../** @type {(Node | string)[]} */ (children.filter((child) => child || child === "")));
  return element;
}

/**
 * A button that does something here and sends no form.
 * @param {string} words @param {() => void} press @param {Attributes} [attributes]
 */
export function button(words, press, attributes = {}) {
  return make("button", { type: "button", class: "desk-button", onclick: press, ...attributes }, words);
}

/**
 * A choice; what is chosen but not offered is offered too, so that nothing is lost.
 * @param {string} label read aloud @param {(Option | OptionGroup)[]} options @param {string} chosen
 * @param {(value: string) => void} change @param {Attributes} [attributes]
 */
export function choice(label, options, chosen, change, attributes = {}) {
  const known = options.some((each) => ("options" in each ? each.options.some((one) => one.value === chosen) : each.value === chosen));
  const offered = known ? options : [...options, { value: chosen, label: chosen }];
  const select = make(
    "select",
    { class: "desk-input rule-choice", "aria-label": label, onchange: () => change(select.value), ...attributes },
    ...offered.map((each) => ("options" in each ? make("optgroup", { label: each.label }, ...each.options.map(option)) : option(each))),
  );
  select.value = chosen;
  return select;
}

/** @param {Option} one */
function option(one) {
  return make("option", { value: one.value }, one.label);
}

/**
 * A number with its unit; an empty field is null.
 * @param {string} label read aloud @param {number | null} value @param {(value: number | null) => void} change
 * @param {{unit?: string, step?: string, min?: string, max?: string, placeholder?: string}} [more]
 */
export function amount(label, value, change, more = {}) {
  const { unit = "", step = "any", ...bounds } = more;
  const read = () => change(input.value === "" ? null : Number(input.value));
  const words = unit ? `${label} (${unit})` : label;
  const input = make("input", { type: "number", class: "desk-input rule-number", "aria-label": words, step, value, oninput: read, ...bounds });
  return unit ? make("span", { class: "rule-with-unit" }, input, make("span", { "aria-hidden": "true" }, unit)) : input;
}

/**
 * A line of text or a day.
 * @param {string} label read aloud @param {string} value @param {(value: string) => void} change
 * @param {Attributes} [attributes]
 */
export function line(label, value, change, attributes = {}) {
  const input = make("input", { class: "desk-input rule-line", "aria-label": label, value, oninput: () => change(input.value), ...attributes });
  return input;
}

/**
 * Several of a few, out of the way until they are wanted.
 * @param {string} label read aloud @param {Option[]} options @param {string[]} chosen
 * @param {(values: string[]) => void} change @param {string} none what is shown when nothing is chosen
 */
export function severalOf(label, options, chosen, change, none) {
  const kept = new Set(chosen);
  const known = new Set(options.map((each) => each.value));
  const offered = [...options, ...chosen.filter((each) => !known.has(each)).map((value) => ({ value, label: value }))];
  const summary = make("summary", { class: "desk-input" });
  const tell = () => {
    const labels = offered.filter((each) => kept.has(each.value)).map((each) => each.label);
    summary.textContent = labels.length ? labels.join(", ") : none;
    summary.setAttribute("aria-label", `${label}: ${summary.textContent}`);
  };
  const boxes = offered.map((each) => {
    const box = make("input", {
      type: "checkbox",
      checked: kept.has(each.value),
      onchange: () => {
        if (box.checked) kept.add(each.value);
        else kept.delete(each.value);
        tell();
        change(offered.map((one) => one.value).filter((value) => kept.has(value)));
      },
    });
    return make("label", { class: "rule-box" }, box, each.label);
  });
  tell();
  const drop = make("details", { class: "rule-drop" }, summary, make("div", { class: "rule-boxes", role: "group", "aria-label": label }, ...boxes));
  drop.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !drop.open) return;
    drop.open = false;
    summary.focus();
  });
  drop.addEventListener("focusout", (event) => {
    const to = /** @type {Node | null} */ (event.relatedTarget);
    if (to && !drop.contains(to)) drop.open = false;
  });
  return drop;
}
