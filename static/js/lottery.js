/** Random letters of the visitor's own go into each draw, so that nobody could have chosen it before. */

/** @returns {string} 22 letters and digits from the browser's source of randomness */
function newNonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fill() {
  for (const input of document.querySelectorAll("[data-nonce]")) /** @type {HTMLInputElement} */ (input).value = newNonce();
}

fill();
document.addEventListener("htmx:afterSettle", fill);
