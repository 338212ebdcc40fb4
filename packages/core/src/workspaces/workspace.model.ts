import { BaseModel } from '../kernel/database.ts';

export class Workspace extends BaseModel {
  static override tableName = 'taskapp.workspaces';
  static override dates = ['createdAt', 'updatedAt'];
  static override numbers = ['version', 'taskCount'];

  declare id: string;
  declare ownerId: string;
  declare name: string;
  declare personal: boolean;
  declare version: number;
  declare taskCount: number;
  declare createdAt: Date;
  declare updatedAt: Date;
}

export class Member extends BaseModel {
  static override tableName = 'taskapp.members';
  static override idColumn = ['workspace_id', 'user_id'];

  declare workspaceId: string;
  declare userId: string;
  declare role: 'OWNER' | 'ADMIN' | 'MEMBER' | 'VIEWER';
}
