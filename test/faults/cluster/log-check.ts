/** Watches the log of a node while it runs. */
export interface LogCheck {
  readonly problems: readonly string[];
  /** Lines at level error, shortened. */
  readonly errors: readonly string[];
  /** Lines at level error are failures unless their text matches. */
  check(line: string, mayBeCut: () => boolean): void;
  complain(problem: string): void;
}

const MAX_KEPT = 50;
/** The beginning of every JSON Web Token that the app signs. */
const TOKEN = /eyJ[\w-]{10,}\.eyJ/;

/** Every line must be one JSON object, and none may hold a canary or a token. */
export function createLogCheck(canaries: readonly string[]): LogCheck {
  const problems: string[] = [];
  const errors: string[] = [];
  const complain = (problem: string) => {
    if (problems.length < MAX_KEPT) problems.push(problem);
  };
  const check = (line: string, mayBeCut: () => boolean) => {
    if (canaries.some((canary) => line.includes(canary)) || TOKEN.test(line))
      complain(`secret in the log: ${shorten(line)}`);
    const fields = parse(line);
    // The last line of a process that was killed may end anywhere.
    if (!fields) return mayBeCut() ? undefined : complain(`not JSON: ${shorten(line)}`);
    if (fields.level === 'error' && errors.length < MAX_KEPT) errors.push(shorten(line));
  };
  return { problems, errors, check, complain };
}

function parse(line: string): { level?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const shorten = (line: string) => (line.length > 400 ? `${line.slice(0, 400)}...` : line);
