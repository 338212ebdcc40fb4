/** What an error must not tell: SQL, stacks, paths, libraries, versions. */
const OF_ERRORS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['SQL', /\b(select .+ from|insert into|update .+ set|delete from|syntax error at|taskapp\.|violates|constraint)\b/i],
  ['a stack', /\bat .+:\d+:\d+|node:internal|node_modules/],
  ['a path', /(\/[\w.-]+){2,}\.(ts|js|mjs)\b|\/(home|tmp|usr|var|root)\//],
  ['a library', /\b(knex|objection|ioredis|postgres(ql)?|koa|node-pg|zod)\b/i],
  ['a class', /\b(TypeError|RangeError|SyntaxError|ZodError|Error:)/],
  ['a table', /\b(login_attempts|idempotency_keys|task_tags|knex_migrations|workspaces_owner)\b/],
];

/** What no answer must tell, errors or not. */
const OF_ALL: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a hash of a password', /\$tk1\$|\$2[aby]\$\d\d\$/],
  ['the name of a hash', /"(password_?hash|hash)":/i],
];

/** The headers by which servers like to say what they are. */
const BOASTING = ['x-powered-by', 'server', 'via'];

/** Says what an answer tells that it should not, a line each; `text` is the body, of an error without its request id. */
export function findLeaks(
  status: number,
  text: string,
  headers: Readonly<Record<string, unknown>> = {},
  secrets: readonly string[] = [],
): string[] {
  const patterns = status >= 400 ? [...OF_ALL, ...OF_ERRORS] : OF_ALL;
  return [
    ...patterns.filter(([, pattern]) => pattern.test(text)).map(([what]) => `an answer tells ${what}`),
    ...BOASTING.filter((name) => headers[name]).map((name) => `the header ${name} says ${headers[name]}`),
    ...(secrets.some((secret) => text.includes(secret)) ? ['an answer tells a secret of the server'] : []),
  ].map((problem) => `${problem}: ${status} ${text.slice(0, 200)}`);
}
