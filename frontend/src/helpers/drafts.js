// `<form data-guard>`: leaving with changes that were not sent makes the browser ask first.
export function guardDrafts() {
  let changed = false;
  document.addEventListener('input', ({ target }) => {
    if (target.closest('form[data-guard]')) changed = true;
  });
  document.addEventListener('submit', (event) => {
    if (!event.defaultPrevented) changed = false;
  });
  window.addEventListener('beforeunload', (event) => {
    if (changed) event.preventDefault();
  });
}
