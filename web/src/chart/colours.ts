/** The style sheet's series; the second is kept for what lies behind, and for the rest. */
const inOrder = ['var(--series-1)', 'var(--series-3)', 'var(--series-6)', 'var(--series-5)', 'var(--series-4)'];

export const behind = 'var(--series-2)';

export interface Colour {
  colour: string;
  /** The second time round, so that nobody has to tell ten colours apart. */
  again: boolean;
}

export function colourOf(index: number): Colour {
  return { colour: inOrder[index % inOrder.length]!, again: index >= inOrder.length };
}

/** How many curves or segments can be told apart. */
export const distinguishable = inOrder.length * 2;
