// COLMETADATA, ROW and NBCROW for one list of columns (MS-TDS 2.2.7.4, 2.2.7.13, 2.2.7.19).
import type { ResultColumn, SqlValue } from '../contract.ts';
import type { ByteWriter } from './byteWriter.ts';
import { lacksDateTypes, TdsVersion, Token } from './tokens.ts';
import { hasTextPointer, writeTypeInfo } from './typeInfo.ts';
import { EncodingError } from './presentValue.ts';
import type { ValueEncoder } from './presentValue.ts';
import { nullEncoding, valueEncoder } from './valueEncoder.ts';

const Flag = { nullable: 0x01, updatableUnknown: 0x08, identity: 0x10, computed: 0x20 } as const;

/** User types that only tell a synonym: SQL Server sends them for sysname and timestamp. */
const USER_TYPE: Partial<Record<string, number>> = { sysname: 0x1_00, timestamp: 0x50 };

/** Encoders chosen once for a result set. Immutable: may be cached as long as the columns are. */
export class RowEncoder {
  private readonly columns: ResultColumn[];
  private readonly encoders: ValueEncoder[];
  private readonly nulls: Uint8Array[];
  private readonly bitmapSize: number;
  private readonly nullBitmaps: boolean;
  private readonly legacy: boolean;

  constructor(columns: ResultColumn[], tdsVersion: number) {
    this.columns = columns;
    this.legacy = lacksDateTypes(tdsVersion);
    this.nullBitmaps = tdsVersion >= TdsVersion.v73B || tdsVersion === TdsVersion.v80;
    this.encoders = columns.map((column) => valueEncoder(column.type, this.legacy));
    this.nulls = columns.map((column) => nullEncoding(column.type, this.legacy));
    this.bitmapSize = Math.ceil(columns.length / 8);
  }

  writeMetadata(out: ByteWriter): void {
    out.uint8(Token.columnMetadata);
    out.uint16(this.columns.length);
    for (const column of this.columns) {
      out.uint32(USER_TYPE[column.type.name] ?? 0);
      let flags = column.nullable ? Flag.nullable : 0;
      if (column.identity) flags |= Flag.identity;
      else if (column.computed) flags |= Flag.computed;
      else flags |= Flag.updatableUnknown;
      out.uint16(flags);
      writeTypeInfo(out, column.type, this.legacy);
      if (hasTextPointer(column.type)) out.uint8(0); // the table's name: no parts
      out.shortText(column.name);
    }
  }

  /** Writes ROW, or NBCROW where that is shorter. On failure nothing is left in `out`. @throws EncodingError */
  writeRow(out: ByteWriter, values: readonly SqlValue[]): void {
    const start = out.length;
    try {
      this.writeRowUnchecked(out, values);
    } catch (error) {
      out.length = start;
      throw error;
    }
  }

  private writeRowUnchecked(out: ByteWriter, values: readonly SqlValue[]): void {
    const encoders = this.encoders;
    const count = encoders.length;
    if (values.length !== count) throw new EncodingError(`${values.length} values for ${count} columns`);
    let nullBytes = 0;
    if (this.nullBitmaps) {
      for (let i = 0; i < count; i++) {
        if (values[i] == null) nullBytes += this.nulls[i]?.length ?? 0;
      }
    }
    const bitmap = nullBytes > this.bitmapSize;
    out.uint8(bitmap ? Token.nbcRow : Token.row);
    const bitmapAt = out.length;
    if (bitmap) {
      out.reserve(this.bitmapSize);
      for (let i = 0; i < this.bitmapSize; i++) out.bytes[out.length++] = 0;
    }
    for (let i = 0; i < count; i++) {
      const value = values[i];
      if (value === null || value === undefined) {
        if (bitmap) {
          const at = bitmapAt + (i >> 3);
          out.bytes[at] = (out.bytes[at] ?? 0) | (1 << (i & 7));
        } else {
          out.raw(this.nulls[i] ?? new Uint8Array(1));
        }
      } else {
        encoders[i]?.(out, value);
      }
    }
  }
}
