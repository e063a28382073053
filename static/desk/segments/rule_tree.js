// A rule as a tree that can be edited, made from its JSON and turned back into it.

/** @typedef {"all" | "any" | "none" | "not_all"} Mode */
/** @typedef {{group: true, id: string, mode: Mode, children: RuleNode[]}} Group */
/** @typedef {{group: false, id: string, negated: boolean, rule: Record<string, any>}} Condition */
/** @typedef {Group | Condition} RuleNode */

let made = 0;

/** @param {Mode} mode @param {RuleNode[]} children @returns {Group} */
export function group(mode, children) {
  return { group: true, id: `rule-${++made}`, mode, children };
}

/** @param {Record<string, any>} rule @param {boolean} [negated] @returns {Condition} */
export function condition(rule, negated = false) {
  return { group: false, id: `rule-${++made}`, negated, rule };
}

/** The tree of a rule, always with a group at its root. @param {any} rule @returns {Group} */
export function treeOf(rule) {
  const node = nodeOf(rule);
  return node.group ? node : group("all", [node]);
}

/** @param {any} rule @returns {RuleNode} */
function nodeOf(rule) {
  const [key, inside] = onlyMember(rule);
  if ((key === "all" || key === "any") && Array.isArray(inside)) return group(key, inside.map(nodeOf));
  if (key !== "not") return condition(isObject(rule) ? rule : { text: rule });
  const [innerKey, innermost] = onlyMember(inside);
  if (innerKey === "any" && Array.isArray(innermost)) return group("none", innermost.map(nodeOf));
  if (innerKey === "all" && Array.isArray(innermost)) return group("not_all", innermost.map(nodeOf));
  if (innerKey === "not") return nodeOf(innermost);
  return isObject(inside) ? condition(inside, true) : condition(rule);
}

/** The JSON of a tree. @param {RuleNode} node @returns {Record<string, any>} */
export function ruleOf(node) {
  if (!node.group) return node.negated ? { not: node.rule } : node.rule;
  const children = node.children.map(ruleOf);
  if (node.mode === "none") return { not: { any: children } };
  if (node.mode === "not_all") return { not: { all: children } };
  return { [node.mode]: children };
}

/**
 * Where each node stands in the JSON, as JSON pointers: the outermost pointer of each.
 * @param {RuleNode} node @param {string} [path] @returns {Map<string, string>} by id
 */
export function pathsOf(node, path = "") {
  const paths = new Map([[node.id, path]]);
  if (!node.group) return paths;
  const inside = { all: "/all", any: "/any", none: "/not/any", not_all: "/not/all" }[node.mode];
  node.children.forEach((child, at) => {
    for (const [id, found] of pathsOf(child, `${path}${inside}/${at}`)) paths.set(id, found);
  });
  return paths;
}

/**
 * The node that a path of the JSON leads to or into: the deepest one.
 * @param {RuleNode} root @param {string} path @returns {string} its id
 */
export function nodeAt(root, path) {
  let best = [root.id, -1];
  for (const [id, own] of pathsOf(root)) {
    if ((path === own || path.startsWith(`${own}/`)) && own.length > best[1]) best = [id, own.length];
  }
  return /** @type {string} */ (best[0]);
}

/** The group that holds a node, or null for the root. @param {Group} root @param {string} id @returns {Group | null} */
export function parentOf(root, id) {
  for (const child of root.children) {
    if (child.id === id) return root;
    const found = child.group ? parentOf(child, id) : null;
    if (found) return found;
  }
  return null;
}

/** @param {any} value @returns {[string, any]} */
function onlyMember(value) {
  const members = isObject(value) ? Object.entries(value) : [];
  return members.length === 1 ? members[0] : ["", null];
}

/** @param {any} value */
function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
