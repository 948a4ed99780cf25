// A pasted connection string as settings of a connection.
import type { Cloud } from '../../core/cloud.ts';
import type { ConnectionProfile } from '../../core/connection.ts';

/** @returns undefined when the text is no connection string */
export function readConnectionText(
  _text: string,
  _clouds: readonly Cloud[],
): { settings: Partial<ConnectionProfile>; dropped: readonly string[] } | undefined {
  return undefined;
}
