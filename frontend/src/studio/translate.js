// Chinese words of bpmn-js and its panel: the community's lists, and what they lack.
import core from 'bpmn-js-i18n/translations/zn.js';
import bpmn from 'bpmn-js-i18n-zh/lib/bpmn-js/index.js';
import panel from 'bpmn-js-i18n-zh/lib/properties-panel/index.js';

const OWN = {
  'Append element': '追加元素',
  'Create element': '创建元素',
  'Boundary event': '边界事件',
  'Business Rule Task': '规则任务',
  'Business rule task': '规则任务',
  'Call Activity': '引用流程',
  'Call activity': '引用流程',
  'Change element': '更改元素',
  'Collaboration': '协作',
  'Completion': '完成',
  'Data': '数据',
  'Default Flow': '默认顺序流',
  'Default flow': '默认顺序流',
  'Conditional Flow': '条件顺序流',
  'Expanded Sub Process': '展开的子流程',
  'Collapsed Sub Process': '折叠的子流程',
  'Documentation': '文档',
  'End Event': '结束事件',
  'Events': '事件',
  'Exclusive Gateway': '排他网关',
  'Expanded pool/participant': '展开的池/参与者',
  'Gateways': '网关',
  'General': '基本信息',
  'Group': '分组',
  'ID': '标识（ID）',
  'Inclusive Gateway': '包容网关',
  'Intermediate Catch Event': '中间捕获事件',
  'Intermediate Throw Event': '中间抛出事件',
  'Lane': '泳道',
  'Manual Task': '手工任务',
  'Manual task': '手工任务',
  'Name': '名称',
  'Parallel Gateway': '并行网关',
  'Participant': '池/参与者',
  'Participants': '参与者',
  'Process': '流程',
  'Receive Task': '接收任务',
  'Receive task': '接收任务',
  'Script Task': '脚本任务',
  'Script task': '脚本任务',
  'Search in diagram': '在图中查找',
  'Section': '分组',
  'Toggle section': '展开或收起',
  'Section contains data': '已填写',
  'Section contains edits': '已填写',
  'Timer': '定时',
  'Message': '消息',
  'Multi-instance': '多实例',
  'Sub-process': '子流程',
  'Process name': '流程名称',
  'Process ID': '流程标识（ID）',
  'Executable': '可执行',
  'Element documentation': '元素文档',
  'Process documentation': '流程文档',
  'Send Task': '发送任务',
  'Send task': '发送任务',
  'Sequence Flow': '顺序流',
  'Sequence flow': '顺序流',
  'Start Event': '开始事件',
  'Sub-processes': '子流程',
  'Tasks': '任务',
  'Text Annotation': '文本注释',
  'User Task': '人工任务',
  'User task': '人工任务',
};
const TRIGGERS = {
  Timer: '定时',
  Message: '消息',
  Signal: '信号',
  Conditional: '条件',
  Error: '错误',
  Escalation: '升级',
  Cancel: '取消',
  Terminate: '终止',
};
const EVENTS = {
  'Start Event': '开始事件',
  'Intermediate Catch Event': '中间捕获事件',
  'Intermediate Throw Event': '中间抛出事件',
  'Boundary Event': '边界事件',
  'End Event': '结束事件',
};

// "Timer Boundary Event (Non Interrupting)" in the panel, "Timer boundary event (non-interrupting)" in the menus
function eventNames() {
  const names = {};
  for (const [trigger, zh] of Object.entries(TRIGGERS)) {
    for (const [event, of] of Object.entries(EVENTS)) {
      names[`${trigger} ${event}`] = zh + of;
      names[`${trigger} ${event.toLowerCase()}`] = zh + of;
      names[`${trigger} ${event} (Non Interrupting)`] = `${zh}${of}（不中断）`;
      names[`${trigger} ${event.toLowerCase()} (non-interrupting)`] = `${zh}${of}（不中断）`;
    }
  }
  return names;
}

const WORDS = { ...bpmn, ...core, ...panel, ...eventNames(), ...OWN };

function translate(template, replacements = {}) {
  const text = WORDS[template] ?? template;
  return text.replace(/{([^}]+)}/g, (_, key) => WORDS[replacements[key]] ?? replacements[key] ?? `{${key}}`);
}

export default { translate: ['value', translate] };
