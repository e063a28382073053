/** What pages do beyond links, forms and htmx: copy a code, count down, ask before leaving, say that something failed. */

/**
 * Copy the text of the element that `data-copy` names and say so on the button for a moment.
 * @param {HTMLElement} button
 */
async function copyText(button) {
  const source = document.getElementById(button.dataset.copy ?? "");
  const label = button.querySelector("span");
  if (!source || !label) return;
  try {
    await navigator.clipboard.writeText(source.textContent?.trim() ?? "");
  } catch {
    getSelection()?.selectAllChildren(source);
    return;
  }
  const words = label.textContent;
  label.textContent = button.dataset.copied ?? "";
  setTimeout(() => (label.textContent = words), 2000);
}

/**
 * Show a password as it is typed, or hide it again.
 * @param {HTMLElement} button
 */
function toggleReveal(button) {
  const input = /** @type {HTMLInputElement | null} */ (document.getElementById(button.dataset.reveal ?? ""));
  if (!input) return;
  const shows = input.type === "password";
  input.type = shows ? "text" : "password";
  button.setAttribute("aria-pressed", String(shows));
  [button.textContent, button.dataset.hide] = [button.dataset.hide ?? "", button.textContent ?? ""];
}

/**
 * Show how long something is still good, as m:ss, in every element with `data-until` (an ISO time).
 */
function countDown() {
  for (const element of document.querySelectorAll("[data-until]")) {
    const clock = /** @type {HTMLElement} */ (element);
    const seconds = Math.floor((Date.parse(clock.dataset.until ?? "") - Date.now()) / 1000);
    clock.textContent =
      seconds > 0 ? `(${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")})` : (clock.dataset.over ?? "");
  }
}

/**
 * Say that a part of the page could not be loaded, and stop saying it after a while.
 */
function sayTrouble() {
  const box = document.getElementById("trouble");
  if (!box) return;
  box.textContent = box.dataset.text ?? "";
  box.hidden = false;
  setTimeout(() => (box.hidden = true), 8000);
}

document.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const button = /** @type {HTMLElement | null} */ (target.closest("[data-copy]"));
  if (button) copyText(button);
  const revealer = /** @type {HTMLElement | null} */ (target.closest("[data-reveal]"));
  if (revealer) toggleReveal(revealer);
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(target)) menu.removeAttribute("open");
  }
});

document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details.menu[open]");
  if (event.key !== "Escape" || !menu) return;
  menu.removeAttribute("open");
  menu.querySelector("summary")?.focus();
});

document.addEventListener("submit", (event) => {
  const question = /** @type {HTMLElement} */ (event.target).dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

document.addEventListener("htmx:responseError", sayTrouble);
document.addEventListener("htmx:sendError", sayTrouble);
for (const button of document.querySelectorAll("[data-reveal]")) /** @type {HTMLElement} */ (button).hidden = false;
setInterval(countDown, 1000);
