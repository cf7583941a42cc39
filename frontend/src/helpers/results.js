// Says through the page's live region (`<p id="announcements" role="status">`) that a part was renewed.
export function announceResults() {
  document.addEventListener('htmx:afterSwap', ({ target }) => {
    const region = document.getElementById('announcements');
    const text = target.dataset.announce;
    if (region && text) region.textContent = text;
  });
}
