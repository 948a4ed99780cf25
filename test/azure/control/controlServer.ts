// The control endpoint: http on loopback, every request with the run's key. Not part of Azure; it turns the knobs of this imitation.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Directory, NewDirectoryObject } from '../entra/directory.ts';
import { close, listen } from '../entra/loopback.ts';
import type { LogicalServer } from '../principals/dcl.ts';
import { IssuerDown, suffer, type IssuerFault } from '../entra/issuerFault.ts';
import { isSubject, type TokenAuthority, type TokenSettings } from '../entra/tokens.ts';
import type { FirewallRule, Gateway } from '../gateway/gateway.ts';
import type { Wire } from '../tds/wire.ts';
import type { FaultOrder, FaultPlan } from './faultPlan.ts';
import type { RequestLog } from './requestLog.ts';
import type { AzureState, Connected, OrderedToken, TokenOrder } from './protocol.ts';

/** What the endpoint turns. */
export interface Controlled {
  directory: Directory;
  tokens: TokenAuthority;
  gateway: Gateway;
  audience: string;
  server: LogicalServer;
  connections(): Connected[];
  /** undefined: all. */
  killConnections(ids: readonly number[] | undefined): void;
  faults: FaultPlan;
  executed: RequestLog;
  wire: { now: Wire };
}

/** A request that cannot be served; its text goes to the caller. */
class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class ControlServer {
  /** Bearer key of this run. */
  readonly key = randomBytes(24).toString('base64url');
  readonly #controlled: Controlled;
  readonly #server: Server;

