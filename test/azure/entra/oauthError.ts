// A refusal of the token endpoint: the OAuth error document (RFC 6749 section 5.2) with Entra's AADSTS text.

export class OAuthError extends Error {
  readonly code: string;
  readonly aadsts: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Further members of the document. */
  readonly more: Readonly<Record<string, string>>;

  constructor(
    code: string,
    aadsts: number,
    text: string,
    status = 400,
    beside: { headers?: Record<string, string>; more?: Record<string, string> } = {},
  ) {
    super(`AADSTS${aadsts}: ${text}`);
    this.code = code;
    this.aadsts = aadsts;
    this.status = status;
    this.headers = beside.headers ?? {};
    this.more = beside.more ?? {};
  }
}
