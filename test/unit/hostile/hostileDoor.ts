// The product's data side against a local Azure, as one principal of its directory, for the tests of hostile names.
import assert from 'node:assert/strict';
import type { ConnectionProfile } from '../../../src/core/connection.ts';
import { isAppError, type AppError } from '../../../src/core/errors.ts';
import type { Cell, Sql, SqlStatement } from '../../../src/core/ports.ts';
import { createSql } from '../../../src/data/main.ts';
import type { LocalAzureProcess } from '../../azure/process.ts';
import { localCloud } from '../../localCloud.ts';

export const admin = 'ada@contoso.example';

export interface Door {
  sql: Sql;
  profile: ConnectionProfile;
  /** Rows of one statement. */
  rows(text: string, parameters?: SqlStatement['parameters']): Promise<readonly (readonly Cell[])[]>;
}

/** @param principal anything that names it in the directory; an object id when the name is hostile */
export function openDoor(azure: LocalAzureProcess, principal: string = admin, database = 'appdb'): Door {
  const cloud = localCloud(azure);
  const silent = (): void => undefined;
  const sql = createSql({
    log: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
    clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
    clouds: () => [cloud],
    confirmedHosts: { has: () => false },
    vscodeTokenSource: {
      getToken: async () => ({ token: (await azure.client.token({ principal })).accessToken }),
    },
  });
  const profile: ConnectionProfile = {
    id: principal,
    name: principal,
    server: 'localhost',
    port: azure.tds.port,
    database,
    cloud: 'local',
    credential: { kind: 'vscode', tenant: azure.tenant.id },
    encryption: 'tls',
    connectTimeout: 15,
    requestTimeout: 0,
    maxPoolSize: 2,
    tables: [{ schema: 'dbo', name: 'user' }],
  };
  return {
    sql,
    profile,
    rows: async (text, parameters) =>
      (await sql.query(profile, parameters ? { text, parameters } : { text })).rows,
  };
}

/** The known failure that something ends in. */
export async function failure(promise: Promise<unknown>): Promise<AppError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(isAppError(error), String(error));
    return error;
  }
  throw new Error('it did not fail');
}
