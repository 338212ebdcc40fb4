import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createCli, runTaskctl } from '../support/cli.ts';
import { createWorld, PASSWORD, secrets, type World } from '../support/world.ts';

let world: World;
let cli: ReturnType<typeof createCli>;

before(async () => {
  world = await createWorld({ redis: null });
  cli = createCli(world.url, { env: { BCRYPT_COST: '4' } });
});

const create = (email: string, stdin: string, ...more: string[]) =>
  cli({ stdin }, 'user', 'create', '--email', email, '--name', 'Eve', '--password-stdin', ...more);

test('an account is created with a password from stdin, changed and removed by its address', async () => {
  const email = 'eve@example.com';
  const created = (await create(email, `${PASSWORD}\n`, '--role', 'admin', '--json')).json();
  assert.deepEqual([created.email, created.role], [email, 'ADMIN']);
  const { status } = await world.http.post('/api/auth/login').send({ email, password: PASSWORD });
  assert.equal(status, 200);
  assert.equal((await cli('user', 'update', 'EVE@example.com', '--role', 'USER', '--json')).json().role, 'USER');
  assert.equal((await cli('user', 'get', email, '--json')).json().id, created.id);
  assert.deepEqual((await cli('user', 'delete', email, '--json')).json(), { id: created.id });
  const gone = await cli('user', 'get', email);
  assert.equal(gone.code, 6);
  assert.match(gone.stderr, /^taskctl: User not found \(user\.not_found\)/);
});

test('--as takes an address or an id; unknown and locked users cannot act', async () => {
  const user = await world.user();
  assert.equal((await cli('user', 'me', '--as', user.email, '--json')).json().id, user.id);
  assert.equal((await cli('--as', user.id, 'user', 'me', '--json')).json().id, user.id);
  for (const as of ['nobody@example.com', 'nobody', '01a202c9-95d8-76d4-89c9-5b0e1aa9819d', '@']) {
    const { code, stderr } = await cli('ls', '--as', as);
    assert.equal(code, 4, as);
    assert.match(stderr, /There is no user/);
  }
  await cli('user', 'update', user.email, '--disabled');
  const locked = await cli('ls', '--as', user.email);
  assert.equal(locked.code, 4);
  assert.match(locked.stderr, /is locked/);
  assert.equal((await cli('user', 'update', user.email, '--no-disabled', '--json')).json().disabledAt, null);
  assert.equal((await cli('ls', '--as', user.email)).code, 0);
});

test('a user may do what a user may do', async () => {
  const { email } = await world.user();
  const { code, stderr } = await cli('user', 'list', '--as', email, '--json');
  assert.equal(code, 5);
  assert.equal(JSON.parse(stderr).error.code, 'auth.admin_required');
  const self = await cli('auth', 'sessions');
  assert.equal(self.code, 2);
  assert.match(self.stderr, /--as ada@example\.com/);
});

test('two secrets come as two lines, in order', async () => {
  const { email } = await world.user();
  const { access, refresh } = secrets();
  const env = { JWT_ACCESS_SECRET: access, JWT_REFRESH_SECRET: refresh };
  const change = (stdin: string, settings = { env }) =>
    cli(
      { ...settings, stdin },
      'auth',
      'change-password',
      '--as',
      email,
      '--current-password-stdin',
      '--new-password-stdin',
    );
  assert.equal((await change(`Wrong1234\n${PASSWORD}`)).code, 5);
  assert.equal((await change(`${PASSWORD}\r\nOther5678\r\n`)).code, 0);
  assert.equal((await change(`Other5678\n${PASSWORD}\n`)).code, 0);
  const short = await change(`${PASSWORD}\n`);
  assert.equal(short.code, 2);
  assert.match(short.stderr, /exactly 2 lines: current password, then new password/);
  const untrusted = await change(`${PASSWORD}\nOther5678`, { env: {} as typeof env });
  assert.equal(untrusted.code, 2);
  assert.match(untrusted.stderr, /Set JWT_ACCESS_SECRET/);
});

test('where nobody can be asked, the missing flags are named and nothing is done', async () => {
  const base = ['user', 'create', '--email', 'mute@example.com', '--name', 'M'];
  const { code, stderr, stdout } = await cli(...base);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /--password-stdin required where nobody can be asked/);
  assert.equal((await create('mute@example.com', '')).code, 2);
  assert.equal((await create('mute@example.com', 'One12345\nTwo12345\n')).code, 2);
  assert.equal((await cli('user', 'get', 'mute@example.com')).code, 6);
});

test('at a terminal a secret is asked for, a new one twice, and what is typed does not show', async () => {
  const base = ['user', 'create', '--name', 'T', '--email'];
  const typed = await cli({ typed: [PASSWORD, PASSWORD] }, ...base, 'typed@example.com');
  assert.equal(typed.code, 0, typed.stderr);
  assert.equal(typed.stderr, 'Password: \nRepeat the password: \n');
  const differs = await cli({ typed: [PASSWORD, 'Other1234'] }, ...base, 'differs@example.com');
  assert.equal(differs.code, 2);
  assert.match(differs.stderr, /The two entries of the password differ/);
  const { status } = await world.http.post('/api/auth/login').send({ email: 'typed@example.com', password: PASSWORD });
  assert.equal(status, 200);
});

test('nobody is asked in CI or where a program reads the answer', async () => {
  const base = ['user', 'create', '--name', 'T', '--email', 'ci@example.com'];
  for (const run of [cli({ typed: [], env: { CI: 'true' } }, ...base), cli({ typed: [] }, ...base, '--json')]) {
    assert.equal((await run).code, 2);
  }
});

test('Ctrl-D at a question cancels with 3, Ctrl-C interrupts with 130', async () => {
  const base = ['auth', 'login', '--email', 'a@example.com'];
  const [end, interrupt] = [0x04, 0x03].map((code) => String.fromCodePoint(code));
  assert.equal((await cli({ typed: [end ?? ''] }, ...base)).code, 3);
  assert.equal((await cli({ typed: [interrupt ?? ''] }, ...base)).code, 130);
});

test('validation names the options, and never the secret', async () => {
  const { code, stderr } = await create('not-an-address', 'weak');
  assert.equal(code, 2);
  assert.match(stderr, /^ {2}--email: Invalid email address$/m);
  assert.match(stderr, /^ {2}--password-stdin: Password must be at least 8 characters$/m);
  assert.doesNotMatch(stderr, /weak/);
  const taken = await create((await world.user()).email, PASSWORD, '--json');
  assert.equal(taken.code, 7);
  assert.deepEqual(JSON.parse(taken.stderr), {
    error: {
      code: 'user.email_taken',
      message: 'Email already registered',
      problems: [],
      hint: null,
      retryAfter: null,
      requestId: null,
    },
  });
});

test('what is missing is named all at once, before anything is opened', async () => {
  const { code, stderr } = await runTaskctl(['user', 'create'], {
    env: { DATABASE_URL: 'postgres://127.0.0.1:1/none' },
  });
  assert.equal(code, 2);
  assert.match(stderr, /--email and --name required/);
});
