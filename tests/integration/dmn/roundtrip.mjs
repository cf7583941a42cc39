// Reads {name: DMN} from stdin and writes it as dmn-js does: brought to DMN 1.3, read into its model, written again.
import { text } from 'node:stream/consumers';
import { migrateDiagram } from '../../../frontend/node_modules/@bpmn-io/dmn-migrate/dist/index.js';
import { DmnModdle } from '../../../frontend/node_modules/dmn-moddle/dist/index.js';

const files = JSON.parse(await text(process.stdin));
const written = {};
for (const [name, content] of Object.entries(files)) {
  const moddle = new DmnModdle();
  const { rootElement, warnings } = await moddle.fromXML(await migrateDiagram(content), 'dmn:Definitions');
  if (warnings.length) throw new Error(`${name}: ${warnings[0].message}`);
  written[name] = (await moddle.toXML(rootElement, { format: true })).xml;
}
console.log(JSON.stringify(written));
