import { batch } from './batches.ts';
import { settle } from './commit-outcome.ts';
import type { Db } from './database.ts';
import { isConnectionLoss, isLockTimeout, isTimeout } from './database-errors.ts';
import { runStatement, type Statement } from './statement.ts';
import { commitAlone } from './transaction.ts';

/** A change that one statement carries out, for itself or together with others of its kind. */
export interface JointChange {
  /** The id of the event that it records. */
  readonly witness: string;
  /** Names what is changed: one statement changes a thing once. */
  readonly subject: string;
  readonly alone: () => Statement;
  /** What the joint statement is told of it. */
  readonly record: object;
}

/** A row of a joint statement. */
export interface JointRow {
  readonly witness: string;
}

type Rows<Row> = Promise<readonly Row[] | undefined>;

interface Answer<Row> {
  readonly rows: ReadonlyMap<string, Row>;
  /** Why nobody knows what became of the statement. */
  readonly lost?: unknown;
}

/**
 * Makes a `commitAlone` for changes of one kind: those of one turn of the event loop become one statement, made by
 * `join`, so one round trip and one commit. That statement waits for nobody's locks and refuses nobody: it leaves out
 * what is locked, and what it has no row for is carried out alone, as is all of it when it fails. So calls have nothing
 * to do with each other but the turn that they came in. On a transaction every change is carried out alone.
 */
export function createJointCommits<Row extends JointRow>(pool: Db, join: (records: readonly object[]) => Statement) {
  const enter = batch<JointChange, Rows<Row>>(async (changes) => {
    const firsts = new Map([...changes].reverse().map((change) => [change.subject, change]));
    if (firsts.size === 1) return changes.map((change) => commitChange<Row>(pool, change));
    const answer = commitJointly<Row>(pool, join([...firsts.values()].map(({ record }) => record)));
    return changes.map((change) => resultOf(pool, change, answer));
  });
  return async (db: Db, change: JointChange): Rows<Row> =>
    db === pool && !db.isTransaction ? enter(change) : commitChange<Row>(db, change);
}

const commitChange = <Row>(db: Db, { alone, witness }: JointChange): Rows<Row> =>
  commitAlone<Row>(db, { ...alone(), witness });

async function commitJointly<Row extends JointRow>(db: Db, statement: Statement): Promise<Answer<Row>> {
  let sent = false;
  try {
    const { rows } = await runStatement<Row>(db, statement, () => {
      sent = true;
    });
    return { rows: new Map(rows.map((row) => [row.witness, row])) };
  } catch (error) {
    // Who has waited as long as anybody may does not wait once more.
    if (!sent || isTimeout(error) || isLockTimeout(error)) throw error;
    return { rows: new Map(), ...(isConnectionLoss(error) && { lost: error }) };
  }
}

async function resultOf<Row>(db: Db, change: JointChange, answer: Promise<Answer<Row>>): Rows<Row> {
  const { rows, lost } = await answer;
  const row = rows.get(change.witness);
  if (row) return [row];
  if (lost === undefined) return commitChange(db, change);
  if ((await settle(db, change.witness, lost)) === 'ROLLBACK') throw lost;
  return undefined;
}
