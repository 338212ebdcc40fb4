import type { Db } from '../kernel/database.ts';
import { addConsumer, releaseConsumer, savePosition, takeConsumer } from './consumers.queries.ts';
import { findMove, findStart, type Position } from './event-reader.queries.ts';

/** Keeps how far a listener has come. */
export interface PositionStore {
  /** The position to go on from; nothing while another process is told. */
  take(): Promise<Position | undefined>;
  /** Keeps a position; resolves with false where it is this process's no more. */
  save(position: Position): Promise<boolean>;
  release(): Promise<void>;
}

/** Remembers in the database; made on several processes, one of them has the position at a time. */
export async function createNamedStore(db: Db, name: string, holder: string): Promise<PositionStore> {
  const holding = { name, holder };
  await addConsumer(db, name, await findStart(db));
  return {
    take: async () => {
      const position = await takeConsumer(db, holding);
      return position && withMove(position, await findMove(db, position));
    },
    save: (position) => savePosition(db, holding, position),
    release: () => releaseConsumer(db, holding),
  };
}

/** Remembers as long as the process lives. */
export async function createLocalStore(db: Db): Promise<PositionStore> {
  let current = await findStart(db);
  return {
    take: async () => {
      const movedAt = await findMove(db, current);
      // What another server had, nobody here has waited for.
      if (movedAt !== null) current = { ...(await findStart(db)), notBefore: movedAt };
      return current;
    },
    save: async (position) => {
      current = position;
      return true;
    },
    release: async () => undefined,
  };
}

const withMove = (position: Position, movedAt: string | null): Position =>
  movedAt === null || position.movedAt !== null ? position : { ...position, movedAt };

/** No transaction is visible in it. */
const NOTHING = '1:1:';

/** From what another server wrote to what this one does. */
export const afterMove = (position: Position): Position => ({
  xid: '0',
  told: [],
  since: NOTHING,
  movedAt: null,
  notBefore: position.movedAt,
});
