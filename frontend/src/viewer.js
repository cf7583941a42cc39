// Shows a process diagram read-only and marks where a case stands:
//   <figure data-viewer>
//     <div hidden data-tools><button type="button" data-view="in|out|whole|current">…</button></div>
//     <div class="diagram" data-diagram="/…/process.bpmn" data-done="task_a flow_1" data-current="sub_b task_c"
//          data-failed="words to show instead" role="group" aria-label="…"></div>
//   </figure>
// Ids are separated by blanks. A picture is not accessible: the page has a table of the steps beside it.
// The wheel scrolls the page; with Ctrl it zooms. The tools stand beside the picture, never on it: the bpmn.io
// watermark in its lower right corner must stay visible (licence of bpmn-js).
import Viewer from 'bpmn-js/lib/NavigatedViewer';

const READABLE = 0.8; // smaller texts cannot be read on an office screen
const MARGIN = 20;
const HEIGHT = { least: 320, most: 0.75 }; // pixels, part of the window

function ids(text) {
  return (text ?? '').split(/\s+/).filter(Boolean);
}

// A case may have passed elements that the diagram no longer has, and may stand in diagrams called by this one.
function known(viewer, text) {
  const elements = viewer.get('elementRegistry');
  return ids(text).map((id) => elements.get(id)).filter(Boolean);
}

function mark(viewer, { done, current }) {
  const canvas = viewer.get('canvas');
  const isBox = (element) => Boolean(element.children?.length);
  known(viewer, done).forEach((element) => canvas.addMarker(element, isBox(element) ? 'is-through' : 'is-done'));
  known(viewer, current).forEach((element) => canvas.addMarker(element, isBox(element) ? 'is-around' : 'is-current'));
}

function boxOf(elements) {
  const left = Math.min(...elements.map((one) => one.x));
  const top = Math.min(...elements.map((one) => one.y));
  return {
    x: left,
    y: top,
    width: Math.max(...elements.map((one) => one.x + one.width)) - left,
    height: Math.max(...elements.map((one) => one.y + one.height)) - top,
  };
}

// Where a window of this length begins over a whole that may be longer, its middle as near to `middle` as can be.
function begin(start, length, window, middle) {
  const [first, last] = [start - MARGIN, start + length + MARGIN - window];
  if (last < first) return (first + last) / 2;
  return middle ? Math.min(Math.max(middle - window / 2, first), last) : first;
}

// The whole width where that can be read, and where nothing is current; else what can be read around the current steps.
class View {
  constructor(viewer, container) {
    this.canvas = viewer.get('canvas');
    this.container = container;
    this.whole = this.canvas.viewbox().inner;
    const current = known(viewer, container.dataset.current).filter((element) => !element.children?.length);
    this.focus = current.length ? boxOf(current) : null;
  }

  fit() {
    const fitting = this.container.clientWidth / (this.whole.width + 2 * MARGIN);
    const scale = fitting < READABLE && this.focus ? 1 : Math.min(1, fitting);
    const wanted = (this.whole.height + 2 * MARGIN) * scale;
    const height = Math.min(Math.max(HEIGHT.least, wanted), HEIGHT.most * window.innerHeight);
    this.container.style.height = `${Math.round(height)}px`;
    this.canvas.resized();
    this.look(scale, this.focus);
  }

  // At this scale, with the box in the middle as far as the edges of the diagram allow; without a box its beginning.
  look(scale, box) {
    const { x, y, width, height } = this.whole;
    const outer = { width: this.container.clientWidth / scale, height: this.container.clientHeight / scale };
    const left = begin(x, width, outer.width, box && box.x + box.width / 2);
    const top = begin(y, height, outer.height, box && box.y + box.height / 2);
    this.canvas.viewbox({ x: left, y: top, ...outer });
  }

  show(wish) {
    if (wish === 'whole') this.canvas.zoom('fit-viewport', 'auto');
    else if (wish === 'current') this.look(Math.max(1, this.canvas.zoom()), this.focus);
    else this.canvas.zoom(Math.min(2, Math.max(0.2, this.canvas.zoom() * (wish === 'in' ? 1.25 : 0.8))), 'auto');
  }
}

function offer(view, figure) {
  const tools = figure?.querySelector('[data-tools]');
  if (!tools) return;
  tools.querySelectorAll('[data-view]').forEach((button) => {
    button.hidden = button.dataset.view === 'current' && !view.focus;
    button.addEventListener('click', () => view.show(button.dataset.view));
  });
  tools.hidden = false;
}

async function show(container) {
  const response = await fetch(container.dataset.diagram, { credentials: 'same-origin' });
  if (!response.ok) throw new Error(`${container.dataset.diagram}: HTTP ${response.status}`);
  const viewer = new Viewer({ container, zoomScroll: { enabled: false } });
  await viewer.importXML(await response.text());
  mark(viewer, container.dataset);
  const view = new View(viewer, container);
  view.fit();
  offer(view, container.closest('[data-viewer]'));
  container.addEventListener('wheel', (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    view.show(event.deltaY < 0 ? 'in' : 'out');
  });
  container.dataset.state = 'shown';
}

document.querySelectorAll('[data-diagram]').forEach((container) => {
  show(container).catch((error) => {
    container.dataset.state = 'failed';
    container.textContent = container.dataset.failed ?? '';
    console.error(error);
  });
});
