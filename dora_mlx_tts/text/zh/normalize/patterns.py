"""Pieces of regular expressions that several rules of normalization share.

Every repetition is bounded, so no rule can take more than linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

Reader = Callable[[re.Match[str]], str | None]
"""Writes a match out, or leaves it alone with None."""


class Rule(NamedTuple):
    """What is found, how it is written out, and characters without which nothing is found."""

    pattern: re.Pattern[str]
    read: Reader
    needs: str = ""


FIGURES = "0123456789"
START = r"(?<![0-9A-Za-z.])"
"""A number begins here."""
NUMBER = r"[0-9]{1,16}(?:\.[0-9]{1,40})?"
SIGN = r"(?:(?<![0-9A-Za-z)])[-\u2212])?"
"""A minus that belongs to the number after it."""
CLAUSE_MARK = re.compile("[，。；！？,;!?]")
"""What ends a clause or a sentence."""
HAN = r"[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]"

_MEASURES = """
个 位 名 人 只 隻 条 张 件 本 册 篇 章 节 段 句 首 幅 部 台 辆 架 艘 列 栋 座 间
套 层 楼 家 户 口 头 匹 群 对 双 副 份 样 种 类 批 组 排 行 队 班 届 期 项 门 次
遍 趟 回 场 顿 轮 步 下 声 把 支 枝 根 颗 粒 块 片 朵 棵 株 束 盆 瓶 杯 碗 盘 盒
箱 袋 包 桶 罐 壶 锅 勺 滴 团 堆 串 枚 元 角 毛 分 厘 美元 欧元 英镑 日元 港元 港币
韩元 卢布 人民币 泰铢 卢比 比索 瑞郎 法郎 加元 澳元 新元 台币 新台币 越南盾 美金 美刀 美分 岁 年 周年 个月 月 周 星期 天 日 夜 小时 时 刻钟 分钟 秒钟 秒 毫秒 点
世纪 年代 季度 学期 米 千米 公里 里 英里 海里 厘米 毫米 微米 纳米 英尺 英寸 尺 寸 丈 克
千克 公斤 斤 吨 毫克 磅 升 毫升 立方米 平方米 平方公里 平米 平 亩 公顷 度 摄氏度 华氏度
瓦 千瓦 伏 安 赫兹 兆 字节 比特 像素 分贝 卡 千卡 焦耳 帕 倍 成 折 级 等 档 页 字 集
票 股 桌 席 笔 单 手 拳 道 封 则 枪 炮 发 圈 局 名额 代 世 战 胜 负 连 篓 捆 卷 匙
处 晚 筐 缸 阵 剂 服 帖 幢 顶 扇 面 杆 管 尊 味 款 题 课 关 招 站 号 区 环 床 强
瓣 茶匙 汤匙 大匙 小匙 汤勺 茶勺 量杯 调羹 撮 绺 沓 叠 摞 筒 坛 屉 笼 碟 盅 盏 樽 炉 加仑 品脱 夸脱 盎司 克拉 桩 拨 伙 胎 尾 孔 帧 格 栏
堂 宗 注 梯 贴 丸 针 坪 顷 光年 人次 人份 番 路口 车道 声道 周岁 刻 拍 卡路里 大卡 马力 牛顿 英亩 立方厘米 平方厘米 平方英里 平方英尺 立方英尺
亿 万 千 百 十 余 多 几
"""
_LONGEST_FIRST = sorted(re.findall("[^ \n]+", _MEASURES), key=len, reverse=True)
_OTHER_WORDS = """
处理 处方 处罚 处于 处分 处长 处置 处境 处女 处所 晚上 晚会 晚饭 晚餐 晚间 晚报 晚点 晚年 晚期 晚高峰 家庭 家用 家电 家长 家具 手机 手柄 手表 分析 分辨率 行业 集合 集团 点击 成本 成功 成立 成为 卡片 关闭 关于 号码
角度 折叠 度假 代码 对比 对应 对方 发布 发现 发来 发出 发起 发给 发行 发生 发表 发展 发送 升级 回复 根据 区域 环境 世界 题目 课程 服务 连接 头部
排名 排序 级别 组合 组件 场景 本地 台式 台风 元素 元件 期货 股票 股份 股东 口令 口味 面积 面板 段落 间隔 克隆 毛利 章节 代理 代表 只要 只有 只能 只需 只是 只限 只会 只支持 只剩 只用 只卖 位于 位列 名为 名列 次日 部分 部署 部门 台湾 条件 条款 本身 本来
首班 首发 首批 首页 首先 首次 首款 首播 分别 分享 分为 分成 级联 格式 格外 栏目 拍照 拍摄 刻录 拨打 拨号 针对 孔子 伙伴 贴士 贴膜 贴图
元旦 元宵 平安 平台 平均 平时 平常 平局 平手 等于 等等 等待 等候 注意 注册 注释 注明 注射 注入 注视 注重 注销 注定 梯队 梯形 梯子 梯田 梯度
"""
MEASURE = f"(?!(?:{'|'.join(_OTHER_WORDS.split())}))(?:{'|'.join(_LONGEST_FIRST)}|两(?![个张只条家种名位年天次件本部台块款份间层座所支把场届]))"
"""What is counted: measure words, units in Hanzi, and 万, 多, 几 behind a number. A word that only begins
with one (方案2成本) counts nothing."""
MORE = rf"\+(?=[ ]?(?:{MEASURE}|[，。；、）)！？,.;!?”\"」』的]|左右|上下|以[上下]|不等|起|$))"
"""A plus that says that it is more, and adds nothing to what follows: 100+, 8k+."""
