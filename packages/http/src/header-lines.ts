import type { IncomingMessage } from 'node:http';

/** The values of all lines of a header, in order; Node keeps the first of some headers and joins those of others. */
export function headerLines({ rawHeaders }: IncomingMessage, name: string): string[] {
  const isName = (index: number) => index % 2 === 0 && rawHeaders[index]?.toLowerCase() === name;
  return rawHeaders.flatMap((_, index) => (isName(index) ? [(rawHeaders[index + 1] ?? '').trim()] : []));
}
