/** What every kind of widget has around it: its attributes, the API, and the page that is told of things. */
class Frame {
  /** Where the API answers; by default beside this script. */
  api = ownApi;

  #host;
  #expiredToken = "";

  /** @param {HTMLElement} host */
  constructor(host) {
    this.#host = host;
  }

  /** @returns {"zh" | "en"} */
  get language() {
    const nearest = this.#host.closest("[lang]")?.getAttribute("lang") || navigator.language || "zh";
    return nearest.toLowerCase().startsWith("zh") ? "zh" : "en";
  }

  get placement() {
    return this.#host.getAttribute("placement") || "home";
  }

  get limit() {
    return Math.min(Math.max(parseInt(this.#host.getAttribute("limit") ?? "", 10) || 6, 1), 50);
  }

  /** The user token, unless the server has refused it already. */
  get token() {
    const token = this.#host.getAttribute("user-token") || "";
    return token === this.#expiredToken ? "" : token;
  }

  /** The platform's id of who is looking; empty for anonymous visitors. */
  get person() {
    return claims(this.token).sub || "";
  }

  /** @param {string} what @param {object} detail @returns {boolean} whether nobody prevented the default */
  tell(what, detail) {
    return this.#host.dispatchEvent(
      new CustomEvent(`crossmarket:${what}`, { detail, bubbles: true, composed: true, cancelable: what === "click" }),
    );
  }

  /** Ask for the person; as an anonymous visitor when their token is good no longer. @param {string} path @param {Record<string, string>} query */
  async get(path, query) {
    const address = `${path}?${new URLSearchParams({ ...query, lang: this.language })}`;
    const token = this.token;
    try {
      return await this.#call(address, token);
    } catch (error) {
      if (!this.#isExpired(error, token)) throw error;
      return this.#call(address, "");
    }
  }

  /** Send what the person does; `keepalive` also while the page is left. @param {string} path @param {object} body */
  async post(path, body, keepalive = false) {
    const token = this.token;
    try {
      return await this.#call(path, token, { method: "POST", keepalive, body: JSON.stringify(body) });
    } catch (error) {
      this.#isExpired(error, token);
      throw error;
    }
  }

  /** The page is told once of each token that is good no longer. @param {Refused} error @param {string} token */
  #isExpired(error, token) {
    if (!isRefusedToken(error)) return false;
    if (this.#expiredToken !== token) {
      this.#expiredToken = token;
      this.tell("token-expired", {});
    }
    return true;
  }

  /** @param {string} path @param {string} token @param {RequestInit} [options] */
  async #call(path, token, options) {
    const headers = { Authorization: `Bearer ${this.#host.getAttribute("key") || ""}` };
    if (token) headers["X-User-Token"] = token;
    if (options) headers["Content-Type"] = "application/json";
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
    try {
      const settings = { credentials: "omit", cache: "no-store", signal: patience.signal, ...options, headers };
      const response = await fetch(this.api + path, settings);
      const body = await response.json();
      if (response.ok) return body;
      throw new Refused(response.status, body.code, body.detail);
    } catch (error) {
      throw error instanceof Refused ? error : new Refused(0, "unreachable", `${this.api} gave no answer (${error}).`);
    } finally {
      clearTimeout(timer);
    }
  }
}