  constructor(controlled: Controlled) {
    this.#controlled = controlled;
    this.#server = createServer((request, response) => {
      void this.#respond(request, response);
    });
  }

  async start(port: number): Promise<string> {
    return `http://127.0.0.1:${await listen(this.#server, port)}`;
  }

  stop(): Promise<void> {
    return close(this.#server);
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (!this.#knows(request.headers.authorization)) throw new Refusal(401, 'The key is missing or wrong');
      const body = await readJson(request);
      const [path = '', argument] = (request.url ?? '/').split('/').slice(1);
      const answer = await this.#serve(`${request.method} ${path}`, decodeURIComponent(argument ?? ''), body);
      send(response, 200, answer ?? {});
    } catch (error) {
      if (error instanceof IssuerDown) {
        request.socket.destroy();
        return;
      }
      const status = error instanceof Refusal ? error.status : 400;
      send(response, status, { error: error instanceof Error ? error.message : String(error) });
    }
  }

  #knows(authorization: string | undefined): boolean {
    const expected = Buffer.from(`Bearer ${this.key}`);
    const given = Buffer.from(authorization ?? '');
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  /** `body` is what this project's own ControlClient sends; a wrong one fails where it is used. */
  async #serve(what: string, argument: string, body: unknown): Promise<unknown> {
    const { directory, gateway, tokens, server } = this.#controlled;
    switch (what) {
      case 'GET state':
        return this.#state();
      case 'POST token':
        return this.#token(body as TokenOrder);
      case 'POST firewall':
        gateway.setRule(body as FirewallRule);
        return undefined;
      case 'DELETE firewall':
        gateway.removeRules(argument === '' ? undefined : argument);
        return undefined;
      case 'PUT publicAccess':
        gateway.publicAccess = (body as { allowed: boolean }).allowed;
        return undefined;
      case 'PUT resuming':
        gateway.setResuming(body as { seconds?: number; attempts?: number });
        return undefined;
      case 'PUT route':
        gateway.route = (body as { route: { host: string; port: number } | null }).route ?? undefined;
        return undefined;
      case 'PUT wire':
        this.#controlled.wire.now = body as Wire;
        return undefined;
      case 'PUT issuerFault':
        tokens.fault = (body as { fault: IssuerFault | null }).fault ?? undefined;
        return undefined;
      case 'PUT accounts':
        this.#enable(body as { account: string; enabled: boolean });
        return undefined;
      case 'GET executed':
        return { count: this.#controlled.executed.count(argument) };
      case 'PUT tokens':
        Object.assign(tokens.settings, body as Partial<TokenSettings>);
        return undefined;
      case 'GET connections':
        return this.#controlled.connections();
      case 'DELETE connections':
        this.#controlled.killConnections((body as { ids?: number[] }).ids);
        return undefined;
      case 'GET directory':
        return directory.objects();
      case 'POST directory':
        return directory.add(body as NewDirectoryObject);
      case 'DELETE directory':
        if (!directory.remove(argument)) throw new Refusal(404, `No object ${argument}`);
        return undefined;
      case 'PUT members':
        this.#setMember(body as { group: string; member: string; isMember: boolean });
        return undefined;
      case 'PUT directoryReaders':
        server.directoryReaders = (body as { granted: boolean }).granted;
        return undefined;
      case 'PUT admin':
        server.admin = this.#objectId((body as { principal: string | null }).principal);
        return undefined;
      case 'PUT faults':
        this.#controlled.faults.set(body as FaultOrder[]);
        return undefined;
      default:
        throw new Refusal(404, `No ${what} here`);
    }
  }

  #state(): AzureState {
    const { directory, gateway, tokens, server } = this.#controlled;
    return {
      firewall: gateway.rules(),
      publicAccess: gateway.publicAccess,
      resuming: gateway.resuming,
      route: gateway.route ?? null,
      wire: this.#controlled.wire.now,
      issuerFault: tokens.fault ?? null,
      tokens: { ...tokens.settings },
      issued: Object.fromEntries(tokens.issued),
      directoryReaders: server.directoryReaders,
      directory: directory.objects(),
      connections: this.#controlled.connections(),
      faultsLeft: this.#controlled.faults.left,
    };
  }

  #objectId(reference: string | null): string | undefined {
    if (reference === null) return undefined;
    const found = this.#controlled.directory.find(reference);
    if (found === undefined) throw new Refusal(404, `Nobody is called ${reference}`);
    return found.id;
  }

  #setMember({ group, member, isMember }: { group: string; member: string; isMember: boolean }): void {
    const { directory } = this.#controlled;
    const [groupObject, memberObject] = [directory.find(group), directory.find(member)];
    if (groupObject === undefined || memberObject === undefined)
      throw new Refusal(404, `No ${group} or no ${member}`);
    directory.setMember(groupObject.id, memberObject.id, isMember);
  }

  #enable({ account, enabled }: { account: string; enabled: boolean }): void {
    const { directory } = this.#controlled;
    const object = directory.find(account);
    if (!isSubject(object)) throw new Refusal(404, `Nobody is called ${account}`);
    directory.enable(object.id, enabled);
  }

  async #token(order: TokenOrder): Promise<OrderedToken> {
    const { directory, tokens, audience } = this.#controlled;
    await suffer(tokens.fault);
    const tenant = order.tenant === undefined ? undefined : directory.tenant(order.tenant);
    if (order.tenant !== undefined && tenant === undefined)
      throw new Refusal(404, `No tenant ${order.tenant}`);
    const subject = directory.find(order.principal, tenant?.id);
    if (!isSubject(subject)) throw new Refusal(404, `Nobody is called ${order.principal}`);
    const token = await tokens.issue({
      subject,
      audience: order.audience ?? audience,
      ...(order.lifetime === undefined ? {} : { lifetime: order.lifetime }),
      ...(order.claims === undefined ? {} : { claims: order.claims }),
    });
    const label = subject.kind === 'user' ? (subject.mail ?? subject.upn) : subject.displayName;
    const home = subject.kind === 'user' ? (subject.homeTenant ?? subject.tenant) : subject.tenant;
    return {
      accessToken: token.accessToken,
      expiresOn: token.expiresOn,
      account: { id: `${subject.id}.${home}`, label, tenantId: subject.tenant },
    };
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : JSON.parse(text);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
