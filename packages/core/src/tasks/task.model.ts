import { BaseModel } from '../kernel/database.ts';
import type { TaskPriority, TaskStatus } from './tasks.contract.ts';

export class Task extends BaseModel {
  static override tableName = 'taskapp.tasks';
  static override dates = ['dueDate', 'completedAt', 'createdAt', 'updatedAt'];

  declare id: string;
  declare workspaceId: string;
  declare creatorId: string | null;
  declare title: string;
  declare description: string | null;
  declare status: TaskStatus;
  declare priority: TaskPriority;
  declare dueDate: Date | null;
  declare completedAt: Date | null;
  declare version: number;
  declare createdAt: Date;
  declare updatedAt: Date;
}
