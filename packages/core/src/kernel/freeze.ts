/** Freezes an input with everything in it: what was checked is what the handler works with to its end. */
export function freeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}
