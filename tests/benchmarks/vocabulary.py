"""The vocabulary of the generated texts: words and sentence patterns of court news, written by
hand.

An entry may name other tables in brackets: ``[place]``. The first entries of a table are the most
frequent ones, because ``corpus.py`` chooses the entries by Zipf's law. The names of places and
persons are combined from syllables and do not refer to real places or people.
"""

# Tables of words, which are separated by spaces.

WORDS = {
    "cause": """
        民间借贷纠纷 离婚纠纷 买卖合同纠纷 机动车交通事故责任纠纷 物业服务合同纠纷 劳动争议
        金融借款合同纠纷 房屋租赁合同纠纷 抚养费纠纷 赡养纠纷 邻里相邻权纠纷 土地承包经营权纠纷
        建设工程施工合同纠纷 健康权纠纷 继承纠纷 信用卡纠纷 追索劳动报酬纠纷 供用热力合同纠纷
        承揽合同纠纷 保证保险合同纠纷 名誉权纠纷 网络购物合同纠纷 产品责任纠纷 医疗损害责任纠纷
        教育培训合同纠纷 农资买卖纠纷 林权纠纷 变更抚养关系纠纷 探望权纠纷 不当得利纠纷
        执行异议之诉 股权转让纠纷 运输合同纠纷 饲养动物损害责任纠纷 高空抛物损害责任纠纷
        定金合同纠纷 仓储合同纠纷 委托合同纠纷 旅游合同纠纷 遗赠扶养协议纠纷 彩礼返还纠纷
        婚约财产纠纷 隐私权纠纷 合伙协议纠纷""",
    "crime": """
        危险驾驶罪 盗窃罪 诈骗罪 故意伤害罪 寻衅滋事罪 帮助信息网络犯罪活动罪 交通肇事罪
        开设赌场罪 掩饰隐瞒犯罪所得罪 非法捕捞水产品罪 滥伐林木罪 妨害公务罪 职务侵占罪
        合同诈骗罪 非法吸收公众存款罪 敲诈勒索罪 拒不执行判决裁定罪 销售假药罪 非法狩猎罪
        污染环境罪 虚开增值税专用发票罪 拒不支付劳动报酬罪 失火罪 重大责任事故罪
        侵犯公民个人信息罪 非法占用农用地罪 盗掘古墓葬罪 伪造公司印章罪""",
    "unit": """
        立案庭 民事审判庭 刑事审判庭 执行局 行政审判庭 综合办公室 审判管理办公室 法警大队 政治部
        少年家事审判庭 速裁团队 诉讼服务中心 人民法庭 督察室 技术室 调解中心 破产审判团队
        环境资源合议庭 巡回审判点 青年干警理论学习小组 机关党委 法官工作室 普法宣讲团 档案室
        司法救助委员会""",
    "role": """
        法官 干警 书记员 法官助理 执行法官 审判员 人民陪审员 庭长 副庭长 司法警察 人民调解员
        值班律师 网格员 党员干警 青年干警 员额法官 代理审判员 特邀调解员 法治副校长 驻村干部
        普法志愿者 速录员 鉴定人 家事调查员 心理疏导员 翻译人员""",
    "party": """
        原告 被告 当事人 申请执行人 被执行人 双方当事人 被告人 村民 居民 第三人 申请人 被申请人
        债务人 债权人 业主 承租人 出租人 用人单位 务工人员 老人 承包方 供货商 买受人 保险公司
        车主 投保人 监护人 商户""",
    "topic": """
        民法典 诉源治理 司法公开 队伍建设 优化营商环境 执行攻坚 未成年人保护 党史学习 多元解纷
        扫黑除恶 乡村振兴 审判质效 反电信诈骗 家事审判 廉政教育 普法宣传 善意文明执行 司法救助
        繁简分流 智慧法院 作风整顿 青少年法治教育 生态环境司法 档案管理 安全生产 保密工作
        妇女权益保障 老年人权益 消费者权益 知识产权保护 农民工工资 禁毒宣传 国家安全 宪法精神
        裁判文书说理 庭审规范 司法建议 行政争议化解 破产审判 信访化解 春耕生产 校园欺凌 网络安全
        反家庭暴力 防范非法集资 涉企纠纷 道路交通 志愿服务 案例指导 调查研究 心理健康 应急演练
        法庭文化 结对帮扶 红色教育 阅读分享 无障碍诉讼 古树保护 黑土地保护""",
    "noun": """
        工作 案件 群众 问题 服务 法律 矛盾 责任 制度 作用 成效 能力 水平 意识 机制 措施 程序
        诉求 权益 环境 证据 事实 期限 材料 线索 流程 平台 清单 台账 职能 纪律 作风 质量 效率
        程度 依据 渠道 资源 力量 风险 隐患 关系 秩序 道路 场所 渔网 粮款 工棚 界桩 树苗 仓库
        农机 化肥 水渠 锅炉 电梯 车位 院墙 屋檐 排水沟 借条 欠据 转账记录 微信聊天 录音 监控视频
        保单 发票 房产证 地契 家谱 存折 印章 钥匙 牌匾 锦旗 喜糖 摩托车 收割机 三轮车 玉米 水稻
        大豆 肉牛 鹅苗 蘑菇棚 葡萄架 羊圈 鱼塘 豆腐坊 粉条厂 砖窑 修配厂 幼儿园 敬老院""",
    "good": """
        扎实 有效 认真 积极 严格 全面 深入 及时 稳妥 耐心 细致 依法 充分 公正 高效 规范 务实
        主动 有序 精准 平稳 从严 从快 妥善 全力 逐项 如期 合理 温情 坦诚 坚决 精细 持续 准确
        公开 透明 简便 圆满 扼要 酣畅""",
    "act": """
        推进 开展 加强 落实 完善 化解 审理 调解 组织 宣传 保障 提升 推动 规范 查明 核实 研究
        梳理 总结 部署 解决 督促 协调 引导 保护 执行 送达 追回 腾退 清点 扣押 评估 拍卖 回访
        答复 公示 归档 盘点 疏导 勘验 丈量 修复 补植 放流 巡查 走访 讲解 演示 评议 考核 培训""",
    "idiom": """
        案结事了 定分止争 以案释法 情理法相融 便民利民 握手言和 口口相传 面对面 背对背 一站式
        零距离 最后一公里 马上就办 有案必立 应调尽调 能调则调 当判则判 胜败皆服 息诉罢访
        重归于好 感激不已 娓娓道来 抽丝剥茧 春风化雨 防微杜渐 举一反三 入脑入心 立行立改
        久久为功 驰而不息 未雨绸缪 如履薄冰 润物无声 釜底抽薪 对症下药 穷尽措施 雷霆出击
        披星戴月 顶风冒雪 翻山越岭 栉风沐雨 守正创新 薪火相传""",
    "measure": "件 次 人 份 场 项 户 批 组 起 亩 公里 吨 台 处 本 面 名",
    "source": """
        本院 梨树区人民法院 本院政治部 本院综合办公室 本院执行局 法治晨报 松原法苑 区融媒体中心
        北原日报 今日政法""",
    "hour": """
        上午 下午 当天 次日 傍晚 清晨 中午 当晚 会后 庭后 开庭前 休庭期间 午休时间 周末 节前""",
    "article": """
        第一千零四十二条 第五百零九条 第六百七十五条 第一千一百六十五条 第五百七十七条
        第一百四十三条 第一千零七十九条 第二百三十三条 第二百八十八条 第一千零六十七条
        第六百六十七条 第九百四十四条""",
}

