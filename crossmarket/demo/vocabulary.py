"""How the demo world talks: title grammars, descriptions, comments, names of teachers and nicknames."""

import re

import numpy as np

from crossmarket.demo.title_grammar import MANNERS, TITLES, TO_PRACTISE
from crossmarket.demo.topics import Topic

AUDIENCES: dict[str, tuple[str, ...]] = {
    "编程开发": ("转行程序员", "在校学生", "后端工程师", "自学者", "技术主管"),
    "人工智能": ("算法新人", "产品经理", "在职工程师", "研究生", "非技术同学"),
    "投资理财": ("工薪族", "理财小白", "三十岁以后", "个体创业者", "财务新人"),
    "职场商业": ("职场新人", "中层管理者", "创业者", "运营同学", "自由职业者"),
    "外语学习": ("零基础学员", "上班族", "留学生", "大学生", "旅行爱好者"),
    "考试升学": ("在职考生", "应届生", "二战考生", "高三学生", "冲刺考生"),
    "历史哲学": ("历史爱好者", "普通读者", "年轻人", "通识课学生", "旅行者"),
    "文学写作": ("文学爱好者", "写作新手", "语文老师", "普通读者", "内容创作者"),
    "心理成长": ("敏感人群", "职场人", "咨询师", "年轻人", "高压人群"),
    "运动健康": ("久坐族", "运动新手", "中年人", "上班族", "健身爱好者"),
    "艺术设计": ("零基础学员", "设计新人", "手机用户", "业余爱好者", "美术老师"),
    "亲子家庭": ("新手爸妈", "忙碌的父母", "小学家长", "初中生家长", "全职妈妈"),
}

_OPENINGS = {
    "course": "这门课从{focus}讲起，依次走过{second}、{third}和{fourth}，把{topic}的主干连成一张图。",
    "audio": "每集十几分钟，用说话的方式讲{focus}，也会聊到{second}、{third}，适合路上听、睡前听。",
    "article": "本文围绕{focus}展开，对照{second}与{third}，给出可以直接照着做的思路和延伸阅读。",
    "video": "用画面和实例演示{focus}，每段只讲一个要点，并与{second}、{third}相互印证。",
    "live": "主讲老师在线讲解{focus}，现场回答关于{second}、{third}和{fourth}的提问，可以回看。",
}
_MIDDLES = (
    "{topic}里最容易混淆的是{focus}与{second}，这里用对比的办法一次说清。",
    "你会学到：{focus}的来龙去脉、{third}的常用方法，以及{fourth}的取舍。",
    "内容取自{teacher}多年的{topic}教学，案例都来自真实的{focus}场景。",
    "学完之后，再看{second}和{fourth}会轻松很多。",
)
_ENDINGS = {
    "beginner": "不需要基础，适合{audience}，跟着练习就能入门{category}。",
    "intermediate": "适合有一点{topic}基础的{audience}，每一节都配有练习和小结。",
    "advanced": "内容较深，适合想在{category}方向继续钻研的{audience}。",
}

COMMENTS: dict[str, tuple[str, ...]] = {
    "good": (
        "{focus}这部分讲得特别清楚，值了",
        "听了好几遍，每次都有收获",
        "终于弄懂{focus}了，谢谢老师",
        "节奏刚好，例子很贴近实际",
        "已经推荐给同事一起学",
        "{topic}的内容看过不少，这个最系统",
        "老师声音好听，逻辑也清楚",
        "干货很多，希望再出一期{focus}",
    ),
    "fair": (
        "整体不错，{focus}可以再深入一点",
        "前半段有点慢，后面渐入佳境",
        "内容可以，作业反馈希望快一些",
        "适合入门，有基础的可以跳着看",
        "{topic}部分够用，期待更新",
    ),
    "poor": (
        "和想象的不太一样，{focus}讲得太浅",
        "例子偏旧，跟不上现在的情况",
        "语速太快，听着有点累",
        "不太适合我，{topic}基础差的慎入",
    ),
}

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶余潘"
_GIVEN = "明文华晓静雨思佳子涵志远嘉欣怡然俊杰雅诗宁书航梓睿清扬若楠一鸣景行知秋云舒慧敏博安乐心怀瑾"
_NICKNAME_HEADS = (
    "爱学习的",
    "早起的",
    "慢慢走的",
    "路过的",
    "认真的",
    "好奇的",
    "不熬夜的",
    "喜欢下雨的",
    "今天也要",
    "",
)
_NICKNAME_TAILS = ("小鹿", "橘子", "阿树", "鲸鱼", "山竹", "团子", "北北", "麦子", "松果", "海盐", "豆浆", "拾光")

_BETWEEN_SCRIPTS = re.compile(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u4e00-\u9fff])")


def spaced(text: str) -> str:
    """Put a space between Chinese and Latin or digits, as Chinese typesetting does."""
    return _BETWEEN_SCRIPTS.sub(" ", text)


def pick(rng: np.random.Generator, choices: tuple[str, ...] | str) -> str:
    """One of the choices, all equally likely."""
    return choices[int(rng.integers(len(choices)))]


def teacher_name(rng: np.random.Generator) -> str:
    """A plausible Chinese full name from common surnames and given-name characters."""
    given = pick(rng, _GIVEN)
    if rng.random() < 0.7:
        given += pick(rng, _GIVEN)
    return pick(rng, _SURNAMES) + given


def nickname(rng: np.random.Generator) -> str:
    """A nickname as people choose them on learning platforms."""
    tail = pick(rng, _NICKNAME_TAILS)
    number = str(int(rng.integers(1, 100))) if rng.random() < 0.4 else ""
    return pick(rng, _NICKNAME_HEADS) + tail + number


def course_title(rng: np.random.Generator, kind: str, category: str, topic: Topic, focus: str, teacher: str) -> str:
    """A course title in the grammar of its kind and of how its category is learned."""
    pattern = pick(rng, TITLES[kind, MANNERS.get(category, TO_PRACTISE)])
    others = tuple(other for other in topic.focuses if other != focus)
    title = pattern.format(
        focus=focus,
        other=pick(rng, others),
        topic=topic.name,
        teacher=teacher,
        audience=pick(rng, AUDIENCES[category]),
        few=pick(rng, "三四五六七八九"),
        many=pick(rng, ("十", "十二", "十五", "二十", "二十一", "三十")),
    )
    return spaced(title)


def course_text(
    rng: np.random.Generator,
    kind: str,
    category: str,
    topic: Topic,
    focus: str,
    teacher: str,
    difficulty: str,
) -> str:
    """A description of three sentences made from the words of the topic."""
    others = [topic.focuses[index] for index in rng.permutation(len(topic.focuses))]
    others.remove(focus)
    words = dict(
        focus=focus,
        second=others[0],
        third=others[1],
        fourth=others[2],
        topic=topic.name,
        category=category,
        teacher=teacher,
        audience=pick(rng, AUDIENCES[category]),
    )
    sentences = (_OPENINGS[kind], pick(rng, _MIDDLES), _ENDINGS[difficulty])
    return spaced("".join(sentence.format(**words) for sentence in sentences))


def comment_text(rng: np.random.Generator, mood: str, topic: Topic) -> str:
    """A short comment in the given mood: good, fair or poor."""
    return spaced(pick(rng, COMMENTS[mood]).format(focus=pick(rng, topic.focuses), topic=topic.name))
