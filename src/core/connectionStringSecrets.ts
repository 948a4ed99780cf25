// Whether a connection string holds a secret: what does is never shown, not even in the box that it would be typed into.
import { connectionPairs, urlPairs } from './connectionStringPairs.ts';

export type SecretKind = 'password' | 'accessToken' | 'key';

/** Keywords, without blanks, underscores and hyphens, in lower case, that name a secret anywhere: JDBC alone has five kinds of password. */
const kinds: readonly (readonly [RegExp, SecretKind])[] = [
  [/password|passwd|pwd|passphrase|secret|credential/, 'password'],
  [/token|bearer|jwt/, 'accessToken'],
  [/key$|signature|^sig$|^sas$/, 'key'],
];

/** The first kind of secret that is found; undefined when there is none. Rather one too many than one too few. */
export function secretIn(source: string): SecretKind | undefined {
  const text = source.trim();
  // By the marks of its parts, for whatever hides from the readers: in a URL's path, in a value, in a string that is none.
  if (/^[a-z0-9+]+:\/\/[^/?#]*:[^/?#]*@/i.test(text)) return 'password';
  if (/\beyJ[\w-]{10}/.test(text)) return 'accessToken';
  const pairs = [...(connectionPairs(text) ?? []), ...(urlPairs(text) ?? [])];
  const keywords = [
    ...pairs.filter(({ value }) => value !== '').map(({ keyword }) => keyword),
    ...[...decoded(text).matchAll(/([\w -]{1,60})\s*=\s*(?=[^\s;&])/g)].map(([, keyword]) => keyword ?? ''),
  ].map((keyword) => keyword.toLowerCase().replaceAll(/[\s_-]/g, ''));
  return kinds.find(([pattern]) => keywords.some((keyword) => pattern.test(keyword)))?.[1];
}

/** A string inside a URL's parameter has its marks in percent signs. */
function decoded(text: string): string {
  try {
    return `${text};${decodeURIComponent(text)}`;
  } catch {
    return text;
  }
}
