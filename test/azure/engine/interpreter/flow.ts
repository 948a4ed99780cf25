// How a batch ends early: errors that end it, the client's attention, a rollback inside a trigger.
import type { SqlError } from '../../contract.ts';

/** The error was already written to the client; everything up to the request ends. */
export class BatchAborted extends Error {
  constructor() {
    super('The batch was aborted.');
    this.name = 'BatchAborted';
  }
}

/**
 * What binding finds (a missing table or column) ends the batch, procedure or dynamic text it stands in; the level around goes on. A TRY
 * of the same level does not see it. `error` is set while a TRY further out still has to.
 */
export class ScopeEnded extends Error {
  readonly error: SqlError | undefined;
  constructor(error?: SqlError) {
    super('The scope was ended.');
    this.name = 'ScopeEnded';
    this.error = error;
  }
}

/** The client asked to stop. Not an error: the front acknowledges. */
export class Attention extends Error {
  constructor() {
    super('The client sent an attention.');
    this.name = 'Attention';
  }
}

/** ROLLBACK in a trigger: the statement that fired it is undone with the transaction. */
export class TriggerRollback extends Error {
  constructor() {
    super('The transaction ended in the trigger.');
    this.name = 'TriggerRollback';
  }
}

/** Conversion and other errors that end the batch and roll back even without XACT_ABORT. */
const abortingNumbers = new Set([
  235, 241, 242, 244, 245, 248, 293, 295, 296, 529, 1205, 1222, 3616, 3930, 3931, 3960, 6355, 8114, 9420,
  9436,
]);
/** Errors that end the batch but leave the transaction alone: what binding finds, and THROW. */
const endingNumbers = new Set([
  208, 207, 4104, 209, 213, 156, 102, 137, 1087, 40515, 40517, 195, 206, 257, 402, 8117, 8120, 8121, 8127,
  109, 110, 120, 121, 4121, 174,
]);

export function endsBatch(error: SqlError): 'rollback' | 'end' | 'no' {
  if (abortingNumbers.has(error.detail.number)) return 'rollback';
  if (endingNumbers.has(error.detail.number)) return 'end';
  return error.detail.class >= 20 ? 'rollback' : 'no';
}
