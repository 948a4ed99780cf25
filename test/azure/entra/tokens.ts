// Access tokens of the local Entra: made as Azure SQL gets them (v1 claims, RS256), and verified as Azure SQL does.
import { createHash, randomBytes } from 'node:crypto';
import {
  createLocalJWKSet,
  errors,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
  type JWK,
  type JWTPayload,
} from 'jose';
import { SqlError, type TokenClaims } from '../contract.ts';
import type { Directory, DirectoryObject, ServicePrincipal, User } from './directory.ts';
import type { IssuerFault } from './issuerFault.ts';
import { OAuthError } from './oauthError.ts';

export interface TokenSettings {
  /** Seconds; Entra's are 60-90 minutes. */
  lifetime: number;
  /** Seconds by which the issuer's clock is ahead of this machine's (negative: behind). */
  clockSkew: number;
  /** Sessions end with their tokens: the next request after `exp` is answered with 37396. Azure looks hours apart only. */
  endsSessions?: boolean;
}

export interface TokenRequest {
  subject: User | ServicePrincipal;
  /** Resource, as it shall stand in `aud`. */
  audience: string;
  /** Seconds, instead of the settings' lifetime; negative: already expired. */
  lifetime?: number;
  /** Overwrite or (undefined) remove claims, to make a wrong token. */
  claims?: Record<string, unknown>;
}

export interface IssuedToken {
  accessToken: string;
  /** Seconds since 1970. */
  expiresOn: number;
  issuedAt: number;
}

interface VerifyOptions {
  /** The server's own tenant. */
  tenant: string;
  /** Resource of the server, with or without a trailing slash. */
  audience: string;
}

const withoutSlash = (resource: string): string => resource.replace(/\/+$/, '');

/** Signs and verifies with one RSA key made at start. */
export class TokenAuthority {
  readonly settings: TokenSettings;
  /** What goes wrong when a token is asked for, until it is taken away. */
  fault: IssuerFault | undefined;
  /** Tokens by the object id of whom they were issued to. */
  readonly issued = new Map<string, number>();
  readonly #directory: Directory;
  readonly #privateKey: CryptoKey;
  readonly #jwk: JWK;
  readonly #keys: ReturnType<typeof createLocalJWKSet>;
  /** 'https://localhost:<port>', set once the issuer listens. */
  origin = '';

  private constructor(directory: Directory, settings: TokenSettings, privateKey: CryptoKey, jwk: JWK) {
    this.#directory = directory;
    this.settings = settings;
    this.#privateKey = privateKey;
    this.#jwk = jwk;
    this.#keys = createLocalJWKSet({ keys: [jwk] });
  }

  static async create(directory: Directory, settings: TokenSettings): Promise<TokenAuthority> {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const kid = randomBytes(20).toString('base64url');
    const jwk: JWK = { ...(await exportJWK(publicKey)), kid, x5t: kid, use: 'sig', alg: 'RS256' };
    return new TokenAuthority(directory, settings, privateKey, jwk);
  }

