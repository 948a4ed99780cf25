// What is wrong with a text for a varchar column before the server would silently change it.
import type { TableColumn } from '../../core/tableShape.ts';

export function textProblem(_column: TableColumn, _text: string): string | undefined {
  return undefined;
}
