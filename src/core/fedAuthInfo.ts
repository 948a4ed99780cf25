// What a server says about sign-in before it gets a token (FEDAUTHINFO, MS-TDS 2.2.7.12), and how much of it is believed.
import type { Cloud } from './cloud.ts';
import { AppError } from './errors.ts';

export interface FedAuthInfo {
  /** Where the server says that its tokens are issued: "https://login.windows.net/<tenant>". */
  stsUrl: string | undefined;
  /** For whom it wants them: "https://database.windows.net/". */
  spn: string | undefined;
}

/** Other names of the same authorities (Learn: "National clouds", "OpenID Connect on the Microsoft identity platform"). */
const aliases: Readonly<Record<string, readonly string[]>> = {
  'login.microsoftonline.com': ['login.windows.net', 'sts.windows.net', 'login.microsoft.com'],
  'login.microsoftonline.us': ['login-us.microsoftonline.com'],
  'login.chinacloudapi.cn': ['login.partner.microsoftonline.cn', 'sts.chinacloudapi.cn'],
};
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Whether what the server wants is what a server of this cloud wants. Its words change nothing: audience and authority come from the
 * cloud table; a server that names others is not one of the cloud's.
 * @returns the tenant that the server belongs to; undefined when it names none by id
 * @throws AppError hostNotConfirmed: nothing may be sent
 */
export function believedTenant(info: FedAuthInfo, cloud: Cloud, server: string): string | undefined {
  const audience = info.spn?.replace(/\/+$/, '').toLowerCase();
  if (audience !== cloud.audience.toLowerCase()) {
    throw new AppError(
      'hostNotConfirmed',
      `${server} asks for a token for ${printable(info.spn)}; a server of ${cloud.label} asks for ${cloud.audience}. Your token was not sent. Check the server's name and the cloud of this connection.`,
    );
  }
  const authority = parse(info.stsUrl);
  if (authority === undefined || !namesAuthority(authority, cloud)) {
    throw new AppError(
      'hostNotConfirmed',
      `${server} names ${printable(info.stsUrl)} as the place to sign in, which is not the sign-in of ${cloud.label}. Your token was not sent. Check the server's name and the cloud of this connection.`,
    );
  }
  const tenant = authority.pathname.split('/')[1] ?? '';
  return guid.test(tenant) ? tenant.toLowerCase() : undefined;
}

function namesAuthority(url: URL, cloud: Cloud): boolean {
  const own = parse(cloud.authority);
  if (own === undefined || url.protocol !== 'https:' || url.username !== '' || url.password !== '')
    return false;
  return url.host === own.host || (url.port === '' && (aliases[own.host] ?? []).includes(url.hostname));
}

function parse(text: string | undefined): URL | undefined {
  return text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
}

/** A server may send anything: what reaches a message is short and of one line. */
function printable(text: string | undefined): string {
  if (text === undefined || text === '') return 'nobody';
  const clean = text.replaceAll(/[^\x21-\x7e]/g, '?');
  return clean.length > 100 ? `${clean.slice(0, 100)}…` : clean;
}
