import { readFileSync } from 'node:fs';

const OWN = `Accounts, tasks and tags over HTTP.

To try it out on the page \`/docs\` of a server: open the first operation and press Execute, which makes an account. The page
sends its access token with whatever you execute next, until you reload it. "Authorize" is for a token that you have.

Programs sign in for an access token and send it as \`Authorization: Bearer <token>\`.`;
const HOSTED = `Tasks and tags over HTTP.

Sign in to the app that this is a part of.`;
const FORM = `Bodies are JSON in UTF-8; unknown fields
are refused. Every error has the shape of the schema \`Error\`, or of \`Problem\` for callers that prefer \`application/problem+json\`;
its \`code\` never changes its meaning.`;

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** What the document says of the API as a whole. */
export const describeApi = (isHosted: boolean) => ({
  title: 'Task app',
  version,
  description: `${isHosted ? HOSTED : OWN} ${FORM}`,
  license: { name: 'MIT', identifier: 'MIT' },
});
