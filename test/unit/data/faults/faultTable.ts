// The fault matrix as a page for people: docs/fault-matrix.md.
import { expectation, type FaultRow } from './faultRow.ts';
import { situations } from './situations.ts';

const words: Readonly<Record<string, string>> = {
  works: 'The work is done; at most it took longer. Nobody notices.',
  cancelled: 'The person cancelled, and nothing was changed.',
  outcomeUnknown:
    'A write was sent and its answer was lost. It is not sent again; the person is told and can check.',
  connectionLost: 'The connection was lost. Nothing was changed; rows already shown stay.',
  'session lost': 'The query editor says what went with its session.',
  databaseUnavailable: 'The database did not come in two minutes of visible, cancellable waiting.',
};

/** Markdown. Outcomes are the codes of `AppError`. */
export function faultTable(faults: readonly FaultRow[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const reasons: string[] = [];
  const cell = (fault: FaultRow, situation: (typeof situations)[number]): string => {
    const expected = expectation(fault, situation);
    if (typeof expected === 'string') return expected;
    if (!reasons.includes(expected.never)) reasons.push(expected.never);
    return `– (${reasons.indexOf(expected.never) + 1})`;
  };
  const rows = faults.map((fault) =>
    row([fault.name, ...situations.map((situation) => cell(fault, situation))]),
  );
  return [
    '# What happens when something goes wrong',
    '',
    'Made by `FAULT_TABLE=1 npx vitest run --project unit test/unit/data/faults`; the same test runs every cell against the local Azure and fails when one comes out differently. In every cell it also checks that no write was carried out twice by the server’s own count, no row lost or doubled, no connection kept from others or left open, nobody prompted, nobody told twice to sign in, no promise left to fail alone, and that the most verbose log holds no token and no row value.',
    '',
    row(['fault', ...situations]),
    row(['---', ...situations.map(() => '---')]),
    ...rows,
    '',
    'A dash: the fault cannot strike there.',
    '',
    ...reasons.map((reason, index) => `${index + 1}. ${reason}`),
    '',
    '## What somebody is doing',
    '',
    '- **idle**: a connection waits in the pool; then a statement comes.',
    '- **connecting**: nothing is open yet; the first statement is a read.',
    '- **read**, **write**: one statement on a pooled connection.',
    '- **transaction**: a read and a write, all or nothing, as grants are run.',
    '- **streaming**: a query editor’s own session reads 3000 rows.',
    '- **32 at once**: sixteen writes and sixteen reads in a pool of eight; different outcomes are all named.',
    '',
    '## Outcomes',
    '',
    ...Object.entries(words).map(([word, meaning]) => `- **${word}**: ${meaning}`),
    '- Any other word is the reason of a refusal, as the person is told it, with its way out as a button.',
    '',
    '## Faults',
    '',
    ...faults.map(({ name, meaning }) => `- **${name}**: ${meaning}`),
    '',
  ].join('\n');
}
