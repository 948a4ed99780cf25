// Every fault in every situation: what the caller is told, and that no write is doubled, no row lost, nobody prompted, nothing left open.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { faultList, type FaultRow } from './faultList.ts';
import { faultTable } from './faultTable.ts';
import { runSituation, situations, type CellResult, type Situation } from './situations.ts';
import { World, type Door } from './world.ts';

const page = join(import.meta.dirname, '../../../../docs/fault-matrix.md');
let world: World;
const rejections: unknown[] = [];
const onRejection = (reason: unknown): void => {
  rejections.push(reason);
};

beforeAll(async () => {
  process.on('unhandledRejection', onRejection);
  world = await World.create();
});
afterAll(async () => {
  await world?.stop();
  process.removeListener('unhandledRejection', onRejection);
  assert.deepEqual(rejections, [], 'no promise was left to fail alone');
});

for (const fault of faultList) {
  describe(`fault: ${fault.name}`, () => {
    for (const situation of situations) {
      const expected = fault.expect[situation];
      if (expected === undefined) continue;
      it(`${situation}: ${expected}`, async () => {
        const application = `${fault.name} ${situation}`;
        const door = world.door({ application });
        let result: CellResult;
        try {
          result = await runCell(fault, situation, door, application);
        } finally {
          await world.azure.client.setFaults([]);
          await fault.end?.(world, door);
          await door.sql.dispose();
        }
        assert.equal(result.outcome, expected);
        await checkWrites(result.writes);
        checkNobodyWasAsked(door);
        await eventually(
          async () => (await world.connectionsOf(application)) === 0,
          'all connections are closed',
        );
        checkLog(door);
      });
    }
  });
}

async function runCell(
  fault: FaultRow,
  situation: Situation,
  door: Door,
  application: string,
): Promise<CellResult> {
  const patience = fault.patience === undefined ? undefined : new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const result = await runSituation({
    world,
    door,
    situation,
    patience: patience?.signal,
    strike: async () => {
      await fault.begin(world, door, situation, application);
      timer = setTimeout(() => patience?.abort(), fault.patience ?? 0);
    },
  });
  clearTimeout(timer);
  return result;
}

/** Told that it worked: there once. Told that nobody knows: once or not at all. Told anything else: not there. */
async function checkWrites(writes: CellResult['writes']): Promise<void> {
  for (const { marker, told } of writes) {
    const rows = await world.rowsOf(marker);
    if (told === 'works') assert.equal(rows, 1, 'a write that worked is there once');
    else if (told === 'outcomeUnknown') assert.ok(rows <= 1, 'a write is never carried out twice');
    else assert.equal(rows, 0, `a write that failed with ${told} is not there`);
  }
}

/** No gesture was made, so nothing may have asked for more than a silent token. */
function checkNobodyWasAsked({ asked }: Door): void {
  assert.deepEqual(
    asked.filter(({ mode }) => mode !== 'silent'),
    [],
  );
}

/** At the most verbose level: no token, no header that carries one, no value of a row. */
function checkLog({ lines, tokens }: Door): void {
  const log = lines.join('\n');
  for (const token of tokens) {
    for (const part of token.split('.')) assert.ok(!log.includes(part), 'a token is in the log');
  }
  assert.doesNotMatch(log, /authorization/i);
  assert.doesNotMatch(log, /row-value|row value of many/);
}

async function eventually(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`${what}: not so`);
}

describe('the table in docs', () => {
  it('says what was tested; FAULT_TABLE=1 writes it', () => {
    const text = faultTable(faultList);
    if (process.env['FAULT_TABLE'] === '1') writeFileSync(page, text);
    assert.equal(readFileSync(page, 'utf8'), text);
  });
});
