// The managed-identity endpoint of App Service: http on loopback, one secret header per app.
// https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Directory, ServicePrincipal } from './directory.ts';
import { IssuerDown, suffer } from './issuerFault.ts';
import { close, listen } from './loopback.ts';
import { OAuthError } from './oauthError.ts';
import { isKnownResource, unknownResource } from './resources.ts';
import type { TokenAuthority } from './tokens.ts';

/** IDENTITY_ENDPOINT is `<origin>/msi/token`, IDENTITY_HEADER the app's own header from the directory. */
export class ManagedIdentityEndpoint {
  readonly #directory: Directory;
  readonly #tokens: TokenAuthority;
  readonly #server: Server;

  constructor(options: { directory: Directory; tokens: TokenAuthority }) {
    this.#directory = options.directory;
    this.#tokens = options.tokens;
    this.#server = createServer((request, response) => {
      void this.#respond(request, response);
    });
  }

  /** Answers with the URL for IDENTITY_ENDPOINT. */
  async start(port: number): Promise<string> {
    return `http://127.0.0.1:${await listen(this.#server, port)}/msi/token`;
  }

  stop(): Promise<void> {
    return close(this.#server);
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { status, body } = await this.#answer(request);
      send(response, status, body);
    } catch (error) {
      if (error instanceof IssuerDown) {
        request.socket.destroy();
        return;
      }
      if (error instanceof OAuthError) {
        const { status, body } = refusal(error.status, error.message);
        send(response, status, body, error.headers);
        return;
      }
      console.error('managed identity:', error);
      send(response, 500, { statusCode: 500, message: 'See the console of the local Azure.' });
    }
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (request.method !== 'GET' || url.pathname.replace(/\/$/, '').toLowerCase() !== '/msi/token')
      return refusal(404, 'Not found');
    const header = request.headers['x-identity-header'];
    const host = this.#directory
      .servicePrincipals()
      .find((app) => app.identityHeader !== undefined && app.identityHeader === header);
    if (host === undefined) return refusal(401, 'X-IDENTITY-HEADER is missing or wrong');
    if (url.searchParams.get('api-version') !== '2019-08-01')
      return refusal(400, 'api-version must be 2019-08-01');
    const resource = url.searchParams.get('resource');
    if (resource === null || resource === '') return refusal(400, 'resource is missing');
    if (!isKnownResource(resource)) {
      const { domain } = this.#directory.tenant(host.tenant) ?? { domain: host.tenant };
      return refusal(400, `AADSTS500011: ${unknownResource(resource, domain)}`);
    }
    const identity = this.#identity(host, url.searchParams);
    if (identity === undefined)
      return refusal(
        400,
        'No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.',
      );
    await suffer(this.#tokens.fault);
    const token = await this.#tokens.issue({ subject: identity, audience: resource });
    return {
      status: 200,
      body: {
        access_token: token.accessToken,
        client_id: identity.appId,
        expires_on: String(token.expiresOn),
        not_before: String(token.issuedAt),
        resource,
        token_type: 'Bearer',
      },
    };
  }

  /** The app's own, or a user-assigned one by any of the three ids: here every app has every user-assigned identity. */
  #identity(host: ServicePrincipal, query: URLSearchParams): ServicePrincipal | undefined {
    const clientId = query.get('client_id');
    const principalId = query.get('principal_id') ?? query.get('object_id');
    const resourceId = query.get('mi_res_id');
    if (clientId === null && principalId === null && resourceId === null) return host;
    return this.#directory.servicePrincipals().find((candidate) => {
      if (candidate.kind !== 'managedIdentity') return false;
      if (candidate.identityHeader !== undefined && candidate !== host) return false;
      return (
        candidate.appId === clientId?.toLowerCase() ||
        candidate.id === principalId?.toLowerCase() ||
        (resourceId !== null && candidate.resourceId?.toLowerCase() === resourceId.toLowerCase())
      );
    });
  }
}

function refusal(status: number, message: string): { status: number; body: unknown } {
  return { status, body: { statusCode: status, message } };
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
