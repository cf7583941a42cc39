// Only what the engine executes is offered: in the replace menu, beside elements and in the palette. A new step is a
// user task that has its place for role, form and deadline.

const REFUSED = new RegExp(
  [
    'service-task',
    'complex-gateway',
    'ad-hoc',
    'adhoc',
    'event-subprocess',
    'event-sub-process',
    'transaction',
    'compensation',
    'link-',
    'instantiate',
    'non-interrupting-message',
    'replace-with-task$',
    'data-',
    'toggle-loop',
  ].join('|'),
);
const NOT_OFFERED = ['append.append-task', 'append.compensation-activity', 'append.data', 'create.task'];
const NO_PALETTE = ['create.data-object', 'create.data-store', 'create.group'];

function keep(entries, drop) {
  return Object.fromEntries(Object.entries(entries).filter(([key]) => !drop(key)));
}

class Menus {
  constructor(palette, contextPad, popupMenu, create, autoPlace, bpmnFactory, elementFactory) {
    Object.assign(this, { create, autoPlace, bpmnFactory, elementFactory });
    palette.registerProvider(500, this);
    contextPad.registerProvider(500, this);
    popupMenu.registerProvider('bpmn-replace', 500, this);
  }

  step() {
    const task = this.bpmnFactory.create('hy:Task', {});
    const extensionElements = this.bpmnFactory.create('bpmn:ExtensionElements', { values: [task] });
    task.$parent = extensionElements;
    const businessObject = this.bpmnFactory.create('bpmn:UserTask', { name: '新环节', extensionElements });
    extensionElements.$parent = businessObject;
    return this.elementFactory.createShape({ type: 'bpmn:UserTask', businessObject });
  }

  entry(group, click) {
    const dragstart = (event) => this.create.start(event, this.step());
    return { group, className: 'bpmn-icon-user-task', title: '新环节', action: { click: click ?? dragstart, dragstart } };
  }

  getPaletteEntries() {
    return (entries) => ({
      ...keep(entries, (key) => NOT_OFFERED.includes(key) || NO_PALETTE.includes(key)),
      'create.step': this.entry('activity'),
    });
  }

  getContextPadEntries() {
    return (entries) => {
      const kept = keep(entries, (key) => NOT_OFFERED.includes(key));
      if (!entries['append.append-task']) return kept;
      return { ...kept, 'append.step': this.entry('model', (_, source) => this.autoPlace.append(source, this.step())) };
    };
  }

  getPopupMenuEntries() {
    return (entries) => keep(entries, (key) => REFUSED.test(key));
  }

  getPopupMenuHeaderEntries() {
    return (entries) => keep(entries, (key) => REFUSED.test(key));
  }
}

Menus.$inject = ['palette', 'contextPad', 'popupMenu', 'create', 'autoPlace', 'bpmnFactory', 'elementFactory'];

export default { __init__: ['menus'], menus: ['type', Menus] };
