import { call, createAccount } from './accounts.ts';
import type { Report } from './report.ts';
import { resign } from './token-forge.ts';
import { tokenVectors } from './token-vectors.ts';
import type { World } from './world.ts';

const MIN_VECTORS = 60;
const PATH = '/api/users/me';

/** Sends forged tokens: all of them are answered 401, the genuine ones 200. */
export async function forgeTokens(world: World, report: Report): Promise<void> {
  const { accessToken: token, refreshToken } = await createAccount(world);
  const genuine = { token, refreshToken, secret: world.secrets.access, refreshSecret: world.secrets.refresh };
  const ask = (headers: Record<string, string>, path = PATH) => call(world, { method: 'GET', path, headers });
  for (const good of [token, resign(genuine)]) {
    const { status } = await ask({ Authorization: `Bearer ${good}` });
    report.check(status === 200, `a genuine token is answered ${status}: the vectors prove nothing`);
  }
  const vectors = tokenVectors(genuine);
  report.check(vectors.length >= MIN_VECTORS, `only ${vectors.length} vectors`);
  for (const [name, forged] of vectors) {
    const { status, body, headers } = await ask({ Authorization: `Bearer ${forged}` });
    report.check(status === 401 && body.code === 'auth.token_invalid', `token with ${name}: ${status} ${body?.code}`);
    const challenge = headers['www-authenticate'] ?? '';
    report.check(challenge.includes('error="invalid_token"'), `token with ${name}: the challenge is ${challenge}`);
  }
  await checkCarriers(report, token, ask);
  const errors = world.log.splice(0).filter(({ level }) => level === 'error');
  report.check(errors.length === 0, `forged tokens were logged as errors: ${errors[0]?.message}`);
}

type Ask = (headers: Record<string, string>, path?: string) => Promise<{ status: number; body?: { code?: string } }>;

/** The scheme is read by its grammar, and a token travels in one place only. */
async function checkCarriers(report: Report, token: string, ask: Ask): Promise<void> {
  const carriers: readonly (readonly [string, Record<string, string>, string, number])[] = [
    ['bearer in lower case', { Authorization: `bearer ${token}` }, PATH, 200],
    ['two spaces', { Authorization: `Bearer  ${token}` }, PATH, 200],
    ['no scheme', { Authorization: token }, PATH, 401],
    ['another scheme', { Authorization: `Basic ${token}` }, PATH, 401],
    ['nothing after the scheme', { Authorization: 'Bearer' }, PATH, 401],
    ['two tokens', { Authorization: `Bearer ${token} ${token}` }, PATH, 401],
    ['a comma', { Authorization: `Bearer ${token},` }, PATH, 401],
    ['token in the query', {}, `${PATH}?access_token=${token}`, 401],
    ['token in a cookie', { Cookie: `token=${token}` }, PATH, 401],
    ['token in another header', { 'X-Access-Token': token }, PATH, 401],
  ];
  for (const [name, headers, path, expected] of carriers) {
    const { status } = await ask(headers, path);
    report.check(status === expected, `${name}: ${status}, not ${expected}`);
  }
}
