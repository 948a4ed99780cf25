// What happens to a query whose text was closed: a running batch and an open transaction go on until the person said what becomes of them.
import type { EndTransaction, QueryEditor } from './queryEditor.ts';

export interface CloseQuestions {
  /** A batch is running: wait for its end, cancel it and roll back, or go on with the query. */
  running(): Promise<'wait' | 'cancel' | 'keep'>;
  /** A transaction is open. */
  transaction(): Promise<EndTransaction | 'keep'>;
}

export type ClosingEditor = Pick<
  QueryEditor,
  'running' | 'openTransactions' | 'ended' | 'endTransaction' | 'dispose'
>;

/**
 * Nothing is cancelled, committed or rolled back before its question was answered.
 * @returns whether the query is over; false when the person keeps it
 * @throws AppError when the transaction could not be ended as told: the query is not over then
 */
export async function closeQuery(editor: ClosingEditor, ask: CloseQuestions): Promise<boolean> {
  while (editor.running || editor.openTransactions > 0) {
    if (editor.running) {
      const answer = await ask.running();
      if (answer === 'keep') return false;
      // The session goes, and with it the batch and whatever it had begun.
      if (answer === 'cancel') break;
      await editor.ended();
      continue;
    }
    const how = await ask.transaction();
    if (how === 'keep') return false;
    await editor.endTransaction(how);
  }
  await editor.dispose();
  return true;
}
