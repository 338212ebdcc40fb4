import type { TransactionApp } from '@taskapp/core';
import { DETAILS, type Person } from './demo-content.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 42;

type Status = 'TODO' | 'IN_PROGRESS' | 'DONE' | 'CANCELLED';
type TaskInput = Parameters<ReturnType<TransactionApp['as']>['tasks']['create']>[0];

/** A task as the demo wants it; `changedAt` is when it got its status. */
export interface PlannedTask {
  readonly input: TaskInput;
  readonly status: Status;
  readonly createdAt: number;
  readonly changedAt: number;
}

/** What happens, oldest first: every task is made, and those that got on are changed later. */
export function timeline(tasks: readonly PlannedTask[]) {
  const made = tasks.map((task) => ({ task, change: false, at: task.createdAt }));
  const changed = tasks
    .filter(({ status }) => status !== 'TODO')
    .map((task) => ({ task, change: true, at: task.changedAt }));
  return [...made, ...changed].sort((a, b) => a.at - b.at);
}

/** The tasks of the person with this index, oldest first, always the same but for the day. */
export function planTasks(
  content: Pick<Person, 'steps' | 'projects'>,
  person: number,
  tagIds: readonly string[],
): PlannedTask[] {
  // Projects begin one after the other, each goes through its steps in their order.
  const titles = content.projects.flatMap((project, start) =>
    content.steps.map((step, index) => ({ title: step.replace('%', project), turn: index + ((start * 7) % 10) / 2.5 })),
  );
  titles.sort((a, b) => a.turn - b.turn);
  return titles.map(({ title }, index) => planTask(title, { index, share: index / titles.length, person, tagIds }));
}

interface Place {
  readonly index: number;
  /** 0 for the oldest task, near 1 for the newest. */
  readonly share: number;
  readonly person: number;
  readonly tagIds: readonly string[];
}

function planTask(title: string, { index, share, person, tagIds }: Place): PlannedTask {
  // A large prime scatters without repeating: numbers from 0 to 99, the same in every run.
  const dice = (salt: number) => ((index + 1) * 7919 + (person + 1) * 104_729 + salt * 1_299_709) % 100;
  const now = Date.now();
  const createdAt = now - DAY_MS * DAYS * (1 - share) - HOUR_MS * ((dice(1) % 8) + 1);
  const status = pickStatus(dice(2) / 100, share);
  const changedAt = status === 'TODO' ? createdAt : createdAt + ((now - createdAt) * (dice(3) + 1)) / 110;
  const description = DETAILS[index % DETAILS.length] ?? null;
  const priority = (['MEDIUM', 'LOW', 'MEDIUM', 'HIGH', 'MEDIUM', 'URGENT', 'LOW'] as const)[dice(4) % 7] ?? 'MEDIUM';
  const dueDate = dice(5) < 60 ? dueAround(status === 'TODO' ? now : changedAt, dice(6)) : null;
  const tags = tagIds.filter((_, position) => (index + position + person) % 4 === 0);
  return { input: { title, description, priority, dueDate, tagIds: tags }, status, createdAt, changedAt };
}

/** Old tasks are mostly over, new ones mostly open. */
function pickStatus(chance: number, share: number): Status {
  if (chance > share + 0.1) return chance > 0.93 ? 'CANCELLED' : 'DONE';
  return chance > share - 0.2 ? 'IN_PROGRESS' : 'TODO';
}

/** Five in the afternoon of a day from four days before to three weeks after `time`. */
function dueAround(time: number, dice: number): Date {
  const date = new Date(time + DAY_MS * ((dice % 26) - 4));
  date.setUTCHours(17, 0, 0, 0);
  return date;
}
