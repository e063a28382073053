if (!customElements.get(TAG)) customElements.define(TAG, CrossMarketWidget);

/** The snippet: put a widget where the script stands. */
if (document.currentScript?.dataset.key) {
  const widget = document.createElement(TAG);
  widget.api = ownApi;
  for (const attribute of ATTRIBUTES) {
    if (script.hasAttribute(`data-${attribute}`)) widget.setAttribute(attribute, script.getAttribute(`data-${attribute}`));
  }
  script.after(widget);
  if (script.closest("head")) console.warn("CrossMarket: the script stands in <head>; put it where the widget shall be.");
}
