// hy: elements of a BPMN element: read one, change it in one undoable step.
import { getBusinessObject } from 'bpmn-js/lib/util/ModelUtil';

export function find(element, type) {
  const extension = getBusinessObject(element).get('extensionElements');
  return extension?.get('values').find((value) => value.$type === type);
}

export function change(element, type, values, bpmnFactory, commandStack) {
  const owner = getBusinessObject(element);
  const commands = [];
  const update = (moddleElement, properties) => {
    commands.push({ cmd: 'element.updateModdleProperties', context: { element, moddleElement, properties } });
  };
  let extension = owner.get('extensionElements');
  if (!extension) {
    extension = bpmnFactory.create('bpmn:ExtensionElements', { values: [] });
    extension.$parent = owner;
    update(owner, { extensionElements: extension });
  }
  const mark = find(element, type);
  if (mark) {
    update(mark, values);
  } else {
    const made = bpmnFactory.create(type, values);
    made.$parent = extension;
    update(extension, { values: [...extension.get('values'), made] });
  }
  commandStack.execute('properties-panel.multi-command-executor', commands);
}
