// Puts the local Azure together in one process: CA, Entra, managed identity, gateway, TDS front, engine, control endpoint.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateAuthority } from './ca/certificateAuthority.ts';
import type { Caller, ClientRequest } from './contract.ts';
import { FaultPlan } from './control/faultPlan.ts';
import { ControlServer } from './control/controlServer.ts';
import type { AzureAddresses } from './control/protocol.ts';
import { RequestLog } from './control/requestLog.ts';
import { Issuer } from './entra/issuer.ts';
import { ManagedIdentityEndpoint } from './entra/managedIdentity.ts';
import { contoso, createSampleDirectory, fabrikam, identityHeaders } from './entra/sampleDirectory.ts';
import { TokenAuthority } from './entra/tokens.ts';
import { Gateway } from './gateway/gateway.ts';
import { openEngine } from './openEngine.ts';
import { openUpstream } from './openUpstream.ts';
import { runBatches, sampleBatches } from './sample.ts';
import type { Fault } from './tds/faults.ts';
import { TdsServer } from './tds/tdsServer.ts';
import type { ConnectionInfo, TdsServerOptions } from './tds/tdsServerOptions.ts';
import type { Wire } from './tds/wire.ts';

export interface StartOptions {
  /** TDS port; 0 picks a free one. */
  port: number;
  /** Fill appdb. */
  sample: boolean;
  /** Databases beside master, appdb and emptydb. */
  databases: readonly string[];
  entraOnly: boolean;
  /** Be an upstream for a relay: see PrincipalsOptions.sqlLoginImpersonates. */
  sqlLoginImpersonates: boolean;
  /** No firewall rule for this machine. */
  closedFirewall: boolean;
  /** For benchmarks: replay the rows of statements that begin with `-- pre-encoded`. */
  preEncode?: boolean;
  /** Relay to this 'host:port' instead of the own engine. */
  upstream?: string;
  /** Seconds. */
  tokenLifetime: number;
  /** Lines for the console. */
  log: (line: string) => void;
}

export interface LocalAzure extends AzureAddresses {
  /** Ends everything and removes the run's folder. */
  stop: () => Promise<void>;
}

/** Resource of the server's tokens, and the SPN that the server names in FEDAUTHINFO. */
export const audience = 'https://database.localhost/';
/** The server's Entra admin. */
export const administrator = 'ada@contoso.example';

