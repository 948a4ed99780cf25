// What an access token says about itself, and whether it is the one that was asked for. Reads claims, verifies no signature: the server does.
import type { Cloud } from './cloud.ts';
import type { CredentialChoice } from './connection.ts';
import { AppError } from './errors.ts';
import type { AccessToken } from './ports.ts';

/** Application id of Azure SQL Database: a token of version 2 names it as audience instead of the URL (Learn, first-party application ids). */
const azureSqlApplication = '022907d3-0f1b-48f7-badc-1ba6abab6d66';
/** Home tenant of personal Microsoft accounts: no tenant that a database could be in. */
const personalAccounts = '9188040d-6c67-4c5b-b112-36a304b66dad';
/** The last moment that a Date can stand for. */
const lastSecond = 8.64e12;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Reads the claims of a JWT. `now` (milliseconds) stands in for a missing `iat`.
 * @throws AppError credentialUnavailable when the text is no JWT with `exp`, `aud` and `tid`; the text itself is never in the message
 */
export function readAccessToken(token: string, now: number): AccessToken {
  const claims = readClaims(token);
  const text = (name: string): string | undefined => {
    const value = claims?.[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const seconds = (name: string): number | undefined => {
    const value = claims?.[name];
    return typeof value === 'number' && value >= 0 && value <= lastSecond ? value : undefined;
  };
  const expires = seconds('exp');
  const audience = text('aud');
  const tenant = text('tid');
  if (expires === undefined || audience === undefined || tenant === undefined) {
    throw new AppError('credentialUnavailable', 'What the credential returned is not an Entra access token.');
  }
  const person = text('upn') ?? text('unique_name') ?? text('preferred_username');
  const application =
    text('app_displayname') ?? identityName(text('xms_mirid')) ?? text('appid') ?? text('azp');
  return {
    token,
    expiresOn: expires * 1000,
    issuedOn: Math.min((seconds('iat') ?? now / 1000) * 1000, expires * 1000),
    audience,
    tenant,
    objectId: text('oid') ?? text('sub') ?? '',
    who: (text('idtyp') === 'app' ? undefined : person) ?? application ?? text('name') ?? 'unknown',
  };
}

/**
 * The name of a managed identity, as it is called in databases: the end of its resource id. Learn, "Access token claims reference"
 * (`xms_mirid`); a slot's name includes its app: 'app-orders/slots/staging'.
 */
function identityName(resourceId: string | undefined): string | undefined {
  return resourceId === undefined ? undefined : /\/providers\/[^/]+\/[^/]+\/(.+)$/i.exec(resourceId)?.[1];
}

/** The tenant that a credential is bound to, when it is known as an id: its own choice, else the account's home. */
export function expectedTenant(credential: CredentialChoice): string | undefined {
  if (credential.tenant !== undefined) return guid.test(credential.tenant) ? credential.tenant : undefined;
  const home = credential.account?.id.split('.')[1];
  return home !== undefined && guid.test(home) && home !== personalAccounts ? home : undefined;
}

/**
 * Checks that a token is for this cloud's SQL and of the tenant that was asked for: another one would be answered with
 * "Incorrect or invalid token", or give an identity away to a server that has no business with it.
 * @throws AppError wrongAudience, wrongTenant
 */
export function checkAccessToken(token: AccessToken, cloud: Cloud, credential: CredentialChoice): void {
  const audience = token.audience.replace(/\/$/, '').toLowerCase();
  if (audience !== cloud.audience.toLowerCase() && audience !== azureSqlApplication) {
    throw new AppError(
      'wrongAudience',
      `The token is for ${printable(token.audience)}, not for ${cloud.audience}. It was not sent. Sign in again, or check the cloud of this connection.`,
    );
  }
  const tenant = expectedTenant(credential);
  if (tenant !== undefined && tenant.toLowerCase() !== token.tenant.toLowerCase()) {
    throw new AppError(
      'wrongTenant',
      `The token is of tenant ${printable(token.tenant)}, but this connection asks for ${tenant}. It was not sent. Choose the tenant that the database belongs to.`,
    );
  }
}

function printable(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function readClaims(token: string): Record<string, unknown> | undefined {
  const payload = token.split('.')[1];
  if (payload === undefined || token.split('.').length !== 3) return undefined;
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (character) =>
      character.charCodeAt(0),
    );
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === 'object' && claims !== null ? { ...claims } : undefined;
  } catch {
    // Not base64, not JSON: no token. The caller says so, without the text.
    return undefined;
  }
}
