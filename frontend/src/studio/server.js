// The draft on the server: its file, saving it with the number one has seen, and the page's own tables.

function token() {
  return document.querySelector('meta[name="csrf-token"]').content;
}

async function answer(response) {
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  const reasons = (body.findings ?? []).map((found) => `${found.reason}。${found.cure}`);
  throw new Error(reasons.join(' ') || body.title || `HTTP ${response.status}`);
}

export async function load(address) {
  return answer(await fetch(address, { credentials: 'same-origin' }));
}

export async function save(address, number, text) {
  const headers = { 'Content-Type': 'application/json', 'X-CSRFToken': token() };
  const body = JSON.stringify({ number, text });
  return (await answer(await fetch(address, { method: 'PUT', credentials: 'same-origin', headers, body }))).number;
}

// Findings and steps are written by the server only: the page is fetched again and its tables taken over.
export async function refreshTables() {
  const response = await fetch(window.location.pathname, { credentials: 'same-origin' });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const fresh = page.querySelector('[data-tables]');
  if (fresh) document.querySelector('[data-tables]').replaceWith(document.adoptNode(fresh));
}
