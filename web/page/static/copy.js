// A button beside each line that is there to be copied.
addEventListener('DOMContentLoaded', () => {
  if (!navigator.clipboard) return; // over plain HTTP, except on this machine
  for (const line of document.querySelectorAll('pre.line')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Copy';
    button.setAttribute('aria-label', `Copy: ${line.getAttribute('aria-label')}`);
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(line.querySelector('code').textContent);
      button.textContent = 'Copied';
    });
    button.addEventListener('blur', () => (button.textContent = 'Copy'));
    line.append(button);
  }
});
