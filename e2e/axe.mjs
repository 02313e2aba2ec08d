import assert from 'node:assert/strict';
import axe from 'axe-core';

/**
 * Fails when axe finds anything serious or critical on the page. Its source comes in through the debugger, which no
 * Content-Security-Policy stops. options are axe.run's; include and exclude (CSS selectors) say where to look.
 */
export async function check(page, { include, exclude, ...options } = {}) {
  await page.evaluate(`if (!globalThis.axe) { ${axe.source} }`);
  await page.evaluate(settled);
  const violations = await page.evaluate(
    async ([context, options]) => (await globalThis.axe.run(context, options)).violations,
    [{ include: include ? [include].flat() : [':root'], exclude: [exclude ?? []].flat() }, { resultTypes: ['violations'], ...options }],
  );
  const found = violations.filter((violation) => ['serious', 'critical'].includes(violation.impact));
  assert.deepEqual(found.map((violation) => violation.id), [], `${page.url()}\n${found.map(described).join('\n')}\n`);
}

/** Waits until nothing fades or moves any more, but for what does so for ever. */
const settled = () =>
  Promise.allSettled(
    document
      .getAnimations()
      .filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity)
      .map((animation) => animation.finished),
  );

function described({ id, impact, help, helpUrl, nodes }) {
  const places = nodes.slice(0, 5).map(({ target, html, failureSummary }) => {
    const why = failureSummary?.split('\n').slice(1).map((line) => line.trim()).join('; ');
    return `    ${target.join(' ')}\n      ${html.slice(0, 160)}\n      ${why}`;
  });
  const more = nodes.length > 5 ? [`    and ${nodes.length - 5} more`] : [];
  return [`  ${id} (${impact}): ${help}, ${helpUrl}`, ...places, ...more].join('\n');
}
