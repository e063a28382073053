// The builder of rules: what is chosen here is written into the rule's text, and what is written there is shown here.

import { button, choice, make } from "./elements.js";
import { KINDS, kindOf } from "./conditions.js";
import { condition, group, nodeAt, parentOf, ruleOf, treeOf } from "./rule_tree.js";

/** @typedef {import("./rule_tree.js").Group} Group */
/** @typedef {import("./rule_tree.js").Condition} Condition */
/** @typedef {import("./rule_tree.js").RuleNode} RuleNode */
/** @typedef {import("./conditions.js").Vocabulary} Vocabulary */

const MOST_STEPS_BACK = 50;

class Builder {
  /** @param {HTMLElement} place @param {HTMLTextAreaElement} text @param {Vocabulary} vocabulary */
  constructor(place, text, vocabulary) {
    this.place = place;
    this.text = text;
    this.vocabulary = vocabulary;
    this.words = vocabulary.words;
    this.root = group("all", []);
    /** @type {string[]} */
    this.past = [];
    this.said = make("p", { class: "sr-only", role: "status" });
    this.undoButton = button(this.words.undo, () => this.undo(), { disabled: true });
    this.outline = make("div", {});
    place.append(this.outline, make("div", { class: "desk-row" }, this.undoButton), this.said);
  }

  /** Show what the text says; false when it cannot be read. */
  read() {
    let rule;
    try {
      rule = JSON.parse(this.text.value.trim() || '{"all": []}');
    } catch {
      this.place.classList.add("rule-stale");
      return false;
    }
    this.place.classList.remove("rule-stale");
    this.root = treeOf(rule);
    this.draw();
    return true;
  }

  /** Put the rule into the text, and let everybody know who follows the text. */
  write() {
    const written = JSON.stringify(ruleOf(this.root), null, 2);
    if (written === this.text.value) return;
    this.past = [...this.past, this.text.value].slice(-MOST_STEPS_BACK);
    this.put(written);
  }

  /** Take another rule as a whole. @param {any} rule */
  take(rule) {
    this.root = treeOf(rule);
    this.write();
    this.draw();
  }

  undo() {
    const before = this.past.pop();
    if (before === undefined) return;
    this.put(before);
    this.read();
    this.say(this.words.undone);
  }

  /** @param {string} written */
  put(written) {
    this.text.value = written;
    this.undoButton.disabled = this.past.length === 0;
    this.text.dispatchEvent(new CustomEvent("rule:written", { bubbles: true }));
  }

  /** @param {string} words read aloud */
  say(words) {
    this.said.textContent = words;
  }

  /** Draw everything anew; the focus goes to the first control of the node named. @param {string} [focused] */
  draw(focused) {
    this.outline.replaceChildren(this.drawGroup(this.root));
    if (focused) this.focus(focused);
  }

  /** @param {string} id */
  focus(id) {
    const element = document.getElementById(id);
    const control = element?.querySelector(":scope > .rule-fields select, :scope > legend select, select, input, textarea, button");
    /** @type {HTMLElement | null | undefined} */ (control)?.focus();
  }

  /** @param {Group} node @returns {HTMLElement} */
  drawGroup(node) {
    const { words } = this;
    const isRoot = node === this.root;
    const modes = ["all", "any", "none", "not_all"].map((value) => ({ value, label: words[value] }));
    const mode = choice(words.mode, modes, node.mode, (value) => {
      node.mode = /** @type {import("./rule_tree.js").Mode} */ (value);
      this.write();
    });
    const items = node.children.map((child, at) => make("li", {}, child.group ? this.drawGroup(child) : this.drawCondition(child, at + 1)));
    return make(
      "fieldset",
      { class: "rule-group", id: node.id },
      make("legend", { class: "rule-legend" }, make("span", {}, isRoot ? words.persons_of_whom : words.of_whom), mode),
      make("p", { class: "rule-fault desk-wrong", id: `${node.id}-fault`, hidden: true }),
      items.length ? make("ol", { class: "rule-list" }, ...items) : make("p", { class: "desk-small" }, words.empty_group),
      make(
        "div",
        { class: "desk-row" },
        button(words.add_condition, () => this.add(node, this.freshCondition()), { "data-add": "condition" }),
        button(words.add_group, () => this.add(node, group(node.mode === "all" ? "any" : "all", [this.freshCondition()])), { "data-add": "group" }),
        !isRoot && button(words.remove_group, () => this.remove(node), { class: "desk-button rule-remove" }),
      ),
    );
  }

