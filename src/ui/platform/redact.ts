// Takes anything shaped like a token or a password out of a text before it is logged.

const shapes: readonly [RegExp, string][] = [
  // JSON Web Tokens, whole or cut: base64url of '{"' is always eyJ.
  [/eyJ[\w-]{5,}(?:\.[\w-]*){0,4}/g, '[token]'],
  [/\b(Bearer)\s+[\w.~+/=-]{8,}/gi, '$1 [token]'],
  [
    /\b(password|pwd|client_secret|access_?token|refresh_?token|sig)(["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s;,&"']+)/gi,
    '$1$2[secret]',
  ],
];

/** `text` without secrets. */
export function redact(text: string): string {
  return shapes.reduce((result, [shape, replacement]) => result.replace(shape, replacement), text);
}