  /** The key set document. */
  jwks(): { keys: JWK[] } {
    return { keys: [this.#jwk] };
  }

  /** The `iss` of a tenant: v1 tokens come from the "sts", with a trailing slash. */
  issuerOf(tenant: string): string {
    return `${this.origin}/${tenant}/`;
  }

  /** Seconds since 1970 by the issuer's clock. */
  now(): number {
    return Math.floor(Date.now() / 1000) + this.settings.clockSkew;
  }

  /** @throws OAuthError when the account is disabled */
  async issue(request: TokenRequest): Promise<IssuedToken> {
    if (request.subject.accountEnabled === false) throw disabled(request.subject);
    const issuedAt = this.now();
    const lifetime = request.lifetime ?? this.settings.lifetime;
    const expiresOn = issuedAt + lifetime;
    // An expired token was issued before it expired.
    const start = lifetime > 0 ? issuedAt : expiresOn - 3600;
    const payload: JWTPayload = {
      aud: request.audience,
      iss: this.issuerOf(request.subject.tenant),
      iat: start,
      nbf: start,
      exp: expiresOn,
      ...this.#identityClaims(request.subject),
      tid: request.subject.tenant,
      uti: randomBytes(16).toString('base64url'),
      ver: '1.0',
      ...request.claims,
    };
    this.issued.set(request.subject.id, (this.issued.get(request.subject.id) ?? 0) + 1);
    const kid = this.#jwk.kid ?? '';
    const accessToken = await new SignJWT(payload)
      .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid, x5t: kid })
      .sign(this.#privateKey);
    return { accessToken, expiresOn, issuedAt: start };
  }

  /**
   * What the server does with a token before it looks for the principal.
   * @throws SqlError 18456 with the server's words (facts/entra-and-drivers.md section 5).
   */
  async verify(token: string, options: VerifyOptions): Promise<TokenClaims> {
    const payload = await this.#verifySignature(token);
    const { aud, tid, oid, exp } = payload;
    if (typeof aud !== 'string' || withoutSlash(aud) !== withoutSlash(options.audience))
      throw refused(invalidToken);
    if (typeof tid !== 'string' || typeof oid !== 'string' || typeof exp !== 'number')
      throw refused(invalidToken);
    if (tid !== options.tenant || payload.iss !== this.issuerOf(options.tenant))
      throw refused(notAccepted, 235);
    const claims: TokenClaims = { aud, tid, oid, exp };
    if (typeof payload['appid'] === 'string') claims.appid = payload['appid'];
    // A guest's token has no upn; what it signed in with is its unique_name.
    const upn = payload['upn'] ?? payload['unique_name'];
    if (typeof upn === 'string') claims.upn = upn;
    if (typeof payload['name'] === 'string') claims.name = payload['name'];
    if (payload['idtyp'] === 'user' || payload['idtyp'] === 'app') claims.idtyp = payload['idtyp'];
    const groups: unknown = payload['groups'];
    if (Array.isArray(groups)) claims.groups = groups.filter((group) => typeof group === 'string');
    return claims;
  }

  async #verifySignature(token: string): Promise<JWTPayload & Record<string, unknown>> {
    try {
      const { payload } = await jwtVerify(token, this.#keys, { algorithms: ['RS256'] });
      return payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw refused('Token is expired.', 233);
      if (error instanceof errors.JOSEError) throw refused(invalidToken);
      throw error;
    }
  }

  #identityClaims(subject: User | ServicePrincipal): Record<string, unknown> {
    const groups = this.#directory.groupsOf(subject.id);
    const common = {
      oid: subject.id,
      sub: subject.kind === 'user' ? pairwise(subject) : subject.id,
      ...(groups.length > 0 ? { groups } : {}),
    };
    if (subject.kind !== 'user') {
      return {
        ...common,
        appid: subject.appId,
        appidacr: subject.kind === 'managedIdentity' ? '2' : '1',
        idp: this.issuerOf(subject.tenant),
        idtyp: 'app',
        ...(subject.resourceId === undefined ? {} : { xms_mirid: subject.resourceId }),
      };
    }
    return {
      ...common,
      acr: '1',
      amr: ['pwd'],
      // The client id of VS Code, which asks for a person's token.
      appid: 'aebc6443-996d-45c2-90f0-388ff96faa56',
      appidacr: '0',
      idtyp: 'user',
      ipaddr: '127.0.0.1',
      name: subject.displayName,
      scp: 'user_impersonation',
      ...(subject.homeTenant === undefined
        ? { upn: subject.upn, unique_name: subject.upn }
        : { unique_name: subject.mail, email: subject.mail, idp: this.issuerOf(subject.homeTenant) }),
    };
  }
}

const invalidToken = 'Incorrect or invalid token.';
/** Also of a server that has no Entra admin. */
export const notAccepted = 'The server is not currently configured to accept this token.';

/** 18456 as a token login gets it: the server never names the caller. */
export function refused(reason = '', state = 1): SqlError {
  const message = `Login failed for user '<token-identified principal>'.${reason === '' ? '' : ` ${reason}`}`;
  return new SqlError({ number: 18456, state, class: 14, message, line: 1 });
}

/** What was issued before stays good until it ends: the database asks nobody. */
function disabled(subject: User | ServicePrincipal): OAuthError {
  return subject.kind === 'user'
    ? new OAuthError('invalid_grant', 50057, 'The user account is disabled.')
    : new OAuthError(
        'unauthorized_client',
        7000112,
        `Application '${subject.appId}'(${subject.displayName}) is disabled.`,
      );
}

/** Whether a token can be asked for it. */
export function isSubject(object: DirectoryObject | undefined): object is User | ServicePrincipal {
  return object !== undefined && object.kind !== 'group';
}

function pairwise(user: User): string {
  return createHash('sha256').update(`${user.tenant}/${user.id}`).digest('base64url');
}
