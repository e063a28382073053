/**
 * The CrossMarket widget: recommendations or coupons in a page of yours, by one line where they shall stand:
 *
 *   <script async src="https://HOST/widget/v1.js" data-key="pk_…" data-user-token="…" data-placement="home" data-lang="zh"></script>
 *
 * The same as an element, once the script is on the page:
 *
 *   <crossmarket-widget key="pk_…" user-token="…" placement="home" lang="zh"></crossmarket-widget>
 *
 * Further attributes: widget (recommendations, offers, checkin, lottery), limit (6), heading (a text; empty for none), theme (auto: as the page's color-scheme, light, dark).
 * Looks: the custom properties --crossmarket-accent, -background, -surface, -text, -muted, -border, -radius, -gap, -font
 * and -margin, and ::part(heading | list | card | cover | title | price | reason | message | retry |
 * code | claim | copy).
 * Events, all bubbling: crossmarket:loaded {recommendationId, items} or {offers}, crossmarket:claimed {batchId, code}, crossmarket:checked-in {campaignId, day, streak}, crossmarket:drawn {campaignId, prize, proof}, crossmarket:error {status, code, detail},
 * crossmarket:sent {type, itemIds}, crossmarket:click {recommendationId, item} (preventDefault keeps the browser on the
 * page) and crossmarket:token-expired: answer it by setting `user-token` anew; until then the visitor is anonymous.
 */
