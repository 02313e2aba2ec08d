import type { Key } from './draw';

const namespace = 'http://www.w3.org/2000/svg';
const painted = ['fill', 'fill-opacity', 'stroke', 'stroke-opacity', 'stroke-width', 'stroke-dasharray', 'opacity', 'font-family', 'font-size', 'font-weight', 'text-anchor'];
const margin = 16;

/** A picture that needs no style sheet: the chart with its title and its keys, in the colours that it has on the page. */
export function standalone(chart: SVGSVGElement, title: string, keys: Key[]): SVGSVGElement {
  const { width, height } = chart.viewBox.baseVal;
  const place = getComputedStyle(chart.parentElement ?? chart);
  const paper = resolve('var(--paper)', chart);
  const top = margin + 24 + (keys.length ? 24 : 0);
  const picture = element('svg', { width: `${width + 2 * margin}`, height: `${height + top + margin}`, viewBox: `0 0 ${width + 2 * margin} ${height + top + margin}` });
  picture.append(element('rect', { width: '100%', height: '100%', fill: paper }));
  picture.append(text(title, margin, margin + 12, place.color, 15, 600));
  let x = margin;
  for (const key of keys) {
    picture.append(element('rect', { x: `${x}`, y: `${margin + 28}`, width: '12', height: '12', rx: '2', fill: resolve(key.colour, chart) }));
    picture.append(text(key.name, x + 17, margin + 38, place.color, 12, 400));
    x += 34 + key.name.length * 6.6;
  }
  const copy = painting(chart);
  copy.setAttribute('x', `${margin}`);
  copy.setAttribute('y', `${top}`);
  picture.append(copy);
  return picture;
}

/** A copy with every computed colour and type written into it. */
function painting(chart: SVGSVGElement): SVGSVGElement {
  const copy = chart.cloneNode(true) as SVGSVGElement;
  const originals = [chart, ...chart.querySelectorAll('*')];
  const copies = [copy, ...copy.querySelectorAll('*')];
  for (const [index, original] of originals.entries()) {
    const computed = getComputedStyle(original);
    for (const name of painted) copies[index]!.setAttribute(name, computed.getPropertyValue(name));
  }
  for (const style of copy.querySelectorAll('style, [aria-label="tip"]')) style.remove();
  for (const of of [copy, ...copy.querySelectorAll('*')]) for (const name of ['class', 'style']) of.removeAttribute(name);
  return copy;
}

/** The colour that an expression of the style sheet stands for, at a place. */
function resolve(colour: string, at: Element): string {
  const probe = document.createElement('span');
  probe.style.color = colour;
  (at.parentElement ?? document.body).append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function element<Name extends keyof SVGElementTagNameMap>(name: Name, attributes: Record<string, string>): SVGElementTagNameMap[Name] {
  const made = document.createElementNS(namespace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function text(content: string, x: number, y: number, fill: string, size: number, weight: number): SVGElement {
  const made = element('text', { x: `${x}`, y: `${y}`, fill, 'font-family': 'system-ui, sans-serif', 'font-size': `${size}`, 'font-weight': `${weight}` });
  made.textContent = content;
  return made;
}

export const svgText = (picture: SVGElement) => new XMLSerializer().serializeToString(picture);

/** The picture at twice its size, for screens and slides. */
export async function pngOf(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.width * 2;
  canvas.height = image.height * 2;
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, failed) =>
    canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error('The browser made no picture'))), 'image/png'),
  );
}
