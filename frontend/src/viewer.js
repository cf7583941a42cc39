// Shows a process diagram read-only and marks where a case stands:
//   <div class="diagram" data-diagram="/…/process.bpmn" data-done="task_a flow_1" data-current="task_b"
//        aria-label="…"></div>
// Ids are separated by blanks. A picture is not accessible: the page has a table of the steps beside it.
// The bpmn.io watermark in the lower right corner must stay visible (licence of bpmn-js).
import Viewer from 'bpmn-js/lib/NavigatedViewer';

const MARKS = { done: 'is-done', current: 'is-current' };

function ids(text) {
  return (text ?? '').split(/\s+/).filter(Boolean);
}

function mark(viewer, container) {
  const canvas = viewer.get('canvas');
  const elements = viewer.get('elementRegistry');
  for (const [attribute, marker] of Object.entries(MARKS)) {
    // a migrated case may have passed elements that the diagram no longer has
    ids(container.dataset[attribute]).filter((id) => elements.get(id)).forEach((id) => canvas.addMarker(id, marker));
  }
}

async function show(container) {
  const response = await fetch(container.dataset.diagram, { credentials: 'same-origin' });
  if (!response.ok) throw new Error(`${container.dataset.diagram}: HTTP ${response.status}`);
  const viewer = new Viewer({ container });
  await viewer.importXML(await response.text());
  viewer.get('canvas').zoom('fit-viewport', 'auto');
  mark(viewer, container);
  container.dataset.state = 'shown';
}

document.querySelectorAll('[data-diagram]').forEach((container) => {
  show(container).catch((error) => {
    container.dataset.state = 'failed';
    console.error(error);
  });
});
