/** Computes all draws of a lottery again in the browser; the same as `verify_draws.py`. */

/**
 * @typedef {{number: number, entrant: string, turn: number, nonce: string, day: string, table: [number, number][],
 *   prize: number, previous: string, hash: string}} Draw
 * @typedef {{key: number, weight: number, stock: number?, a_day: number?, a_person: number?, points: number}} Prize
 * @typedef {{campaign: string, commitment: string, nothing_weight: number, prizes: Prize[], guarantee_after: number?,
 *   guaranteed: number, points_budget: number?}} Terms
 * @typedef {{commitment: string, seed: string?, terms: string, draws: number, head: string, results: Draw[],
 *   next: string?}} Proof
 */

/** @param {ArrayBuffer} bytes */
const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
const bytesOf = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** @param {string | BufferSource} data */
async function sha256(data) {
  return hex(await crypto.subtle.digest("SHA-256", typeof data === "string" ? new TextEncoder().encode(data) : data));
}

/** @param {Draw} draw */
function record(draw) {
  const table = draw.table.map(([key, weight]) => `${key}:${weight}`).join(",");
  return [draw.number, draw.entrant, draw.turn, draw.nonce, draw.day, table, draw.prize, draw.previous].join("|");
}

/** @param {Map<any, number>} map @param {any} key */
const count = (map, key) => map.get(key) ?? 0;

/** What the draws before have given. */
class Before {
  given = new Map();
  today = new Map();
  own = new Map();
  turns = new Map();
  misses = new Map();
  points = 0;

  /** @param {Terms} terms @param {Draw} draw @returns {[number, number][]} */
  table(terms, draw) {
    const left = new Map(terms.prizes.map((prize) => [prize.key, this.isLeft(terms, prize, draw)]));
    const due = terms.guarantee_after !== null && count(this.misses, draw.entrant) >= terms.guarantee_after - 1;
    if (due && left.get(terms.guaranteed)) return [[terms.guaranteed, 1]];
    const lost = terms.prizes.reduce((sum, prize) => sum + (left.get(prize.key) ? 0 : prize.weight), 0);
    const open = terms.prizes.filter((prize) => left.get(prize.key) && prize.weight);
    return [[0, terms.nothing_weight + lost], ...open.map((prize) => /** @type {[number, number]} */ ([prize.key, prize.weight]))];
  }

  /** @param {Terms} terms @param {Prize} prize @param {Draw} draw */
  isLeft(terms, prize, draw) {
    const fits = (/** @type {number?} */ limit, /** @type {number} */ won) => limit === null || won < limit;
    return (
      fits(prize.stock, count(this.given, prize.key)) &&
      fits(prize.a_day, count(this.today, `${draw.day} ${prize.key}`)) &&
      fits(prize.a_person, count(this.own, `${draw.entrant} ${prize.key}`)) &&
      (terms.points_budget === null || this.points + prize.points <= terms.points_budget)
    );
  }

  /** @param {Terms} terms @param {Draw} draw */
  add(terms, draw) {
    const { entrant, prize } = draw;
    this.turns.set(entrant, draw.turn);
    this.misses.set(entrant, prize ? 0 : count(this.misses, entrant) + 1);
    if (!prize) return;
    this.given.set(prize, count(this.given, prize) + 1);
    for (const [map, name] of [[this.today, `${draw.day} ${prize}`], [this.own, `${entrant} ${prize}`]]) {
      /** @type {Map<any, number>} */ (map).set(name, count(/** @type {Map<any, number>} */ (map), name) + 1);
    }
    this.points += terms.prizes.find((each) => each.key === prize)?.points ?? 0;
  }
}

/** @param {[number, number][]} table @param {bigint} number */
function pick(table, number) {
  let place = (number * BigInt(table.reduce((sum, [, weight]) => sum + weight, 0))) >> 128n;
  for (const [key, weight] of table) {
    if (place < BigInt(weight)) return key;
    place -= BigInt(weight);
  }
  return null;
}

/**
 * What is wrong, in words; nothing where all is right.
 * @param {Proof} proof
 * @returns {Promise<string[]>}
 */
export async function verify(proof) {
  /** @type {string[]} */
  const faults = [];
  /** @type {Terms} */
  const terms = JSON.parse(proof.terms);
  const seed = proof.seed ? bytesOf(proof.seed) : null;
  if (seed && ((await sha256(seed)) !== proof.commitment || proof.commitment !== terms.commitment)) {
    faults.push("The seed is not the one that was promised.");
  }
  const key = seed && (await crypto.subtle.importKey("raw", seed, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]));
  let previous = await sha256(proof.terms);
  const before = new Before();
  for (const [place, draw] of proof.results.entries()) {
    const fault = (/** @type {string} */ words) => faults.push(`${place + 1}: ${words}`);
    if (draw.number !== place + 1) fault(`has the number ${draw.number}`);
    if (draw.previous !== previous || draw.hash !== (await sha256(record(draw)))) fault("was changed, or moved");
    if (draw.turn !== count(before.turns, draw.entrant) + 1) fault("a turn is missing");
    if (JSON.stringify(draw.table) !== JSON.stringify(before.table(terms, draw))) fault("another table of prizes");
    if (key) {
      const message = `${terms.campaign}|${draw.entrant}|${draw.turn}|${draw.nonce}`;
      const digest = hex(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(message)));
      if (pick(draw.table, BigInt(`0x${digest.slice(0, 32)}`)) !== draw.prize) fault("another prize than the seed says");
    }
    before.add(terms, draw);
    previous = draw.hash;
  }
  if (proof.results.length !== proof.draws || previous !== proof.head) faults.push("Draws are missing at the end.");
  return faults;
}

/** @param {string} address @returns {Promise<Proof>} */
async function load(address) {
  /** @type {Proof | null} */
  let whole = null;
  for (let next = /** @type {string?} */ (address); next; ) {
    /** @type {Proof} */
    const page = await (await fetch(next)).json();
    if (whole) whole.results.push(...page.results);
    else whole = page;
    next = page.next && new URL(page.next).pathname + new URL(page.next).search;
  }
  return /** @type {Proof} */ (whole);
}

/** @param {HTMLElement} box */
async function check(box) {
  const result = /** @type {HTMLElement} */ (box.querySelector("[data-result]"));
  const list = /** @type {HTMLElement} */ (box.querySelector("[data-faults]"));
  const proof = await load(box.dataset.verify ?? "");
  const faults = await verify(proof);
  const words = faults.length ? box.dataset.bad : proof.seed ? box.dataset.good : box.dataset.open;
  result.textContent = `${words} ${box.dataset.count} ${proof.results.length}`;
  list.replaceChildren(...faults.slice(0, 100).map((fault) => Object.assign(document.createElement("li"), { textContent: fault })));
}

for (const element of document.querySelectorAll("[data-verify]")) {
  const box = /** @type {HTMLElement} */ (element);
  box.querySelector("button")?.addEventListener("click", () => check(box));
}
