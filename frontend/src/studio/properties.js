// The panel's own groups: what the engine reads beside BPMN. No JSX: the entries are the components of
// @bpmn-io/properties-panel, called through its bundled preact.
import { SelectEntry, TextFieldEntry, isSelectEntryEdited, isTextFieldEntryEdited } from '@bpmn-io/properties-panel';
import { jsx } from '@bpmn-io/properties-panel/preact/jsx-runtime';
import { useService } from 'bpmn-js-properties-panel';
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';
import { change, find } from './marksets.js';

const TASK = [
  ['role', '办理角色', 'roles'],
  ['unit', '办理单位（表达式）'],
  ['person', '办理人（表达式）'],
  ['form', '表单', 'forms'],
  ['deadline', '期限', 'deadlines'],
  ['public', '对外名称'],
  ['result', '结果变量'],
  ['fill', '预填内容（表达式）'],
  ['check', '提交前检查（决策表，用逗号分隔）'],
  ['apart', '不得由办过这些环节的人办（id，用逗号分隔）'],
];
const DEADLINE = [
  ['name', '期限名称'],
  ['rule', '期限规则', 'rules'],
  ['unit', '哪个单位的（表达式）'],
  ['from', '从何时起算（表达式）'],
];
const ACCEPTS = [
  ['record', '可随时登记的记录'],
  ['role', '谁可以登记', 'roles'],
  ['to', '登记后转到的环节（id）'],
  ['result', '登记内容的变量'],
];
const EXTEND = [
  ['deadline', '延长哪个期限', 'deadlines'],
  ['until', '延长至（表达式）'],
];
const TIMER = [
  ['deadline', '挂在哪个期限上', 'deadlines'],
  ['offset', '提前或推后（如 -3wd）'],
  ['at', '时刻（如 09:00）'],
];
const NOTICE = [
  ['template', '通知文本', 'templates'],
  ['to', '通知谁'],
];
const MILESTONE = [['state', '到达的办理状态', 'states']];
const MESSAGE = [
  ['key', '键（表达式）'],
  ['data', '内容（表达式）'],
  ['result', '结果变量'],
];
const DECISION = [['result', '结果变量']];

function hasEvent(element, type) {
  return (getBusinessObject(element).get('eventDefinitions') ?? []).some((one) => one.$type === type);
}

function isEvent(element, type) {
  return is(element, 'bpmn:Event') && hasEvent(element, type);
}

const GROUPS = [
  ['hy:Task', '办理', TASK, (it) => is(it, 'bpmn:UserTask') || is(it, 'bpmn:ManualTask')],
  ['hy:Deadline', '声明期限', DEADLINE, (it) => is(it, 'bpmn:Activity') || is(it, 'bpmn:Process')],
  ['hy:Accepts', '随时登记', ACCEPTS, (it) => is(it, 'bpmn:Activity') || is(it, 'bpmn:Process')],
  ['hy:Extend', '延长期限', EXTEND, (it) => is(it, 'bpmn:FlowNode') && !is(it, 'bpmn:BoundaryEvent')],
  ['hy:Timer', '定时', TIMER, (it) => isEvent(it, 'bpmn:TimerEventDefinition')],
  ['hy:Message', '消息内容', MESSAGE, (it) => isEvent(it, 'bpmn:MessageEventDefinition')],
  ['hy:Decision', '决策结果', DECISION, (it) => is(it, 'bpmn:BusinessRuleTask')],
  ['hy:Notice', '通知', NOTICE, (it) => is(it, 'bpmn:FlowNode') && !is(it, 'bpmn:BoundaryEvent')],
  ['hy:Milestone', '办理状态', MILESTONE, (it) => is(it, 'bpmn:FlowNode') && !is(it, 'bpmn:BoundaryEvent')],
];

function access(element, type, name) {
  const factory = useService('bpmnFactory');
  const commandStack = useService('commandStack');
  return {
    getValue: () => find(element, type)?.get(name) ?? '',
    setValue: (value) => change(element, type, { [name]: value || undefined }, factory, commandStack),
  };
}

function options(lists, list, current) {
  const known = lists.of(list).map(([value, label]) => ({ value, label: label === value ? value : `${label}（${value}）` }));
  const odd = current && !known.some(({ value }) => value === current) ? [{ value: current, label: `${current}？` }] : [];
  return [{ value: '', label: '（未选）' }, ...odd, ...known];
}

function choice(type, name, label, list) {
  return function Choice({ element, id }) {
    const lists = useService('choices');
    const reach = access(element, type, name);
    return jsx(SelectEntry, { element, id, label, getOptions: () => options(lists, list, reach.getValue()), ...reach });
  };
}

function line(type, name, label) {
  return function Line({ element, id }) {
    return jsx(TextFieldEntry, { element, id, label, debounce: useService('debounceInput'), ...access(element, type, name) });
  };
}

function entry(type, [name, label, list]) {
  const id = `${type.replace(':', '-').toLowerCase()}-${name}`;
  return list
    ? { id, component: choice(type, name, label, list), isEdited: isSelectEntryEdited }
    : { id, component: line(type, name, label), isEdited: isTextFieldEntryEdited };
}

const MADE = GROUPS.map(([type, label, names, fits]) => ({
  fits,
  type,
  group: { id: type.replace(':', '-').toLowerCase(), label, entries: names.map((one) => entry(type, one)) },
}));

function Condition({ element, id }) {
  const flow = getBusinessObject(element);
  const factory = useService('bpmnFactory');
  const modeling = useService('modeling');
  const getValue = () => flow.get('conditionExpression')?.get('body') ?? '';
  const setValue = (body) => {
    const condition = body ? factory.create('bpmn:FormalExpression', { body }) : undefined;
    modeling.updateProperties(element, { conditionExpression: condition });
  };
  const debounce = useService('debounceInput');
  return jsx(TextFieldEntry, { element, id, label: '条件（表达式）', getValue, setValue, debounce });
}

const CONDITION = {
  id: 'hy-condition',
  label: '走这条线的条件',
  shouldOpen: true,
  entries: [{ id: 'hy-condition-body', component: Condition, isEdited: isTextFieldEntryEdited }],
};

class HyProvider {
  constructor(propertiesPanel) {
    propertiesPanel.registerProvider(500, this);
  }

  getGroups(element) {
    return (groups) => {
      const own = MADE.filter(({ fits }) => fits(element)).map(({ type, group }) => ({
        ...group,
        shouldOpen: type === 'hy:Task' || Boolean(find(element, type)),
      }));
      if (is(element, 'bpmn:SequenceFlow')) own.push(CONDITION);
      const [first, ...others] = groups.map((one) => (one.id === 'timer' ? { ...one, label: '不挂期限的定时' } : one));
      return [first, ...own, ...others].filter(Boolean);
    };
  }
}

HyProvider.$inject = ['propertiesPanel'];

export default { __init__: ['hyProvider'], hyProvider: ['type', HyProvider] };
