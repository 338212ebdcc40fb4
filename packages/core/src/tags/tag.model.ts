import { BaseModel } from '../kernel/database.ts';

export class Tag extends BaseModel {
  static override tableName = 'taskapp.tags';
  static override dates = ['createdAt', 'updatedAt'];
  static override numbers = ['taskCount'];

  declare id: string;
  declare workspaceId: string;
  declare name: string;
  declare color: string;
  declare version: number;
  declare createdAt: Date;
  declare updatedAt: Date;
  /** Selected with `TASK_COUNT`. */
  declare taskCount: number;
}
