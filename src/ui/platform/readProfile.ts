// Placeholder until core's settings reader is there: connections and clouds as somebody may have written them by hand.
import { builtInClouds } from '../../core/cloud.ts';
import type { Cloud } from '../../core/cloud.ts';
import { defaultTable } from '../../core/connection.ts';
import type { ConnectionProfile } from '../../core/connection.ts';

export function readProfiles(items: readonly unknown[]): {
  profiles: ConnectionProfile[];
  problems: string[];
} {
  const profiles: ConnectionProfile[] = [];
  const problems: string[] = [];
  for (const item of items) {
    const value = item as Partial<ConnectionProfile> | null;
    if (!value?.id || !value.server || !value.database) {
      problems.push('a connection without id, server or database was ignored');
      continue;
    }
    profiles.push({
      ...value,
      id: value.id,
      name: value.name ?? `${value.database} on ${value.server}`,
      server: value.server,
      port: value.port ?? 1433,
      database: value.database,
      cloud: value.cloud ?? 'public',
      credential: value.credential ?? { kind: 'vscode' },
      encryption: value.encryption ?? 'tls',
      connectTimeout: value.connectTimeout ?? 15,
      requestTimeout: value.requestTimeout ?? 0,
      maxPoolSize: value.maxPoolSize ?? 10,
      tables: value.tables ?? [defaultTable],
    });
  }
  return { profiles, problems };
}

export function readClouds(value: unknown): Cloud[] {
  const custom = (Array.isArray(value) ? value : []) as Record<string, string | undefined>[];
  return [
    ...custom.map((cloud): Cloud => ({
      id: cloud['name'] ?? '',
      label: cloud['name'] ?? '',
      hostSuffix: cloud['hostSuffix'] ?? '',
      audience: (cloud['audience'] ?? '').replace(/\/$/, ''),
      authority: (cloud['authority'] ?? '').replace(/\/$/, ''),
      resourceManager: cloud['resourceManager'],
      vscodeProvider: 'microsoft',
      caFile: cloud['caFile'],
    })),
    ...builtInClouds,
  ];
}
