"""What the demo sites say, in Chinese and English."""

LANGUAGES = {"zh": "中文", "en": "English"}

TAGLINES = {
    "xuehai": ("系统学一门真本事", "Learn something properly"),
    "tingdao": ("通勤路上，听懂一件事", "Understand one thing on your way"),
}

_WORDS = {
    "about": (
        "演示站点：它是 CrossMarket 的合作平台，只用公开的接口与密钥和 CrossMarket 对话。",
        "A demo: this site is a partner of CrossMarket and talks to it through the public API only.",
    ),
    "all": ("全部", "All"),
    "anonymous": ("未登录，什么也不会上报。", "Not signed in: nothing is reported."),
    "answer": ("回答", "Answer"),
    "back": ("全部课程", "All courses"),
    "bought": ("已购买，并告诉了 CrossMarket。", "Bought, and CrossMarket was told."),
    "browser": ("浏览器里的组件", "The widget in the browser"),
    "buy": ("购买", "Buy"),
    "categories": ("分类", "Categories"),
    "check": ("试算", "Check"),
    "claim": ("领取并使用", "Claim and use"),
    "codes": ("优惠券码（多张用空格分开）", "Coupon codes (with spaces between several)"),
    "coupons": ("优惠券", "Coupons"),
    "courses": ("课程", "Courses"),
    "discount": ("优惠", "Discount"),
    "drop": ("放弃订单", "Drop the order"),
    "dropped": ("订单已放弃，占用的优惠券已退回。", "The order is dropped, and its coupons are given back."),
    "free": ("免费", "Free"),
    "full_price": ("不用券，原价支付", "Pay in full, without coupons"),
    "home": ("首页", "Home"),
    "language": ("语言", "Language"),
    "like": ("喜欢", "Like"),
    "liked": ("已标记喜欢，并告诉了 CrossMarket。", "Liked, and CrossMarket was told."),
    "list_price": ("原价", "List price"),
    "missing": ("这里没有这门课。", "There is no such course here."),
    "next": ("下一页", "Next"),
    "not_usable": ("不可用", "Not usable"),
    "nothing": ("还没有发送过什么。打开一门课试试。", "Nothing was sent yet. Open a course."),
    "order": ("确认订单", "Your order"),
    "other_site": ("去看", "Go to"),
    "panel": ("发给 CrossMarket 的内容", "What went to CrossMarket"),
    "pay": ("支付", "Pay"),
    "previous": ("上一页", "Previous"),
    "reserve": ("用券下单", "Order with these coupons"),
    "reserved": ("优惠券已为这笔订单保留 15 分钟。", "The coupons are set aside for this order for 15 minutes."),
    "sent": ("发送", "Sent"),
    "server": ("本站服务器", "This site's server"),
    "signed_in_as": ("当前身份", "Signed in as"),
    "start": ("免费学习", "Start for free"),
    "teacher": ("讲师", "Teacher"),
    "to_course": ("回到课程", "Back to the course"),
    "to_pay": ("应付", "To pay"),
    "use": ("使用", "Use"),
    "visitor": ("游客", "Visitor"),
    "why_apart": (
        "在两个平台都有账号，但不同意合并：在一边的点击不会影响另一边。",
        "Has accounts on both platforms but keeps them apart: a click here changes nothing there.",
    ),
    "why_joined": (
        "已关联两个平台并同意合并：在这里点开一门课，另一个平台的推荐下一次就会变化。",
        "Has joined both platforms: open a course here, and the list on the other one changes at its next view.",
    ),
    "why_visitor": ("没有登录：看到的是大家都在学的。", "Not signed in: sees what everyone is learning."),
}

_KINDS = {
    "article": ("文章", "Article"),
    "audio": ("音频", "Audio"),
    "course": ("课程", "Course"),
    "live": ("直播", "Live"),
    "video": ("视频", "Video"),
}


def words(language: str) -> dict[str, str]:
    """Everything a page says, by name; `language` is zh or en."""
    return {name: _chosen(pair, language) for name, pair in _WORDS.items()}


def kind_name(kind: str, language: str) -> str:
    """What a kind of course is called."""
    return _chosen(_KINDS[kind], language) if kind in _KINDS else kind


def tagline(slug: str, language: str) -> str:
    """What the site says of itself."""
    return _chosen(TAGLINES.get(slug, ("", "")), language)


def best_language(cookie: str, accepted: str) -> str:
    """The visitor's choice, else what the browser prefers, else Chinese."""
    if cookie in LANGUAGES:
        return cookie
    return "en" if accepted.lower().lstrip().startswith("en") else "zh"


def _chosen(pair: tuple[str, str], language: str) -> str:
    return pair[1] if language == "en" else pair[0]
