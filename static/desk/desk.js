// The few things of the admin's own pages that need a script: copying, the embed snippet, and logs that follow.
(() => {
  const copy = async (button) => {
    const source = button.dataset.copyFrom;
    const text = source ? document.querySelector(source).textContent : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    button.dataset.label ??= button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = button.dataset.label; }, 2000);
  };

  const embed = (form) => {
    const snippet = document.querySelector("[data-snippet]");
    const show = () => {
      for (const name of ["placement", "lang"]) {
        const value = form.elements[name].value.replace(/[^\w.-]/g, "");
        snippet.textContent = snippet.textContent.replace(new RegExp(`data-${name}="[^"]*"`), `data-${name}="${value}"`);
      }
      if (document.querySelector(`iframe[name="${form.target}"]`)) form.requestSubmit();
    };
    form.addEventListener("change", show);
    show();
  };

  const follow = (root) => {
    for (const log of root.querySelectorAll("[data-follow]")) log.scrollTop = log.scrollHeight;
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (button) copy(button);
  });
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-embed]").forEach(embed);
    follow(document);
  });
  document.addEventListener("htmx:afterSwap", () => follow(document));
})();
