import type { OperationId } from '@taskapp/core';
import type { Command } from 'commander';
import type { CommandSpec } from '../catalog/command-spec.ts';
import type { SpecOf } from '../references.ts';
import type { Run } from '../terminal/run.ts';
import { addEditCommand } from './edit.ts';
import { addStatsCommand } from './stats.ts';
import { addExportCommand, addImportCommand } from './transfer.ts';

/** What a command of a noun is made of. */
export interface Making {
  readonly run: Run;
  readonly specOf: SpecOf;
}

type Add<M extends Making> = (parent: Command, making: M) => void;

/** Operations whose commands do more than call them with their fields. */
export const ownCommands: Readonly<Partial<Record<OperationId, Add<Making & { readonly spec: CommandSpec }>>>> = {
  'tasks.export': addExportCommand,
  'tasks.import': addImportCommand,
  'tasks.stats': addStatsCommand,
};

/** Commands of nouns that take several operations. */
export const furtherCommands: Readonly<Record<string, readonly Add<Making>[]>> = { task: [addEditCommand] };
