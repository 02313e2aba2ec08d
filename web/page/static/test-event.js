// The box of /docs/events that records an event. Where it cannot run, the page shows the same for a terminal.
const keyItem = 'footfall.key'; // as in src/shared/credentials.ts
const demoItem = 'footfall.demoKey';

// As in src/shared/kept.ts: where a browser keeps nothing for the page, there is none, or asking alone throws.
const ofTab = (() => {
  try {
    if (sessionStorage) return sessionStorage;
  } catch {}
  return { getItem: () => null, setItem: () => {} };
})();

addEventListener('DOMContentLoaded', async () => {
  const part = (name) => document.getElementById(`test-event${name}`);
  const form = part('');
  const key = part('-key');
  const body = part('-body');
  const answer = part('-answer');
  const send = form.querySelector('button');
  part('-curl').hidden = true;
  form.hidden = false;

  let demo = null;
  const renew = () => {
    body.value = JSON.stringify(example(demo), null, 2);
    send.textContent = 'Send';
    answer.replaceChildren();
  };
  renew();
  key.value = ofTab.getItem(keyItem) ?? '';
  key.addEventListener('input', () => ofTab.setItem(keyItem, key.value));
  body.addEventListener('input', () => (send.textContent = 'Send'));
  part('-fresh').addEventListener('click', renew);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    send.disabled = true;
    const live = demo && body.value.includes(demo.campaignKey) ? demo.campaignKey : '';
    show(answer, await record(key.value, body.value), live);
    send.disabled = false;
    send.textContent = 'Send again';
    send.focus();
  });

  demo = await loadDemo();
  if (!demo) return;
  // The pages' key may only read; the demo's other key stays in this box, so that they go on with theirs.
  const ofEarlierDemo = key.value === ofTab.getItem(demoItem);
  if (!key.value || key.value === demo.readKey || ofEarlierDemo) key.value = demo.fullKey;
  renew();
});

async function loadDemo() {
  try {
    return (await (await fetch('/config.json')).json()).demo;
  } catch {
    return null;
  }
}

/** One that is accepted, once: of the demo's campaign that is on air, or of an event page that need not exist. */
function example(demo) {
  const id = `test-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`;
  const at = new Date().toISOString();
  return demo
    ? { id, action: 'like', campaign: demo.campaignKey, visitor: 'test-visitor', at }
    : { id, action: 'click', event: 'my-first-event', session: 'test-session', at };
}

async function record(key, text) {
  try {
    const response = await fetch('/v1/events', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
      body: text.trim().startsWith('[') ? text : `[${text}]`,
    });
    return { status: response.status, answer: await response.json() };
  } catch (error) {
    return { status: 0, answer: { detail: `No answer: ${error.message}` } };
  }
}

function show(place, { status, answer }, live) {
  const said = sentences(status, answer).map((text) => element('p', text));
  const failed = status !== 200 || answer.rejected.length > 0;
  const notice = element('div', ...said);
  notice.className = failed ? 'notice alarm' : 'notice';
  if (!failed && live) {
    const wall = element('a', 'the live wall');
    wall.href = `/campaigns/${encodeURIComponent(live)}`;
    notice.append(element('p', 'It is in the numbers of ', wall, '.'));
  }
  const raw = element('pre', element('code', JSON.stringify(answer, null, 2)));
  raw.tabIndex = 0;
  raw.setAttribute('role', 'group');
  raw.setAttribute('aria-label', 'The answer');
  place.replaceChildren(notice, raw);
}

function sentences(status, { accepted, duplicates, rejected, detail, title }) {
  if (status !== 200) return [`${status || ''} ${detail ?? title ?? 'It was not taken.'}`.trim()];
  const all = [];
  if (accepted) all.push(`200: ${accepted} accepted. Every answer from now on counts it.`);
  if (duplicates) all.push(`200: ${duplicates} duplicate. This id at this instant was counted before, so no number changed.`);
  for (const { index, code, message } of rejected) all.push(`200, but event ${index} was rejected: ${code}, ${message}`);
  return all.length ? all : ['200: there was no event in it.'];
}

function element(name, ...content) {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}
