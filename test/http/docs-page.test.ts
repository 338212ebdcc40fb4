import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createHttpApp, createOpenApi } from '@taskapp/http';
import type { Locator, Page } from 'playwright-core';
import { startBrowser, type WatchedPage } from '../support/browser.ts';
import { serveFaulty } from '../support/http-server.ts';
import { createWorld } from '../support/world.ts';

const { app, user } = await createWorld();
const { url } = await serveFaulty(createHttpApp(app).callback());
const open = await startBrowser();
/** Where the screenshots go that people look at. */
const ARTEFACTS = fileURLToPath(new URL('../artefacts', import.meta.url));
const AXE = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
/** What Swagger UI builds: a link inside the button that opens an operation, its order of headings, its unnamed regions. */
const NOT_OURS = ['nested-interactive', 'heading-order', 'region', 'landmark-unique', 'scrollable-region-focusable'];

async function openDocs(): Promise<WatchedPage> {
  const watched = await open();
  await watched.page.goto(`${url}/docs`);
  await watched.page.locator('.opblock').first().waitFor();
  return watched;
}

const operation = (page: Page, id: string): Locator =>
  page.locator('.opblock').filter({ has: page.locator('.opblock-summary-operation-id', { hasText: id }) });

/** Opens an operation, sends what is in its box or `body`, and returns the status and the body of the answer. */
async function execute(block: Locator, body?: object): Promise<{ status: string; answer: Record<string, unknown> }> {
  await block.locator('.opblock-summary-control').click();
  if (body) await block.locator('.body-param__text').fill(JSON.stringify(body));
  await block.getByRole('button', { name: 'Execute' }).click();
  const answered = block.locator('.live-responses-table');
  const status = await answered.locator('.response-col_status').last().innerText();
  return {
    status: status.trim(),
    answer: JSON.parse(await answered.locator('.response-col_description pre').first().innerText()),
  };
}

/** What axe finds, but for what is not ours to change. */
async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const options = JSON.stringify({ rules: Object.fromEntries(NOT_OURS.map((rule) => [rule, { enabled: false }])) });
  const { violations } = (await page.evaluate(`axe.run(document, ${options})`)) as {
    violations: { id: string; nodes: { html: string }[] }[];
  };
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

async function keepScreenshots(page: Page): Promise<void> {
  mkdirSync(ARTEFACTS, { recursive: true });
  await operation(page, 'tasks.create').getByRole('button', { name: 'Execute' }).scrollIntoViewIfNeeded();
  await page.screenshot({ path: `${ARTEFACTS}/docs-page-task.png` });
  await page.evaluate('scrollTo(0, 0)');
  await page.screenshot({ path: `${ARTEFACTS}/docs-page.png` });
}

const assertQuiet = ({ requested, complaints }: WatchedPage): void => {
  assert.deepEqual(complaints, []);
  assert.deepEqual(
    requested.filter((address) => !address.startsWith(`${url}/`) && !address.startsWith('data:')),
    [],
  );
};

describe('the page /docs in a browser', () => {
  it('signs a newcomer up, and creates a task with the token of the answer', async () => {
    const watched = await openDocs();
    const { page } = watched;
    const signedUp = await execute(page.locator('.opblock').first());
    assert.equal(signedUp.status, '201');
    const created = await execute(operation(page, 'tasks.create'));
    assert.deepEqual([created.status, created.answer.title], ['201', 'Buy milk']);
    const { id } = signedUp.answer.user as { id: string };
    assert.equal(created.answer.userId, id);
    await keepScreenshots(page);
    assert.deepEqual(await findBarriers(page), []);
    assertQuiet(watched);
  });

  it('takes a token that somebody has, and keeps it until the page is loaded anew', async () => {
    const { accessToken, email } = await user();
    const watched = await openDocs();
    const { page } = watched;
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.locator('.auth-container input').fill(accessToken);
    await page.locator('.auth-btn-wrapper').getByRole('button', { name: 'Apply credentials' }).click();
    await page.locator('.auth-btn-wrapper').getByRole('button', { name: 'Close' }).click();
    const me = await execute(operation(page, 'users.me'));
    assert.deepEqual([me.status, me.answer.email], ['200', email]);
    assert.deepEqual(await page.evaluate('[localStorage.length, sessionStorage.length, document.cookie]'), [0, 0, '']);
    assertQuiet(watched);
  });

  it('can be used with the keyboard alone', async () => {
    const { page } = await openDocs();
    const body = { email: `${randomUUID()}@example.com`, password: 'Password123', name: 'Grace' };
    const block = operation(page, 'auth.register');
    const tabTo = async (target: Locator) => {
      const isThere = () => target.evaluate((node) => node === node.ownerDocument.activeElement).catch(() => false);
      for (let steps = 0; steps < 30 && !(await isThere()); steps += 1) await page.keyboard.press('Tab');
      assert.ok(await isThere(), 'thirty tabs do not lead there');
    };
    await tabTo(block.locator('.opblock-summary-control'));
    await page.keyboard.press('Enter');
    await tabTo(block.locator('.body-param__text'));
    await page.keyboard.press('Control+A');
    await page.keyboard.type(JSON.stringify(body));
    await tabTo(block.getByRole('button', { name: 'Execute' }));
    await page.keyboard.press('Enter');
    await block.locator('.live-responses-table').waitFor();
    assert.equal((await app.auth.login({}, { email: body.email, password: body.password })).user.name, 'Grace');
  });

  it('reports what a policy forbids, and requests to others', async () => {
    const watched = await openDocs();
    await watched.page.evaluate(
      `document.head.append(Object.assign(document.createElement('script'), { src: 'https://example.com/x.js' }))`,
    );
    await watched.page.evaluate(`fetch('https://example.com/').catch(() => undefined)`);
    assert.throws(() => assertQuiet(watched), /example\.com/);
  });
});

describe('the examples of request bodies', () => {
  it('have every field that is required, so that Execute works at once', () => {
    const paths = Object.values(createOpenApi().paths ?? {}) as Record<string, unknown>[];
    const bodies = paths
      .flatMap((path) => Object.values(path))
      .flatMap((each) => {
        const { requestBody } = each as {
          requestBody?: { content: Record<string, { schema: { required?: string[] }; example: object }> };
        };
        return Object.values(requestBody?.content ?? {});
      });
    assert.ok(bodies.length > 5);
    for (const { schema, example } of bodies)
      assert.deepEqual(
        (schema.required ?? []).filter((name) => !(name in example)),
        [],
        JSON.stringify(example),
      );
  });
});
