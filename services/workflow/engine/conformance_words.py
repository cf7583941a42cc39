"""What conformance says: every finding in words, and what to draw instead of what the engine does not execute."""

from services.workflow.engine.findings import Words

WORDS = {
    "not_bpmn": Words(
        "不是 BPMN 2.0 文件",
        "not a BPMN 2.0 file",
        "请上传由 BPMN 建模工具保存的文件",
        "upload a file saved by a BPMN modeler",
    ),
    "no_process": Words(
        "没有可执行的流程",
        "there is no executable process",
        "把流程的“可执行”设为是",
        "mark the process as executable",
    ),
    "no_start": Words("流程没有开始事件", "the process has no start event", "画一个开始事件", "draw a start event"),
    "no_end": Words("流程没有结束事件", "the process has no end event", "画一个结束事件", "draw an end event"),
    "missing_id": Words(
        "元素没有 id", "an element has no id", "用建模工具重新保存", "save the file again in a modeler"
    ),
    "duplicate_id": Words(
        "id “{id}”出现两次",
        "the id '{id}' occurs twice",
        "给其中一个换一个 id",
        "give one of them another id",
    ),
    "duplicate_process": Words(
        "流程 id “{process}”在两个文件中出现",
        "the process id '{process}' occurs in two files",
        "每个流程用自己的 id",
        "give every process an id of its own",
    ),
    "dangling_flow": Words(
        "顺序流没有连到存在的元素",
        "a sequence flow does not connect existing elements",
        "重新连接这条线",
        "connect the flow again",
    ),
    "long_row": Words(
        "超过 {limit} 个元素前后相连",
        "more than {limit} elements follow each other in a row",
        "把其中一段画成子流程或被调用的流程",
        "draw a part of them as a sub-process or called process",
    ),
    "deep_nest": Words(
        "子流程嵌套超过 {limit} 层",
        "sub-processes are nested more than {limit} deep",
        "减少嵌套",
        "nest fewer sub-processes",
    ),
    "wrong_way": Words(
        "顺序流不能指向开始事件或边界事件，也不能从结束事件出发",
        "a flow cannot lead to a start or boundary event, nor out of an end event",
        "删除这条线，或换一种事件",
        "delete the flow, or use another event",
    ),
    "not_attached": Words(
        "边界事件没有附在同一层的活动上",
        "the boundary event stands on no activity of its scope",
        "把它放到任务或子流程的边上",
        "put it on the border of a task or sub-process",
    ),
    "unreachable": Words(
        "从开始事件走不到这里，它永远不会执行",
        "cannot be reached from a start event; it would never run",
        "把它接入流程，或删除",
        "connect it, or delete it",
    ),
    "unsupported": Words("引擎不执行“{what}”", "the engine does not execute '{what}'", "{instead}", "{instead_en}"),
    "several_flows": Words(
        "活动后面直接分出多条线",
        "several flows leave an activity",
        "在其后画一个网关，说明是并行还是选择",
        "draw a gateway behind it that says parallel or exclusive",
    ),
    "no_default": Words(
        "网关没有默认流，条件都不成立时流程会停住",
        "the gateway has no default flow; a case stops when no condition holds",
        "把其中一条线设为默认流",
        "make one of the flows the default",
    ),
    "no_way_on": Words(
        "这里没有流出的线，案件走到这里就停住",
        "no flow leads on from here; a case would stop",
        "连到后面的步骤，或画一个结束事件",
        "connect it with what follows, or draw an end event",
    ),
    "no_condition": Words(
        "非默认流没有条件",
        "a flow that is not the default has no condition",
        "写上条件",
        "give it a condition",
    ),
    "bad_expression": Words(
        "表达式不能使用：{detail}",
        "the expression cannot be used: {detail_en}",
        "改写表达式",
        "rewrite the expression",
    ),
    "reserved_name": Words(
        "“{name}”是引擎自己的名称，流程不能写它",
        "'{name}' is a name of the engine's own; a process cannot write it",
        "换一个变量名或元素 id",
        "use another variable or element id",
    ),
    "bad_timer": Words(
        "定时器没有时间",
        "the timer has no time",
        "填写期限、日期、时长或周期",
        "give a deadline, date, duration or cycle",
    ),
    "no_trigger": Words(
        "没有说明等待或发送什么",
        "it does not say what it waits for or sends",
        "选择消息、定时器或信号等事件类型",
        "choose a message, timer, signal or other event",
    ),
    "drawn_only": Words(
        "数据对象、数据存储和任务的输入输出只作图示，引擎不读也不写",
        "data objects, data stores and inputs of tasks are drawings only; the engine does not use them",
        "把事实放进变量或登记记录",
        "keep facts in variables or records",
    ),
    "bad_instances": Words(
        "多实例没有集合也没有次数",
        "the multi-instance has neither a collection nor a number",
        "填写集合变量",
        "name the variable that holds the collection",
    ),
    "no_called_process": Words(
        "没有写明调用哪个流程", "no called process is named", "填写被调用流程的 id", "name the called process"
    ),
    "called_elsewhere": Words(
        "被调用的流程“{called}”不在这个文件里",
        "the called process '{called}' is not in this file",
        "让它与本图同在一个流程包",
        "keep it in the same package",
    ),
    "no_decision": Words(
        "业务规则任务没有写明用哪张决策表",
        "the business rule task names no decision table",
        "写上决策表的 id（calledDecisionId）",
        "name the table's id (calledDecisionId)",
    ),
    "decision_elsewhere": Words(
        "决策表“{called}”是另一个文件",
        "the decision table '{called}' is another file",
        "让它与本图同在一个流程包",
        "keep it in the same package",
    ),
    "stray_condition": Words(
        "这条线上的条件没有人看：只有排他网关和包容网关判断条件",
        "nobody looks at the condition here: only exclusive and inclusive gateways ask conditions",
        "在前面画一个排他网关，并设默认流",
        "draw an exclusive gateway with a default flow before it",
    ),
    "not_executable": Words(
        "图不能执行：{detail}",
        "the diagram cannot be executed: {detail}",
        "按提示修改该元素",
        "mend the element",
    ),
}

