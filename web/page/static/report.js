// What the partner's report gains from a script: the reader's own time zone, every zone to choose from, a print button, and
// values under the pointer, a finger or the arrow keys. All that it says is in the page without it.
(() => {
  document.documentElement.classList.add('scripts');

  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const shown = document.querySelector('meta[name="time-zone"]')?.content;
  const asked = new URLSearchParams(location.search);
  if (shown && timeZone && timeZone !== shown && !asked.has('tz') && !asked.has('local')) {
    location.replace(`${location.pathname}${location.search}&local=${encodeURIComponent(timeZone)}${location.hash}`);
    return;
  }

  document.addEventListener('DOMContentLoaded', () => {
    offerZones(document.getElementById('tz'));
    document.getElementById('print')?.addEventListener('click', () => print());
    for (const figure of document.querySelectorAll('[data-chart]')) tell(figure);
  });

  /** Adds the zones that the browser knows to those that the page offers. */
  function offerZones(select) {
    if (!select) return;
    const offered = new Set([...select.options].map((option) => option.value));
    for (const zone of Intl.supportedValuesOf?.('timeZone') ?? []) {
      const [area, ...place] = zone.split('/');
      if (offered.has(zone) || place.length === 0) continue;
      let group = [...select.children].find((child) => child.label === area);
      if (!group) {
        group = document.createElement('optgroup');
        group.label = area;
        select.append(group);
      }
      const option = new Option(place.join('/').replaceAll('_', ' '), zone);
      const next = [...group.children].find((other) => other.label > option.label);
      group.insertBefore(option, next ?? null);
    }
  }

  /** Lets a chart tell its values where the reader points, or goes with the arrow keys. */
  function tell(figure) {
    const plot = figure.querySelector('.plot');
    const steps = [...plot.querySelectorAll('.hit')].map((place) => {
      const title = place.querySelector('title');
      const step = { ...place.dataset, text: title.textContent };
      title.remove(); // or the browser would tell it too
      return step;
    });
    if (steps.length === 0) return;

    const line = draw('line', 'cursor', { y1: 0, y2: plot.querySelector('.hit').getAttribute('height') });
    const behind = draw('circle', 'cursor-dot behind', { r: 4 });
    const dot = draw('circle', 'cursor-dot', { r: 4.5 });
    const pointed = document.createElementNS('http://www.w3.org/2000/svg', 'g');
    pointed.append(line, behind, dot);
    plot.insertBefore(pointed, plot.querySelector('.hit'));
    const told = document.createElement('div');
    told.className = 'told';
    figure.append(told);

    const slider = plot.parentNode.insertBefore(document.createElement('div'), plot);
    slider.append(plot);
    slider.tabIndex = 0;
    const label = plot.querySelector('title').textContent;
    for (const [name, value] of Object.entries({
      role: 'slider', 'aria-label': label, 'aria-valuemin': 1, 'aria-valuemax': steps.length, 'aria-orientation': 'horizontal',
    })) slider.setAttribute(name, value);

    let at = steps.length - 1;
    mark();
    hide();

    function draw(kind, name, attributes) {
      const element = document.createElementNS('http://www.w3.org/2000/svg', kind);
      element.setAttribute('class', name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      return element;
    }

    function mark() {
      const step = steps[at];
      slider.setAttribute('aria-valuenow', at + 1);
      slider.setAttribute('aria-valuetext', step.text.replaceAll('\n', '; '));
    }

    function hide() {
      pointed.style.display = 'none';
      told.hidden = true;
    }

    function show(index) {
      at = Math.min(Math.max(index, 0), steps.length - 1);
      mark();
      const step = steps[at];
      line.setAttribute('x1', step.x);
      line.setAttribute('x2', step.x);
      place(dot, step.x, step.y);
      place(behind, step.x, step.rear);
      pointed.style.display = '';
      told.textContent = step.text;
      told.hidden = false;
      const left = plot.getBoundingClientRect().left - figure.getBoundingClientRect().left;
      const x = left + (parseFloat(step.x) / 100) * plot.getBoundingClientRect().width;
      const room = figure.clientWidth - told.offsetWidth;
      told.style.left = `${Math.min(Math.max(x > figure.clientWidth / 2 ? x - told.offsetWidth - 12 : x + 12, 0), room)}px`;
      told.style.top = `${slider.offsetTop + 28}px`;
    }

    function place(circle, x, y) {
      circle.style.display = y ? '' : 'none';
      circle.setAttribute('cx', x);
      circle.setAttribute('cy', y || 0);
    }

    const under = (event) => {
      const { left, width } = plot.getBoundingClientRect();
      return Math.floor(((event.clientX - left) / width) * steps.length);
    };
    plot.addEventListener('pointermove', (event) => show(under(event)));
    plot.addEventListener('pointerdown', (event) => show(under(event)));
    plot.addEventListener('pointerleave', (event) => event.pointerType === 'mouse' && hide());
    slider.addEventListener('focus', () => slider.matches(':focus-visible') && show(at));
    slider.addEventListener('blur', hide);
    slider.addEventListener('keydown', (event) => {
      const to = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, Home: 0, End: steps.length - 1,
        PageDown: at - 7, PageUp: at + 7 }[event.key];
      if (event.key === 'Escape') hide();
      if (to === undefined) return;
      event.preventDefault();
      show(to);
    });
    document.addEventListener('pointerdown', (event) => figure.contains(event.target) || hide());
  }
})();
