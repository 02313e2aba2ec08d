// A button beside each line that is there to be copied.
addEventListener('DOMContentLoaded', () => {
  if (!navigator.clipboard) return; // over plain HTTP, except on this machine
  for (const line of document.querySelectorAll('pre.line')) {
    const button = document.createElement('button');
    const say = (text) => {
      button.textContent = text;
      button.setAttribute('aria-label', `${text}: ${line.getAttribute('aria-label')}`);
    };
    button.type = 'button';
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(line.querySelector('code').textContent);
        say('Copied');
      } catch {
        say('Select it and copy');
      }
    });
    button.addEventListener('blur', () => say('Copy'));
    say('Copy');
    line.append(button);
  }
});
