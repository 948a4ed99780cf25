// A failure as text for places that must not take everything that is in it: the log, and messages that VS Code scans for links.
import type { AppError } from './errors.ts';

/** For the log. A server's own words may quote values of rows (2627, 245, 2628, RAISERROR), so there only its numbers count. */
export function logText({ code, message, server }: AppError): string {
  if (server === undefined) return `${code}: ${message}`;
  return `${code}: error ${server.number}, level ${server.class}, state ${server.state}, line ${server.line}`;
}

/**
 * For notifications: VS Code makes `[text](command:…)` in them a link that runs the command when it is clicked (vscode,
 * base/common/linkedText.ts), and a server's words, or a row's value that they quote, could bring one.
 */
export function withoutLinks(text: string): string {
  return text.replaceAll('](', '] (');
}
