// What the local Azure does not do is said on its console, so that nobody takes a gap for the server's own answer.
import type { SqlError } from '../../contract.ts';

/** USE, a statement, a feature, another database, a keyword or option: the numbers with which Azure SQL refuses them. */
const refusals = new Set([40508, 40510, 40514, 40515, 40517]);

export function tellUnsupported({ detail }: SqlError): void {
  if (refusals.has(detail.number)) console.error(`local Azure: ${String(detail.number)}: ${detail.message}`);
}
