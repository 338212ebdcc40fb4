import { BaseModel } from '../kernel/database.ts';

export class Event extends BaseModel {
  static override tableName = 'taskapp.events';
  static override dates = ['createdAt'];
  static override numbers = ['seq'];

  declare id: string;
  declare workspaceId: string | null;
  declare seq: number | null;
  declare type: string;
  declare entityType: string;
  declare entityId: string | null;
  declare actorKind: 'user' | 'system' | 'anonymous';
  declare actorId: string | null;
  declare actorReason: string | null;
  declare requestId: string | null;
  declare ip: string | null;
  declare changes: Record<string, { from?: unknown; to?: unknown }>;
  declare createdAt: Date;
}
