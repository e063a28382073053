"""The tastes that are planted: groups of people who come to the same shelves for different subjects."""

import numpy as np

from crossmarket.demo.topics import TOPICS

CLUSTERS: dict[str, str] = {
    "engineers": "Java 后端 4、数据库 3、系统运维 3、网络安全 2、机器学习 3、深度学习 2、推荐系统 2、计算机等级 1",
    "app makers": "前端开发 4、移动开发 3、Python 编程 2、大模型应用 3、AI 绘画与视频 3、数据分析 2、界面设计 2、产品经理 1",
    "graduates": "考研 4、公务员考试 4、教师资格证 2、法律职业 2、财会证书 2、雅思托福 3、英语阅读写作 3、求职面试 1",
    "pupils": "高中数学 5、高中理化 5、计算机等级 1、英语口语 3、日语 3、韩语 2、科幻与推理 1、算法与数据结构 1",
    "classicists": "中国古代史 4、考古与文物 3、中国哲学 3、艺术史 2、古典诗词 4、古典小说 3、书法手工 2、中医养生 1",
    "moderns": "西方哲学 4、社会学 3、世界史 2、近现代史 2、外国文学 3、现代文学 3、科幻与推理 3、社会心理 1",
    "climbers": "沟通表达 4、项目管理 3、领导力 3、办公效率 3、会计与税务 3、创业融资 2、金融科技 1、习惯养成 1",
    "investors": "基金投资 5、股票入门 4、家庭理财 3、宏观经济 3、市场营销 3、销售谈判 3、消费与行为 1、近现代史 1",
    "new parents": "孕产育儿 5、早期教育 4、家务与生活 2、营养饮食 2、睡眠 2、亲密关系 2、发展心理 2、儿童文学 1",
    "school parents": "小学学习 4、青春期沟通 4、少儿编程 3、科学启蒙 2、家庭关系 2、情绪管理 2、儿童文学 2、常见病科普 1",
    "athletes": "跑步 5、力量训练 4、户外与球类 4、习惯养成 3、认知心理 2、摄影 2、影视剪辑 1、音乐 1",
    "calm ones": "瑜伽普拉提 4、中医养生 4、正念冥想 4、心理咨询 3、情绪管理 2、绘画 2、音乐 2、睡眠 2",
}
"""The groups and how strongly each is drawn to which topic. Most shelves serve two groups or three, who come to them
for different topics: how much somebody looks at a category does not tell the group, the topics do."""

ELSEWHERE = 0.01
"""How strongly each group is drawn to every other topic."""
OWN_LIKING = 1.5
"""The shape of everyone's own liking of each topic (gamma, mean 1): the smaller, the more people differ in a group."""
SECOND_SHARE = 0.2
"""One person in five has so much of a second group's taste."""


def topic_weights() -> np.ndarray:
    """How strongly each group is drawn to each topic, shape (groups, topics)."""
    number = {topic.name: at for at, topic in enumerate(TOPICS)}
    weights = np.full((len(CLUSTERS), len(TOPICS)), ELSEWHERE)
    for row, words in zip(weights, CLUSTERS.values(), strict=True):
        for word in words.split("、"):
            name, _space, weight = word.rpartition(" ")
            row[number[name]] = float(weight)
    return weights


def draw_tastes(rng: np.random.Generator, cluster: np.ndarray) -> np.ndarray:
    """Topic tastes of people of these groups, shape (people, topics), rows adding up to 1.

    The group's taste, with a second group's for one person in five, and everyone's own liking.
    """
    by_topic = topic_weights()
    second_share = np.where(rng.random(len(cluster)) < 0.2, SECOND_SHARE, 0.0)[:, None]
    second = rng.integers(len(CLUSTERS), size=len(cluster))
    shared = (1.0 - second_share) * by_topic[cluster] + second_share * by_topic[second]
    own = shared * rng.gamma(OWN_LIKING, 1.0 / OWN_LIKING, shared.shape) + 0.001
    return (own / own.sum(axis=1, keepdims=True)).astype(np.float32)
