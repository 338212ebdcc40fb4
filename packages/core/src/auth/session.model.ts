import { BaseModel } from '../kernel/database.ts';

/** One row a login. `generation` counts the refreshes; only the latest refresh token is current. */
export class Session extends BaseModel {
  static override tableName = 'taskapp.sessions';
  static override dates = ['createdAt', 'lastUsedAt', 'rotatedAt', 'idleExpiresAt', 'absoluteExpiresAt', 'revokedAt'];

  declare id: string;
  declare userId: string;
  declare generation: number;
  declare ip: string | null;
  declare userAgent: string | null;
  declare createdAt: Date;
  declare lastUsedAt: Date;
  declare rotatedAt: Date;
  /** False when the refresh token before the current one was taken back, by a change of the password. */
  declare honoursPredecessor: boolean;
  declare idleExpiresAt: Date;
  declare absoluteExpiresAt: Date;
  declare revokedAt: Date | null;
  declare revokeReason: string | null;
}
