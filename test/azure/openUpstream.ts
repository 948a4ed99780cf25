// The relay to a real SQL Server as a backend of the local Azure: Entra and directory here, SQL there.
import { readFile } from 'node:fs/promises';
import type { Backend } from './contract.ts';
import type { Directory, DirectoryObject } from './entra/directory.ts';
import type { LogicalServer } from './principals/dcl.ts';
import { createUpstreamBackend } from './upstream/upstreamBackend.ts';

/** What stands behind the TDS front. */
export interface RunningBackend {
  backend: Backend;
  databases(): string[];
  stop: () => Promise<void>;
}

/**
 * @param address 'host:port'. The login it relays under comes from AZURE_UPSTREAM_USER and AZURE_UPSTREAM_PASSWORD, so that no password
 * stands in a process list; AZURE_UPSTREAM_CA is the PEM file of the CA of its certificate, AZURE_UPSTREAM_NAME the name in it.
 * @throws Error when one of them is missing.
 */
export async function openUpstream(
  address: string,
  principals: { directory: Directory; tenant: string; server: Pick<LogicalServer, 'admin'> },
  log: (line: string) => void,
): Promise<RunningBackend> {
  const [, host, port] = /^(.+):(\d+)$/.exec(address) ?? [];
  if (host === undefined || port === undefined) throw new Error(`--upstream takes host:port, not ${address}`);
  const {
    AZURE_UPSTREAM_USER: user,
    AZURE_UPSTREAM_PASSWORD: password,
    AZURE_UPSTREAM_CA: caFile,
    AZURE_UPSTREAM_NAME: name,
  } = process.env;
  if (user === undefined || password === undefined) {
    throw new Error('--upstream needs AZURE_UPSTREAM_USER and AZURE_UPSTREAM_PASSWORD');
  }
  const { directory, tenant, server } = principals;
  const backend = createUpstreamBackend({
    host,
    port: Number(port),
    user,
    password,
    ...(caFile === undefined ? {} : { ca: await readFile(caFile, 'utf8') }),
    ...(name === undefined ? {} : { serverName: name }),
    directory: {
      find: (wanted, objectId) => {
        const byId = objectId === undefined ? undefined : directory.byId(objectId);
        const found =
          objectId === undefined ? directory.named(tenant, wanted) : byId?.tenant === tenant ? [byId] : [];
        return found.map(externalPrincipal);
      },
    },
    isAdmin: (claims) =>
      server.admin !== undefined && [claims.oid, ...(claims.groups ?? [])].includes(server.admin),
    log,
  });
  return { backend, databases: () => [], stop: () => Promise.resolve() };
}

function externalPrincipal(object: DirectoryObject): {
  kind: 'user' | 'group' | 'application';
  sidGuid: string;
} {
  if (object.kind === 'user' || object.kind === 'group') return { kind: object.kind, sidGuid: object.id };
  return { kind: 'application', sidGuid: object.appId };
}
