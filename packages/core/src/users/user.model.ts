import type { Role } from '../kernel/contract.ts';
import { BaseModel } from '../kernel/database.ts';

/** An account; the row of somebody whose account is the host's has their id there, and no e-mail address, name or password. */
export class User extends BaseModel {
  static override tableName = 'taskapp.users';
  static override dates = ['disabledAt', 'createdAt', 'updatedAt'];

  declare id: string;
  declare email: string;
  declare emailKey: string;
  declare name: string;
  declare passwordHash: string;
  declare role: Role;
  declare externalId: string | null;
  declare disabledAt: Date | null;
  declare version: number;
  declare createdAt: Date;
  declare updatedAt: Date;
}