INSTEAD: dict[str, tuple[str, str]] = {
    "eventSubProcess": (
        "用流程级的 hy:interrupt，或给子流程加边界事件",
        "use hy:interrupt or a boundary event",
    ),
    "adHocSubProcess": ("用 hy:accepts 随时登记，或并行网关", "use hy:accepts, or a parallel gateway"),
    "complexGateway": ("用并行、包容或排他网关", "use a parallel, inclusive or exclusive gateway"),
    "linkEventDefinition": ("直接连线", "draw the flow"),
    "compensateEventDefinition": ("画出更正的步骤", "draw the correcting steps"),
    "serviceTask": ("用消息抛出事件，由系统接收", "throw a message for a system to receive"),
    "callChoreography": ("用调用活动", "use a call activity"),
    "nonInterruptingMessage": ("用 hy:accepts，可多次登记", "use hy:accepts, which takes any number"),
    "camundaInstances": ("用标准的 loopDataInputRef", "use the standard loopDataInputRef"),
    "taskDataInstances": (
        "让 loopDataInputRef 直接写流程变量",
        "let loopDataInputRef name a variable of the process itself",
    ),
    "eventDefinitionRef": ("把事件定义画在事件里", "draw the event definition inside the event"),
    "parallelEventGateway": ("用并行网关，后接各个捕获事件", "use a parallel gateway with catching events behind it"),
    "quantities": ("画出多次：循环、多实例或并行网关", "draw the repetition: a loop, instances or a parallel gateway"),
    "instanceEvents": ("在实例里画抛出事件", "draw a throwing event inside the instance"),
    "alwaysInterrupts": (
        "错误和取消总是中断，改为中断型",
        "errors and cancellations always interrupt: let it interrupt",
    ),
    "multipleEvents": ("每个事件画成单独的事件", "draw each event by itself"),
    "throwTimer": ("用中间捕获定时器", "use an intermediate catching timer"),
    "misplacedEvent": ("换成此处可用的事件类型", "use a kind of event that is possible here"),
    "cancelOutside": ("取消事件只用于事务子流程", "cancel events belong to transactions"),
}
