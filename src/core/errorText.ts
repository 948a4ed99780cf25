// Text for places that must not take everything that is in it: the log, and where VS Code turns text into links and icons.
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

/**
 * For status bar items, quick picks and the prompts of input boxes: VS Code draws `$(name)` in them as an icon, and a name from a
 * workspace's settings or of a column could pass for one of ours. The blank of no width shows nothing and keeps the rest as it is.
 */
export function withoutIcons(text: string): string {
  return text.replaceAll('$(', '$\u200b(');
}
