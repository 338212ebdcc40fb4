/** The name most like `text`, if one is so much like it that it may be meant; whatever their case. */
export function findNear(text: string, names: readonly string[]): string | undefined {
  const wanted = text.toLowerCase();
  const close = names.map((name) => ({ name, distance: distanceOf(wanted, name.toLowerCase()) }));
  const [best] = close.sort((a, b) => a.distance - b.distance);
  return best && best.distance <= Math.max(1, Math.floor(wanted.length / 3)) ? best.name : undefined;
}

/** How many characters have to be put in, left out or replaced to make one of the other (Levenshtein). */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (const [to, counterpart] of [...other].entries()) {
      const replaced = (row[to] ?? 0) + (letter === counterpart ? 0 : 1);
      next.push(Math.min(replaced, (row[to + 1] ?? 0) + 1, (next[to] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
