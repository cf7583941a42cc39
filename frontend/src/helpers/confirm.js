// `data-confirm="…"` on a button or form asks before an act that can't be taken back.
export function confirmActs() {
  document.addEventListener('submit', (event) => {
    const text = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
    if (text && !window.confirm(text)) event.preventDefault();
  }, { capture: true });
}
