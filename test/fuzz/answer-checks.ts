import type { Answer } from '../faults/client/http.ts';
import type { Case } from './cases.ts';
import { type Operation, successOf } from './document.ts';
import type { Report } from './report.ts';
import { validate } from './schema.ts';
import type { World } from './world.ts';

/** Checks everything about an answer that the document, or good manners, promise. */
export function checkAnswer(world: World, report: Report, made: Case, answer: Answer): void {
  const { operation, kind } = made;
  const complain = (what: string) =>
    report.fail(`${operation.id}, ${kind}: ${what}`, { query: made.query, body: made.body, answer: answer.body });
  checkStatus(made, answer, complain, report);
  checkBody(world, operation, answer, complain);
  checkEcho(made, answer, complain);
  const lines = world.log.splice(0);
  for (const line of lines)
    if (line.level === 'error') complain(`logged an error: ${JSON.stringify(line).slice(0, 300)}`);
}

type Complain = (what: string) => void;

function checkStatus({ operation, expect }: Case, { status, body }: Answer, complain: Complain, report: Report): void {
  if (status >= 500) complain(`${status} ${body?.code}`);
  const documented = operation.responses[status];
  if (!documented) complain(`status ${status} is not documented`);
  else if (status >= 400 && !documented.description.includes(`\`${body?.code}\``))
    complain(`${status} with the code ${body?.code} is not documented`);
  const isSuccess = status >= 200 && status < 300;
  // A conflict is about what is there already, not about what was sent.
  if (expect === 'accept' && !isSuccess && status !== 409)
    gap(report, complain, `valid by the document, refused with ${status} ${body?.code} ${body?.errors}`);
  if (body?.code === 'input.unstorable') gap(report, complain, 'only the database refused it');
  if (expect === 'reject' && isSuccess) gap(report, complain, `invalid by the document, accepted with ${status}`);
  if (isSuccess && status !== successOf(operation)) complain(`success is ${status}`);
}

function gap(report: Report, complain: Complain, what: string): void {
  report.validationGaps += 1;
  complain(what);
}

function checkBody({ document }: World, { responses }: Operation, { status, body }: Answer, complain: Complain): void {
  const response = responses[`${status}`];
  if (!response) return;
  const schema = response.content?.['application/json']?.schema;
  if (!schema && body !== undefined) complain(`${status} has a body`);
  const problems = schema ? validate(document.root, schema, body) : [];
  if (problems.length > 0) complain(`the answer does not fit the document: ${problems.slice(0, 3).join('; ')}`);
}

/** An accepted text comes back as it went in, trimmed and in Normalization Form C. */
function checkEcho({ echo }: Case, { status, body }: Answer, complain: Complain): void {
  if (!echo || status >= 300 || typeof body?.[echo.field] !== 'string') return;
  const kept = body[echo.field];
  if (kept !== echo.text.trim().normalize('NFC'))
    complain(`${JSON.stringify(echo.text)} came back as ${JSON.stringify(kept)}`);
}
