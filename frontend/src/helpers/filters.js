// `<form class="filters">`: choosing from a list applies it at once; the button stays for everybody else.
export function filterOnChange() {
  document.addEventListener('change', ({ target }) => {
    if (target.matches('form.filters select')) target.form.requestSubmit();
  });
}
