// Collations on the wire: their five bytes, and UTF-8 text of clients.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { ByteReader } from './byteReader.ts';
import { collationBytes } from './collation.ts';
import { readTypeInfo } from './readTypeInfo.ts';
import { readValue } from './valueDecoder.ts';

const hex = (name: string | undefined): string => Buffer.from(collationBytes(name)).toString('hex');

describe('collations on the wire', () => {
  const cases: [string | undefined, string][] = [
    [undefined, '0904d00034'],
    ['SQL_Latin1_General_CP1_CI_AS', '0904d00034'],
    ['SQL_Latin1_General_CP1_CS_AS', '0904c00033'],
    ['Latin1_General_100_CI_AS_SC_UTF8', '0904d02400'],
    ['Latin1_General_100_CS_AI_KS_WS_SC_UTF8', '0904202400'],
    ['Latin1_General_100_BIN2_UTF8', '0904002600'],
    ['Latin1_General_BIN2', '0904000200'],
    ['Japanese_XJIS_140_CI_AS_UTF8', '1104d03400'],
    ['German_PhoneBook_100_CI_AS_SC_UTF8', '0704d12400'],
  ];
  it.each(cases)('%s is %s', (name, expected) => {
    assert.equal(hex(name), expected);
  });

  it('reads varchar that a client sends as UTF-8, and as code page 1252 otherwise', () => {
    const take = (collation: string, text: Buffer): unknown => {
      const size = Buffer.alloc(4);
      size.writeUInt16LE(20, 0);
      size.writeUInt16LE(text.length, 2);
      const bytes = Buffer.concat([
        Buffer.of(0xa7),
        size.subarray(0, 2),
        Buffer.from(collation, 'hex'),
        size.subarray(2),
        text,
      ]);
      const reader = new ByteReader(bytes);
      return readValue(reader, readTypeInfo(reader));
    };
    assert.equal(take('0904d02400', Buffer.from('é漢')), 'é漢');
    assert.equal(take('0904d00034', Buffer.of(0xe9, 0x80)), 'é€');
  });
});
