// The fault matrix as a page for people: docs/fault-matrix.md.
import type { FaultRow } from './faultList.ts';
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
  return [
    '# What happens when something goes wrong',
    '',
    'Made by `FAULT_TABLE=1 npx vitest run --project unit test/unit/data/faults`; the same test runs every cell against the local Azure and fails when one comes out differently. In every cell it also checks that no write was carried out twice, no row lost or doubled, no connection left open, nobody prompted, no promise left to fail alone, and that the most verbose log holds no token and no row value.',
    '',
    row(['fault', ...situations]),
    row(['---', ...situations.map(() => '---')]),
    ...faults.map(({ name, expect }) =>
      row([name, ...situations.map((situation) => expect[situation] ?? '')]),
    ),
    '',
    'An empty cell: the fault cannot strike there, or the cell would repeat its neighbour.',
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
