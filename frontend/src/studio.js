// The process owner's diagram editor:
//   <div data-studio="/…/api/v1/drafts/1/files/x.bpmn" data-number="3" data-editable="yes">
// with [data-canvas], [data-panel] and buttons inside. The page's tables stand in [data-tables]; the rows of its table
// of findings are the one source of the marks on elements. A picture is not accessible: the table of steps is.
// The bpmn.io watermark in the lower right corner must stay visible (licence of bpmn-js).
import Modeler from 'bpmn-js/lib/Modeler';
import { BpmnPropertiesPanelModule, BpmnPropertiesProviderModule } from 'bpmn-js-properties-panel';
import hy from '../../processes/hy.json';
import choices from './studio/choices.js';
import menus from './studio/menus.js';
import properties from './studio/properties.js';
import translate from './studio/translate.js';
import { load, save, refreshTables } from './studio/server.js';
import { markFindings } from './studio/marks.js';

class Studio {
  constructor(root) {
    this.root = root;
    this.number = Number(root.dataset.number);
    this.message = root.querySelector('[data-message]');
    this.buttons = Object.fromEntries(['save', 'undo', 'redo'].map((name) => [name, root.querySelector(`[data-${name}]`)]));
    this.saved = undefined;
  }

  async open() {
    const file = await load(this.root.dataset.studio);
    this.number = file.number;
    this.modeler = new Modeler({
      container: this.root.querySelector('[data-canvas]'),
      propertiesPanel: { parent: this.root.querySelector('[data-panel]') },
      moddleExtensions: { hy },
      choices: file.choices,
      additionalModules: [BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, choices, menus, properties, translate],
    });
    await this.modeler.importXML(file.text);
    this.modeler.get('canvas').zoom('fit-viewport', 'auto');
    markFindings(this.modeler);
    this.listen();
    this.root.dataset.state = 'shown';
  }

  get stack() {
    return this.modeler.get('commandStack');
  }

  listen() {
    this.modeler.on('commandStack.changed', () => this.show());
    this.buttons.undo.addEventListener('click', () => this.stack.undo());
    this.buttons.redo.addEventListener('click', () => this.stack.redo());
    this.buttons.save.addEventListener('click', () => this.save());
    window.addEventListener('beforeunload', (event) => {
      if (this.isChanged()) event.preventDefault();
    });
  }

  // The last step taken, not how many: undone and done differently is another diagram of as many steps.
  get latest() {
    return this.stack._stack[this.stack._stackIdx];
  }

  isChanged() {
    return this.latest !== this.saved;
  }

  show() {
    const editable = this.root.dataset.editable === 'yes';
    this.buttons.save.disabled = !editable || !this.isChanged();
    this.buttons.undo.disabled = !this.stack.canUndo();
    this.buttons.redo.disabled = !this.stack.canRedo();
    this.message.textContent = this.isChanged() ? this.message.dataset.changed : '';
  }

  async save() {
    const at = this.latest;
    this.buttons.save.disabled = true;
    try {
      const { xml } = await this.modeler.saveXML({ format: true });
      this.number = await save(this.root.dataset.studio, this.number, xml);
      this.saved = at;
      await refreshTables();
      markFindings(this.modeler);
      this.show();
      this.message.textContent ||= this.message.dataset.saved;
    } catch (error) {
      this.show();
      this.message.textContent = `${this.message.dataset.failed}: ${error.message}`;
    }
  }
}

document.querySelectorAll('[data-studio]').forEach((root) => {
  new Studio(root).open().catch((error) => {
    root.dataset.state = 'failed';
    console.error(error);
  });
});