  /** @param {Condition} node @param {number} number @returns {HTMLElement} */
  drawCondition(node, number) {
    const { vocabulary, words } = this;
    const kind = kindOf(node.rule);
    const redraw = () => {
      this.write();
      this.redraw(node, number);
    };
    const kinds = KINDS.filter((each) => each === kind || each.fresh(vocabulary)).map((each) => ({ value: each.key, label: words[`kind_${each.key}`] }));
    const chosen = choice(words.kind_of_condition, [...kinds, { value: "text", label: words.kind_text }], kind?.key ?? "text", (value) => {
      const other = KINDS.find((each) => each.key === value);
      if (other) node.rule = other.fresh(vocabulary) ?? node.rule;
      else node.rule = { text: node.rule };
      redraw();
    });
    const negation = choice(words.holds_or_not, [{ value: "", label: words.holds }, { value: "not", label: words.holds_not }], node.negated ? "not" : "", (value) => {
      node.negated = value === "not";
      this.write();
    });
    const pen = { vocabulary, write: () => this.write(), redraw };
    const fields = kind ? kind.fields(node.rule, pen) : [this.textField(node)];
    const label = words.condition.replace("%s", String(number));
    return make(
      "div",
      { class: "rule-condition", id: node.id, role: "group", "aria-label": label, "data-number": number },
      make("div", { class: "rule-fields" }, chosen, negation, ...fields),
      button("×", () => this.remove(node), { class: "rule-remove rule-cross", "aria-label": `${words.remove}: ${label}`, title: words.remove }),
      make("p", { class: "rule-fault desk-wrong", id: `${node.id}-fault`, hidden: true }),
    );
  }

  /** A condition that has no controls, as text. @param {Condition} node */
  textField(node) {
    const input = make("textarea", {
      class: "desk-input desk-mono",
      rows: 3,
      spellcheck: "false",
      "aria-label": this.words.kind_text,
      oninput: () => {
        try {
          node.rule = JSON.parse(input.value);
          input.removeAttribute("aria-invalid");
          this.write();
        } catch {
          input.setAttribute("aria-invalid", "true");
        }
      },
    });
    input.value = JSON.stringify(node.rule);
    return input;
  }

  /**
   * The controls of a condition anew, around the one that has the focus: it stays the same element, so that one can go
   * on typing in it.
   * @param {Condition} node @param {number} number
   */
  redraw(node, number) {
    const old = /** @type {HTMLElement} */ (document.getElementById(node.id));
    const drawn = this.drawCondition(node, number);
    const fields = /** @type {HTMLElement} */ (old.querySelector(".rule-fields"));
    const fresh = [...(drawn.querySelector(".rule-fields")?.children ?? [])];
    const kept = /** @type {Element} */ (document.activeElement);
    const at = [...fields.children].indexOf(kept);
    if (at < 0) {
      old.replaceWith(drawn);
      return;
    }
    for (const child of [...fields.children]) if (child !== kept) child.remove();
    kept.before(...fresh.slice(0, at));
    kept.after(...fresh.slice(at + 1));
  }

  freshCondition() {
    return condition(KINDS[0].fresh(this.vocabulary) ?? {});
  }

  /** @param {Group} into @param {RuleNode} node */
  add(into, node) {
    into.children.push(node);
    this.write();
    this.draw(node.id);
    this.say(node.group ? this.words.group_added : this.words.condition_added);
  }

  /** The focus goes to what stands before, or to the button that adds. @param {RuleNode} node */
  remove(node) {
    const parent = parentOf(this.root, node.id);
    if (!parent) return;
    const at = parent.children.indexOf(node);
    parent.children.splice(at, 1);
    this.write();
    const next = parent.children[Math.min(at, parent.children.length - 1)];
    this.draw(next?.id);
    const adding = `#${parent.id} > .desk-row > [data-add=condition]`;
    if (!next) /** @type {HTMLElement | null} */ (document.querySelector(adding))?.focus();
    this.say(this.words.removed);
  }

  /** Show faults at the conditions they are about. @param {{path: string, detail: string}[]} faults */
  mark(faults) {
    for (const element of this.outline.querySelectorAll(".rule-fault")) {
      element.textContent = "";
      /** @type {HTMLElement} */ (element).hidden = true;
      element.parentElement?.removeAttribute("aria-describedby");
      element.parentElement?.classList.remove("rule-wrong");
    }
    for (const { path, detail } of faults) {
      const id = nodeAt(this.root, path);
      const note = document.getElementById(`${id}-fault`);
      if (!note) continue;
      note.textContent = note.textContent ? `${note.textContent} ${detail}` : detail;
      note.hidden = false;
      note.parentElement?.setAttribute("aria-describedby", note.id);
      note.parentElement?.classList.add("rule-wrong");
    }
  }
}

/** Bring the builder of the page to life, if it has one. */
function begin() {
  const place = document.getElementById("rule-builder");
  const text = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("id_rule"));
  if (!place || !text) return;
  const data = (/** @type {string} */ id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
  const builder = new Builder(place, text, data("rule-vocabulary"));
  place.hidden = false;
  /** @type {HTMLDetailsElement} */ (document.getElementById("rule-as-text")).open = !builder.read();
  text.addEventListener("input", () => {
    builder.read();
  });
  const followFaults = () => builder.mark(data("rule-faults") ?? []);
  document.addEventListener("htmx:afterSettle", followFaults);
  followFaults();
  const examples = /** @type {HTMLSelectElement | null} */ (document.getElementById("rule-example"));
  examples?.addEventListener("change", () => {
    const chosen = data("rule-examples")[examples.value];
    examples.value = "";
    if (chosen) builder.take(chosen);
  });
}

begin();