SYLLABLES = {
    "place": """
        榆 柳 石 双 青 长 大 平 安 福 永 太 新 东 西 南 北 前 后 上 金 银 白 黑 红 松 杏 梨 桦
        桥""",
    "place_end": "河 山 岗 屯 沟 泉 台 堡 林 坡 甸 岭 湾 沙 井 家 城 树 道 源",
    "kind_of_place": """
        镇 乡 村 社区 街道 屯 小区 工业园 中学 小学 水库 林场 集市 广场 火车站 农场""",
    "surname": """
        王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 于 董
        萧 程 曹 袁 邓 许 傅 沈 曾 彭 吕 苏 卢 蒋 蔡 贾 丁 魏 薛 叶 阎 余 潘 杜 戴 夏 钟 汪 田
        任 姜 欧阳 上官 诸葛""",
    "given": """
        明 丽 强 军 芳 伟 静 敏 秀 海 红 杰 波 平 辉 玲 桂 霞 国 华 建 文 春 玉 志 晓 雪 凤 云
        立 洪 淑 宝 岩 松 楠 鹤 旭 菲 翰 桐 珂 睿 祺 澜 皓""",
}

# Tables of patterns, with one pattern per line.

PATTERNS = {
    "opener": """
        [date]，
        近日，
        [hour]，
        据了解，
        [date][hour]，
        为[good][act][topic]，
        经审理查明，
        随后，
        在[place]，
        今年以来，
        活动中，
        会议指出，
        [person]介绍，
        针对[noun]，
        庭审中，
        截至[month]，
        面对[party]的[noun]，
        接到[party][person]的电话后，
        围绕[topic]与[topic]，
        为方便[place]的[party]，
        在[unit][person]的主持下，
        考虑到[place]路途较远，
        结合[cause]的特点，""",
    "subject": """
        [unit]
        [role][person]
        [unit][role]
        承办[role]
        [party]
        [party][person]
        本院
        合议庭
        [role]们
        [place]的[party]
        [unit]与[unit]
        院党组
        [party]与[party]
        [role][person]和[role][person]""",
    "predicate": """
        [good][act][noun]
        [act]了[noun]和[noun]
        围绕[topic][good][act][noun]
        来到[place][act][noun]
        向[party][act]了[topic]的有关规定
        组织[number][measure][noun]的[act]
        就[noun][act]达成一致意见
        对[cause]中的[noun]作了[good]的说明
        先后[number]次前往[place]
        把[noun]送到[place]
        提交了[noun]、[noun]等证据
        支付[money]元
        将[noun][act]到位
        坚持[idiom]
        做到[idiom]、[idiom]
        听取[party][person]的意见
        主张[noun]属于[noun]
        表示愿意在[month]之前履行
        在[noun]上签字确认
        [act]涉及[topic]的[noun][number][measure]
        赶到[place]的[noun]旁
        结合[noun]讲明[noun]与[noun]的区别
        请[place]的[role]一同[act]
        同比上升[percent]
        与上年同期相比下降[percent]""",
    "ending": """
        。
        。
        ，取得了良好的[noun]。
        ，得到[party]的认可。
        ，切实维护了[party]的合法权益。
        ，真正做到[idiom]。
        ，[noun]得到[good][act]。
        ，[party][person]连声道谢。
        ，现场[number]余人参加。
        ，用时[small]天。
        ，为[topic]提供[good]的司法[noun]。""",
    "sentence": """
        [opener][subject][predicate]，[predicate][ending]
        [opener][subject][predicate][ending]
        [subject][predicate]，[predicate]，[predicate][ending]
        [subject][predicate][ending]
        [opener][subject][predicate]；[subject][predicate][ending]
        “[predicate]，[predicate]。”[role][person]说。
        下一步，[subject]将[good][act][noun]，[predicate][ending]
        其中，[noun][number][measure]，[noun][number][measure]，占[percent]。""",
    "news": """
        [sentence]
        [sentence]
        [sentence]
        在[topic]活动中，[role][person]为[place]的[number]名[party]发放[noun][number]份。
        座谈会上，[unit]负责人[person]介绍了[topic]的[noun]，与会人员围绕[noun]提出建议[small]条。""",
    "notice": """
        [sentence]
        [sentence]
        本院定于[date][clock]在第[small]法庭公开开庭审理[person]与[person][cause]一案。
        [party][person]应于[date]前向[unit]提交[noun]，逾期视为放弃[noun]。
        凡对[place]的[noun]有异议的，请于公告之日起[small]日内向[unit]书面提出。
        申请人[person]申请宣告[noun]无效一案，本院已受理，案号为[docket]。
        旁听人员请携带[noun]，于[hour]到[unit]办理手续，座位[number]个，额满为止。""",
    "case": """
        [sentence]
        [sentence]
        [date]，[party][person]驾驶[noun]行至[place]附近，与[person]发生碰撞，造成损失[money]元。
        [person]向[person]借款[money]元，约定月利率[percent]，至[month]仍未偿还。
        本院认为，依照《中华人民共和国民法典》[article]的规定，[party]应当承担[noun]的责任。
        依照民法典[article]、[article]，判决[person]于判决生效之日起[small]日内给付[person][money]元。
        本案案号[docket]，案由为[cause]，[role][person]独任审理。
        被告人[person]犯[crime]，判处有期徒刑[small]个月，并处罚金[money]元。
        法官提醒，[cause]中[noun]是关键，[party]应当妥善保存[noun]。""",
    "statistics": """
        [sentence]
        [month]，本院新收[cause][number]件，审结[number]件，结案率为[percent]。
        [unit]办理[cause][number]件，平均用时[small]天，当庭宣判率[percent]。
        执行到位金额[money]元，比上年同期增长[percent]，网络拍卖成交[number]件。
        [crime]案件[number]件[number]人，适用认罪认罚从宽的占[percent]。
        [place]诉讼服务站接待[party][number]人次，[act][noun][number]件。
        案件中[cause]占[percent]，[cause]占[percent]，其余为[cause]。""",
    "heading": """
        [good][act][noun]
        [topic]：[good][act]，[good][act]
        [idiom]，[act][topic]
        [noun]与[noun]
        [place]的[noun]
        关于[cause]
        [act][noun]，[act][noun]""",
    "title_news": """
        [unit][good][act][topic][noun]
        [role]走进[place][act][topic]
        [topic]｜[role][person]：[idiom]
        [place]：[small][measure][noun]的[act]
        本院召开[topic]推进会
        [unit]赴[place][act][noun]""",
    "title_notice": """
        关于[person]与[person][cause]的开庭公告
        关于[act][place][noun]的公告
        [unit]关于[topic]的通知
        [docket]送达公告
        关于公开选聘[role]的公告""",
    "title_case": """
        以案说法：[cause]中的[noun]
        [noun]引发的[cause]
        [person]诉[person][cause]案
        [crime]：[noun]背后的教训
        一[measure][noun]，[small]年[noun]""",
    "title_statistics": """
        [month][cause]审理情况
        [year]年度[topic]统计分析
        [unit][month]收结案情况通报
        [place]人民法庭[year]年[noun]数据""",
    "summary": """
        [sentence][sentence]
        [opener][subject][predicate]，[predicate][ending]""",
}
