// The local Entra's sign-in service over HTTPS: discovery documents, keys and the token endpoint that @azure/identity talks to.
import { createPublicKey, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeJwt, errors, jwtVerify, type JWTPayload } from 'jose';
import type { ServerCertificate } from '../ca/certificateAuthority.ts';
import type { Directory, ServicePrincipal, Tenant } from './directory.ts';
import { IssuerDown, suffer } from './issuerFault.ts';
import { close, listen } from './loopback.ts';
import { OAuthError } from './oauthError.ts';
import { isKnownResource, unknownResource } from './resources.ts';
import type { TokenAuthority } from './tokens.ts';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Entra for one set of tenants, listening on loopback only. */
export class Issuer {
  readonly #directory: Directory;
  readonly #tokens: TokenAuthority;
  readonly #server: Server;

  constructor(options: { directory: Directory; tokens: TokenAuthority; tls: ServerCertificate }) {
    this.#directory = options.directory;
    this.#tokens = options.tokens;
    this.#server = createServer(options.tls, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        if (error instanceof IssuerDown) request.socket.destroy();
        else sendError(response, error);
      });
    });
  }

  /** Port 0 picks a free one. Afterwards `tokens.origin` is set. */
  async start(port: number): Promise<string> {
    const origin = `https://localhost:${await listen(this.#server, port)}`;
    this.#tokens.origin = origin;
    return origin;
  }

  stop(): Promise<void> {
    return close(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.#tokens.origin);
    const [tenantSegment = '', ...rest] = url.pathname.split('/').filter((segment) => segment !== '');
    const path = rest.join('/').toLowerCase();
    if (path === 'discovery/instance') {
      sendJson(response, 200, this.#instanceDiscovery());
      return;
    }
    const tenant = this.#directory.tenant(decodeURIComponent(tenantSegment));
    if (tenant === undefined) {
      throw new OAuthError(
        path.endsWith('/token') ? 'invalid_request' : 'invalid_tenant',
        90002,
        `Tenant '${tenantSegment}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
      );
    }
    switch (path) {
      case 'v2.0/.well-known/openid-configuration':
        sendJson(response, 200, this.#configuration(tenant, true));
        return;
      case '.well-known/openid-configuration':
        sendJson(response, 200, this.#configuration(tenant, false));
        return;
      case 'discovery/keys':
      case 'discovery/v2.0/keys':
        sendJson(response, 200, this.#tokens.jwks());
        return;
      case 'oauth2/token':
      case 'oauth2/v2.0/token':
        if (request.method !== 'POST') break;
        await suffer(this.#tokens.fault);
        sendJson(response, 200, await this.#token(tenant, new URLSearchParams(await readBody(request))));
        return;
    }
    sendJson(response, 404, { error: 'not_found', error_description: `No ${path} here` });
  }

  /** What makes MSAL accept this authority as its own when instance discovery is on. */
  #instanceDiscovery(): unknown {
    const host = new URL(this.#tokens.origin).host;
    const tenant = this.#directory.tenants[0]?.id ?? 'common';
    return {
      tenant_discovery_endpoint: `${this.#tokens.origin}/${tenant}/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    };
  }

  #configuration(tenant: Tenant, v2: boolean): unknown {
    const base = `${this.#tokens.origin}/${tenant.id}`;
    const version = v2 ? '/v2.0' : '';
    return {
      issuer: v2 ? `${base}/v2.0` : `${base}/`,
      authorization_endpoint: `${base}/oauth2${version}/authorize`,
      token_endpoint: `${base}/oauth2${version}/token`,
      end_session_endpoint: `${base}/oauth2${version}/logout`,
      jwks_uri: `${base}/discovery${version}/keys`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
      response_types_supported: ['code', 'id_token'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'tid', 'oid', 'name'],
    };
  }

  async #token(tenant: Tenant, form: URLSearchParams): Promise<unknown> {
    const grantType = required(form, 'grant_type');
    if (grantType !== 'client_credentials') {
      throw new OAuthError(
        'unsupported_grant_type',
        70003,
        `The app requested an unsupported grant type '${grantType}'.`,
      );
    }
    const clientId = required(form, 'client_id');
    const audience = audienceOf(form);
    if (!isKnownResource(audience))
      throw new OAuthError('invalid_resource', 500011, unknownResource(audience, tenant.domain));
    const client = this.#directory.byAppId(clientId);
    if (client === undefined || client.tenant !== tenant.id) {
      throw new OAuthError(
        'unauthorized_client',
        700016,
        `Application with identifier '${clientId}' was not found in the directory '${tenant.domain}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
      );
    }
    await this.#authenticate(client, form);
    const token = await this.#tokens.issue({ subject: client, audience });
    const seconds = token.expiresOn - token.issuedAt;
    return {
      token_type: 'Bearer',
      expires_in: seconds,
      ext_expires_in: seconds,
      access_token: token.accessToken,
    };
  }

  async #authenticate(client: ServicePrincipal, form: URLSearchParams): Promise<void> {
    const assertion = form.get('client_assertion');
    if (assertion !== null && form.get('client_assertion_type') === assertionType) {
      await this.#verifyAssertion(client, assertion);
      return;
    }
    const secret = form.get('client_secret');
    if (secret === null || secret === '') {
      throw new OAuthError(
        'invalid_client',
        7000216,
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
        401,
      );
    }
    if (!client.secrets.includes(secret)) {
      throw new OAuthError(
        'invalid_client',
        7000215,
        `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${client.appId}'.`,
        401,
      );
    }
  }

  /** A certificate's assertion (iss = sub = client id, aud = this endpoint) or a federated credential's, by the app's known keys. */
  async #verifyAssertion(client: ServicePrincipal, assertion: string): Promise<void> {
    for (const pem of client.assertionKeys) {
      try {
        const { payload } = await jwtVerify(assertion, createPublicKey(pem), {
          algorithms: ['RS256', 'PS256', 'ES256'],
          clockTolerance: 300,
        });
        if (this.#assertionFits(client, payload)) return;
      } catch (error) {
        if (error instanceof errors.JWTExpired) {
          throw new OAuthError(
            'invalid_client',
            700024,
            'Client assertion is not within its valid time range.',
            401,
          );
        }
        // A key of another kind than the header says is a TypeError.
        if (!(error instanceof errors.JOSEError) && !(error instanceof TypeError)) throw error;
      }
    }
    const subject = describeSubject(assertion);
    throw new OAuthError(
      'invalid_client',
      700027,
      `Client assertion failed signature validation, subject ${subject}, app '${client.appId}'.`,
      401,
    );
  }

  #assertionFits(client: ServicePrincipal, payload: JWTPayload): boolean {
    const federated = payload.aud === 'api://AzureADTokenExchange';
    const own = payload.sub === client.appId && payload.iss === client.appId;
    return federated || (own && String(payload.aud).startsWith(`${this.#tokens.origin}/`));
  }
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value === '') {
    throw new OAuthError(
      'invalid_request',
      900144,
      `The request body must contain the following parameter: '${name}'.`,
    );
  }
  return value;
}

