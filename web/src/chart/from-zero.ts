/** From 0 to the largest value; to 1 when all are 0, which then lie where the axis begins. */
export const fromZero = (values: (number | null)[]): [number, number] => [0, Math.max(0, ...values.map((value) => value ?? 0)) || 1];
