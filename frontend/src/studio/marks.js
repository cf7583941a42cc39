// Findings on the elements they are about, from the rows of the page's table of findings.

const KIND = 'hy-finding';

function note(rows) {
  const mark = document.createElement('div');
  const worst = rows.some((row) => row.dataset.severity === 'error') ? 'error' : 'warning';
  mark.className = `studio-mark studio-mark-${worst}`;
  mark.textContent = worst === 'error' ? '✕' : '!';
  mark.title = rows.map((row) => row.dataset.text).join('\n');
  return mark;
}

export function markFindings(modeler) {
  const overlays = modeler.get('overlays');
  const elements = modeler.get('elementRegistry');
  overlays.remove({ type: KIND });
  const byElement = new Map();
  document.querySelectorAll('[data-findings] tr[data-element]').forEach((row) => {
    if (!elements.get(row.dataset.element)) return;
    byElement.set(row.dataset.element, [...(byElement.get(row.dataset.element) ?? []), row]);
  });
  byElement.forEach((rows, id) => {
    overlays.add(id, KIND, { position: { top: -12, left: -12 }, html: note(rows) });
  });
}
