// sql_variant's bytes, where a driver's own idea of them must not be the judge, and the way back in.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import type { SqlType } from '../contract.ts';
import { ByteReader } from './byteReader.ts';
import { ByteWriter } from './byteWriter.ts';
import { readTypeInfo } from './readTypeInfo.ts';
import { writeTypeInfo } from './typeInfo.ts';
import { joinVariant } from './variant.ts';
import { readValue } from './valueDecoder.ts';
import { valueEncoder } from './valueEncoder.ts';

const variant: SqlType = { name: 'sql_variant' };

function encoded(value: string): Buffer {
  const out = new ByteWriter();
  valueEncoder(variant)(out, value);
  return Buffer.from(out.copy());
}

describe('sql_variant on the wire', () => {
  it('has the collation before the maximal length (MS-TDS 2.2.5.5.4)', () => {
    assert.equal(
      encoded(joinVariant({ name: 'varchar', length: 9 }, 'é€')).toString('hex'),
      '0b000000a7070904d000340900e980',
    );
  });

  it('says precision and scale of a decimal and the sign before the digits', () => {
    assert.equal(
      encoded(joinVariant({ name: 'decimal', precision: 5, scale: 2 }, '-1.50')).toString('hex'),
      '090000006a0205020096000000',
    );
  });

  const values: string[] = [
    joinVariant({ name: 'bit' }, true),
    joinVariant({ name: 'tinyint' }, 255),
    joinVariant({ name: 'bigint' }, -5n),
    joinVariant({ name: 'numeric', precision: 38, scale: 10 }, '-12345.6780000000'),
    joinVariant({ name: 'money' }, '1.5000'),
    joinVariant({ name: 'float' }, 1e-300),
    joinVariant({ name: 'time', scale: 7 }, '23:59:59.9999999'),
    joinVariant({ name: 'datetimeoffset', scale: 7 }, '2024-02-03 14:05:06.1234567 -03:30'),
    joinVariant({ name: 'smalldatetime' }, '2024-02-03 14:05:00'),
    joinVariant({ name: 'nvarchar', length: 3 }, '漢é'),
    joinVariant({ name: 'varbinary', length: 8 }, Uint8Array.of(0, 255)),
    joinVariant({ name: 'uniqueidentifier' }, '2FF8EDF0-DCCB-4148-A649-2C1154E1E129'),
  ];
  it.each(values)('%s comes in as it went out', (value) => {
    const info = new ByteWriter();
    writeTypeInfo(info, variant);
    const reader = new ByteReader(Buffer.concat([info.copy(), encoded(value)]));
    assert.equal(readValue(reader, readTypeInfo(reader)), value);
  });
});
