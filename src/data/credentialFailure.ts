// What a credential's failure is about, told from its words, and those words without anything that is secret.
import { errorChain } from './errorChain.ts';

export type FailureReason =
  | 'notInstalled'
  | 'notSignedIn'
  | 'expired'
  /** Multi-factor authentication, a claims challenge: a person has to answer. */
  | 'furtherCheck'
  /** A policy says no, whoever signs in again. */
  | 'blocked'
  | 'wrongTenant'
  /** The audience is unknown where the token was asked for. */
  | 'wrongCloud'
  /** The application's own secret, certificate or federated token. */
  | 'refused'
  | 'noEndpoint'
  | 'noSuchIdentity'
  | 'unreachable'
  | 'unreadable'
  | 'noTokenFile'
  | 'timedOut'
  | 'unknown';

export interface CredentialFailure {
  reason: FailureReason;
  /** "AADSTS50076", "ENOTFOUND", for those who look it up. */
  code: string | undefined;
  /** One line of the failure's own words, clean; '' when there are none. */
  detail: string;
  /** All of them, clean: for the log. */
  text: string;
}

/** Learn, "Microsoft Entra authentication and authorization error codes". Only wording hangs on them: an unknown one is shown as it is. */
const numbers: readonly (readonly [FailureReason, readonly number[]])[] = [
  ['notSignedIn', [50058]],
  ['expired', [70008, 70043, 70044, 50089, 50132, 50133, 50173, 700081, 700082, 700084, 9002341]],
  ['furtherCheck', [50072, 50074, 50076, 50078, 50079, 50158]],
  ['blocked', [53000, 53001, 53002, 53003, 53004, 50105, 50057]],
  ['wrongTenant', [90002, 900023, 50020, 50034, 50059, 50128, 90072, 700016]],
  ['wrongCloud', [500011, 50001, 900439]],
  ['refused', [7000215, 7000222, 7000112, 7000218, 700027, 700030, 70021, 700211, 700212, 700213, 7002138]],
];
const byNumber = new Map(
  numbers.flatMap(([reason, list]) => list.map((number): [number, FailureReason] => [number, reason])),
);

/** The words of the command lines and of @azure/identity 4.14.1; the first that fits. */
const byText: readonly (readonly [RegExp, FailureReason])[] = [
  [
    /could(n't| not) be found\. |is not installed|no valid module file|Unable to execute PowerShell/i,
    'notInstalled',
  ],
  [/claims[ -]challenge|multi-?factor|reauthentication required/i, 'furtherCheck'],
  [/IMDS endpoint, but it is not available|Network unreachable/, 'noEndpoint'],
  [
    /identity not found|no (user[ -]assigned or delegated )?managed identity found|no identity found/i,
    'noSuchIdentity',
  ],
  [/\baz login\b|not logged in|\bazd auth login\b|Connect-AzAccount/i, 'notSignedIn'],
  [/is not valid JSON|Unexpected (end|token|response)|No access token found|Unable to parse/, 'unreadable'],
];
const network =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT)\b/;

/** Reads a failure of @azure/identity. */
export function readFailure(error: unknown): CredentialFailure {
  const chain = errorChain(error);
  const text = withoutSecrets(chain.map(({ message }) => message).join('\n'));
  const codes = chain.flatMap((part) => ('code' in part && typeof part.code === 'string' ? [part.code] : []));
  const aadsts = /AADSTS(\d+)/.exec(text);
  const said = byText.find(([pattern]) => pattern.test(text))?.[1];
  const failed = network.exec(`${codes.join(' ')} ${text}`)?.[0];
  const reason =
    (aadsts === null ? undefined : byNumber.get(Number(aadsts[1]))) ??
    said ??
    (codes.includes('ENOENT') || text.includes('Invalid file path provided') ? 'noTokenFile' : undefined) ??
    (failed === undefined ? 'unknown' : 'unreachable');
  return { reason, code: aadsts?.[0] ?? failed, detail: firstLine(text, aadsts?.[0]), text };
}

/** The line that says most, in the length of a sentence. */
function firstLine(text: string, code: string | undefined): string {
  const lines = text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const line = lines.find((candidate) => code !== undefined && candidate.includes(code)) ?? lines[0] ?? '';
  const plain = line
    .replace(/^(ERROR|Error|\w+Error): /, '')
    .replace(/ (Trace ID|Correlation ID|Timestamp|To troubleshoot).*$/i, '')
    .replace(/[\s.:]+$/, '');
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}

const secretVariables = [
  'AZURE_CLIENT_SECRET',
  'AZURE_CLIENT_CERTIFICATE_PASSWORD',
  'AZURE_PASSWORD',
  'IDENTITY_HEADER',
];

/** Command lines print what they got: tokens, whole or cut, and whatever else is long and opaque goes. */
function withoutSecrets(text: string): string {
  let clean = text;
  for (const name of secretVariables) {
    const value = process.env[name];
    if (value) clean = clean.replaceAll(value, '…');
  }
  return clean
    .replaceAll(/eyJ[\w.~+/=-]+/g, '…')
    .replaceAll(/[\w~+=-]{40,}/g, (word) => (/\d/.test(word) ? '…' : word));
}
