// Every fault of the matrix.
import { connectionFaults } from './connectionFaults.ts';
import type { FaultRow } from './faultRow.ts';
import { serverFaults } from './serverFaults.ts';
import { tokenFaults } from './tokenFaults.ts';

export const faultList: readonly FaultRow[] = [
  {
    name: 'nothing',
    meaning: 'No fault: what every row is compared with.',
    begin: () => Promise.resolve(),
    expect: { everywhere: 'works' },
  },
  ...connectionFaults,
  ...serverFaults,
  ...tokenFaults,
];
