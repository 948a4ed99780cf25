// What goes wrong when a token is asked for: ordered by tests, carried out by the token endpoint and the managed-identity endpoint alike.
import { OAuthError } from './oauthError.ts';

export type IssuerFault =
  /** Answers after so many milliseconds. */
  | { kind: 'slow'; delayMs: number }
  /** Cuts the connection without a word. */
  | { kind: 'down' }
  /** 429 with Retry-After, in seconds. */
  | { kind: 'throttled'; retryAfter: number }
  /** Entra wants a further check first and says which in `claims`: only a person can pass it. */
  | { kind: 'claimsChallenge' };

/** The connection is to be cut. */
export class IssuerDown extends Error {}

/**
 * Waits as ordered. Numbers and words: Learn, "Microsoft Entra authentication and authorization error codes".
 * @throws OAuthError instead of a token; IssuerDown
 */
export async function suffer(fault: IssuerFault | undefined): Promise<void> {
  switch (fault?.kind) {
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
      return;
    case 'down':
      throw new IssuerDown('the issuer is down by order');
    case 'throttled':
      throw new OAuthError(
        'temporarily_unavailable',
        90055,
        'There are too many incoming requests. Try again later.',
        429,
        { headers: { 'retry-after': String(fault.retryAfter) } },
      );
    case 'claimsChallenge':
      throw new OAuthError(
        'interaction_required',
        50076,
        'Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource.',
        400,
        {
          more: {
            suberror: 'basic_action',
            claims:
              '{"access_token":{"capolids":{"essential":true,"values":["7d0bb3ac-4f4c-4c3d-9d0b-00000000c0de"]}}}',
          },
        },
      );
    default:
  }
}