/** @throws Error when a part cannot start; what had started is stopped. */
export async function startLocalAzure(options: StartOptions): Promise<LocalAzure> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    // In reverse: clients first, the engine's data last.
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    return { ...(await compose(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function compose(options: StartOptions, stops: (() => Promise<void>)[]): Promise<AzureAddresses> {
  const folder = await mkdtemp(join(tmpdir(), 'local-azure-'));
  stops.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const authority = new CertificateAuthority();
  const caFile = await authority.writeTo(folder);
  const tls = authority.issue();

  const directory = createSampleDirectory();
  const tokens = await TokenAuthority.create(directory, { lifetime: options.tokenLifetime, clockSkew: 0 });
  const issuer = new Issuer({ directory, tokens, tls });
  stops.push(() => issuer.stop());
  const issuerUrl = await issuer.start(0);
  const msi = new ManagedIdentityEndpoint({ directory, tokens });
  stops.push(() => msi.stop());
  const msiUrl = await msi.start(0);

  const admin = directory.find(administrator);
  if (admin?.kind !== 'user') throw new Error(`${administrator} is not in the sample directory`);
  // An upstream server has logins of its own.
  const sqlLogin =
    options.entraOnly || options.upstream !== undefined
      ? undefined
      : { user: 'sqladmin', password: randomBytes(12).toString('base64url') };
  const server = { directoryReaders: false, admin: admin.id };
  const { sqlLoginImpersonates } = options;
  const principals = {
    directory,
    tenant: contoso.id,
    server,
    sqlLogin,
    sqlLoginImpersonates,
  };
  const engine =
    options.upstream === undefined
      ? await openEngine({
          serverName: 'localhost',
          databases: ['appdb', 'emptydb', ...options.databases],
          principals,
          preEncode: options.preEncode === true,
        })
      : await openUpstream(options.upstream, principals, options.log);
  stops.push(() => engine.stop());
  if (options.sample) {
    const claims = {
      aud: audience,
      tid: contoso.id,
      oid: admin.id,
      upn: admin.upn,
      idtyp: 'user' as const,
      exp: tokens.now() + 3600,
    };
    const caller: Caller = { kind: 'entra', claims };
    await runBatches(engine.backend, caller, 'appdb', sampleBatches);
  }

  const gateway = new Gateway(
    options.closedFirewall ? [] : [{ name: 'AllowLocal', start: '127.0.0.1', end: '127.0.0.1' }],
  );
  const faults = new FaultPlan();
  const executed = new RequestLog();
  const wire: { now: Wire } = { now: {} };
  const nextFault = (connection: ConnectionInfo, stage: 'login' | ClientRequest): Fault | undefined => {
    const { tokenEnds } = connection;
    if (stage !== 'login' && tokens.settings.endsSessions === true && (tokenEnds ?? Infinity) <= tokens.now())
      return { error: { number: 37_396, message: 'The access token has expired.' } };
    const fault = faults.next(connection, stage);
    if (stage !== 'login') executed.add(stage, fault);
    return fault;
  };
  const tdsOptions: TdsServerOptions = {
    backend: engine.backend,
    tls,
    otherTls: authority.issue({
      commonName: 'elsewhere.example',
      dnsNames: ['elsewhere.example'],
      ipAddresses: [],
    }),
    verifyToken: (token) => tokens.verify(token, { tenant: contoso.id, audience }),
    stsUrl: `${issuerUrl}/${contoso.id}`,
    spn: audience,
    serverName: 'localhost',
    gate: ({ address, serverName, database }) => {
      gateway.admit({ clientAddress: address, serverName: serverName || 'localhost', database });
      return Promise.resolve();
    },
    faults: nextFault,
    wire: () => wire.now,
    log: options.log,
  };
  const tds = new TdsServer({ ...tdsOptions, route: () => gateway.route });
  stops.push(() => tds.close());
  const port = await tds.listen(options.port);
  const node = new TdsServer({ ...tdsOptions, firstId: 1_000_001 });
  stops.push(() => node.close());
  const nodePort = await node.listen(0);
  const fronts = [tds, node];

  const control = new ControlServer({
    directory,
    tokens,
    gateway,
    audience,
    server,
    faults,
    executed,
    wire,
    // A TDS connection computes these from getters, which JSON and spread would leave out.
    connections: () =>
      fronts
        .flatMap(({ connections }) => connections)
        .map((connection) => ({
          id: connection.id,
          clientAddress: connection.clientAddress,
          principal: connection.principal,
          callerKind: connection.callerKind,
          tokenEnds: connection.tokenEnds,
          database: connection.database,
          spid: connection.spid,
          applicationName: connection.applicationName,
          hostName: connection.hostName,
          requests: connection.requests,
          rows: connection.rows,
          bytesRead: connection.bytesRead,
          bytesWritten: connection.bytesWritten,
          since: connection.since.toISOString(),
          loggedIn: connection.loggedIn,
          executing: connection.executing,
          inTransaction: connection.inTransaction,
        })),
    killConnections: (ids) => {
      for (const front of fronts) {
        for (const { id } of front.connections)
          if (ids === undefined || ids.includes(id)) front.closeConnection(id, 'rst');
      }
    },
  });
  stops.push(() => control.stop());
  const controlUrl = await control.start(0);

  return {
    tds: { host: 'localhost', port },
    node: { host: 'localhost', port: nodePort },
    issuer: issuerUrl,
    msi: { url: msiUrl, headers: identityHeaders(directory) },
    control: { url: controlUrl, key: control.key },
    caFile,
    tenant: contoso,
    otherTenant: fabrikam,
    audience,
    databases: engine.databases(),
    ...(sqlLogin === undefined ? {} : { sqlLogin }),
    applications: directory
      .servicePrincipals()
      .flatMap(({ displayName, appId, secrets }) =>
        secrets.map((secret) => ({ name: displayName, appId, secret })),
      ),
  };
}
