// After a refused form the reader starts at the summary, whose links lead to the fields.
export function focusErrors(root = document) {
  const summary = root.querySelector('.error-summary');
  if (!summary) return;
  summary.tabIndex = -1;
  summary.focus();
}
