import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failEmbedded } from './failure.ts';
import { createMark, isLiving, pause, pidOf } from './processes.ts';

const WAIT_MS = 180_000;
const POLL_MS = 10;

interface Entry {
  readonly name: string;
  readonly kind: string;
  readonly ticket: number;
  readonly mark: string;
}

interface Waiter {
  readonly folder: string;
  readonly mark: string;
  readonly ticket: number;
}

async function listEntries(folder: string): Promise<Entry[]> {
  const names = await readdir(folder);
  return names.map((name) => {
    const [kind = '', ticket = '', mark = ''] = name.split('.');
    return { name, kind, ticket: Number(ticket), mark };
  });
}

/** The first living entry that `isAhead` selects; those of the dead are cleared away, nobody can own them again. */
async function findAhead(folder: string, isAhead: (entry: Entry) => boolean): Promise<Entry | undefined> {
  for (const entry of (await listEntries(folder)).filter(isAhead)) {
    if (await isLiving(entry.mark)) return entry;
    await rm(join(folder, entry.name), { force: true });
  }
  return undefined;
}

/** Choosers first, tickets in a second listing: a chooser that becomes a ticket during one listing can slip through it. */
async function findBlocker({ folder, mark, ticket }: Waiter): Promise<Entry | undefined> {
  const chooser = await findAhead(folder, (entry) => entry.kind === 'choosing' && entry.mark !== mark);
  if (chooser) return chooser;
  return findAhead(
    folder,
    (entry) => entry.kind === 'ticket' && (entry.ticket < ticket || (entry.ticket === ticket && entry.mark < mark)),
  );
}

async function waitForTurn(waiter: Waiter): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const blocker = await findBlocker(waiter);
    if (!blocker) return;
    if (Date.now() > deadline) {
      failEmbedded(`Process ${pidOf(blocker.mark)} has been starting or stopping the embedded PostgreSQL for too long`);
    }
    await pause(POLL_MS);
  }
}

/** Leaves a ticket with a number above all that are there, and returns the number. */
async function drawTicket(folder: string, mark: string): Promise<number> {
  const choosing = join(folder, `choosing.0.${mark}`);
  await writeFile(choosing, '');
  try {
    const ticket = 1 + Math.max(0, ...(await listEntries(folder)).map((entry) => entry.ticket || 0));
    await writeFile(join(folder, `ticket.${ticket}.${mark}`), '');
    return ticket;
  } finally {
    await rm(choosing, { force: true });
  }
}

/**
 * Runs `action` while no other process, nor another call in this one, is inside the lock of this folder.
 *
 * Lamport's bakery algorithm on files. A lock file that is taken over when its holder died has a race between two that
 * take over; here nothing is ever taken over, since the entries of the dead simply no longer count.
 */
export async function withLock<T>(folder: string, action: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const mark = await createMark();
  const ticket = await drawTicket(folder, mark);
  try {
    await waitForTurn({ folder, mark, ticket });
    return await action();
  } finally {
    await rm(join(folder, `ticket.${ticket}.${mark}`), { force: true });
  }
}