/** v1 `resource`, or v2 `scope` "<resource>/.default". */
function audienceOf(form: URLSearchParams): string {
  const resource = form.get('resource');
  if (resource !== null && resource !== '') return resource;
  const scope = required(form, 'scope');
  // "https://host//.default" asks for the resource "https://host/": Entra keeps the slash in `aud`.
  if (/^\S+\/\.default$/.test(scope)) return scope.slice(0, -'/.default'.length);
  throw new OAuthError(
    'invalid_scope',
    1002012,
    `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
  );
}

function describeSubject(assertion: string): string {
  try {
    return `'${decodeJwt(assertion).sub ?? ''}'`;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return 'unreadable';
    throw error;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(JSON.stringify(body));
}

function sendError(response: ServerResponse, error: unknown): void {
  if (error instanceof OAuthError) {
    const [trace, correlation] = [randomUUID(), randomUUID()];
    const timestamp = `${new Date().toISOString().slice(0, 19).replace('T', ' ')}Z`;
    const document = {
      error: error.code,
      error_description: `${error.message} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
      error_codes: [error.aadsts],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
      error_uri: `https://login.microsoftonline.com/error?code=${error.aadsts}`,
      ...error.more,
    };
    sendJson(response, error.status, document, error.headers);
    return;
  }
  console.error('issuer:', error);
  sendJson(response, 500, {
    error: 'server_error',
    error_description: 'See the console of the local Azure.',
  });
}
