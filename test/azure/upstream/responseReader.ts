// Reads a small answer of an upstream server: errors, rows, and what a login response tells.
import type { SqlMessage, SqlValue } from '../contract.ts';
import { ByteReader, ProtocolError } from '../tds/byteReader.ts';
import { DoneStatus, Token } from '../tds/tokens.ts';
import { readTypeInfo } from '../tds/readTypeInfo.ts';
import type { WireType } from '../tds/readTypeInfo.ts';
import { hasTextPointer } from '../tds/typeInfo.ts';
import { readValue } from '../tds/valueDecoder.ts';

export interface UpstreamAnswer {
  errors: SqlMessage[];
  infos: SqlMessage[];
  /** Rows of all result sets, in order. */
  rows: SqlValue[][];
  loggedIn: boolean;
  database: string | undefined;
  packetSize: number | undefined;
}

const ORDER = 0xa9;
const COLUMN_INFO = 0xa5;
const TABLE_NAME = 0xa4;
const CHANGE_DATABASE = 1;
const CHANGE_PACKET_SIZE = 4;

/** @throws ProtocolError for an answer that this reader does not understand. */
export function readAnswer(body: Buffer): UpstreamAnswer {
  const reader = new ByteReader(body);
  const answer: UpstreamAnswer = {
    errors: [],
    infos: [],
    rows: [],
    loggedIn: false,
    database: undefined,
    packetSize: undefined,
  };
  let types: WireType[] = [];
  while (reader.left > 0) {
    const token = reader.uint8();
    switch (token) {
      case Token.columnMetadata:
        types = readMetadata(reader);
        break;
      case Token.row:
        answer.rows.push(types.map((type) => readValue(reader, type, true)));
        break;
      case Token.nbcRow: {
        const bitmap = reader.slice(Math.ceil(types.length / 8));
        answer.rows.push(
          types.map((type, i) =>
            (bitmap.readUInt8(i >> 3) >> (i & 7)) & 1 ? null : readValue(reader, type, true),
          ),
        );
        break;
      }
      case Token.done:
      case Token.doneProcedure:
      case Token.doneInProcedure:
        reader.take(12);
        break;
      case Token.returnStatus:
        reader.take(4);
        break;
      case Token.error:
        answer.errors.push(readMessage(new ByteReader(reader.slice(reader.uint16()))));
        break;
      case Token.info:
        answer.infos.push(readMessage(new ByteReader(reader.slice(reader.uint16()))));
        break;
      case Token.loginAck:
        reader.take(reader.uint16());
        answer.loggedIn = true;
        break;
      case Token.environmentChange: {
        const change = new ByteReader(reader.slice(reader.uint16()));
        const kind = change.uint8();
        if (kind === CHANGE_DATABASE) answer.database = change.shortText();
        if (kind === CHANGE_PACKET_SIZE) answer.packetSize = Number(change.shortText());
        break;
      }
      case Token.featureExtAck:
        while (reader.uint8() !== 0xff) reader.take(reader.uint32());
        break;
      case ORDER:
      case COLUMN_INFO:
      case TABLE_NAME:
        reader.take(reader.uint16());
        break;
      default:
        throw new ProtocolError(`token 0x${token.toString(16)} from upstream`);
    }
  }
  return answer;
}

function readMetadata(reader: ByteReader): WireType[] {
  const count = reader.uint16();
  if (count === 0xff_ff) return [];
  return Array.from({ length: count }, () => {
    reader.take(6); // user type and flags
    const type = readTypeInfo(reader);
    if (hasTextPointer(type.type)) {
      for (let parts = reader.uint8(); parts > 0; parts--) reader.longText();
    }
    reader.shortText();
    return type;
  });
}

function readMessage(reader: ByteReader): SqlMessage {
  const number = reader.int32();
  const state = reader.uint8();
  const severity = reader.uint8();
  const message = reader.longText();
  reader.shortText(); // the server's name
  const procedure = reader.shortText();
  const line = reader.uint32();
  return { number, state, class: severity, message, line, ...(procedure ? { procedure } : {}) };
}

/** Bytes of a DONE token, the last one of every message. */
export const DONE_SIZE = 13;

/** Whether these last bytes of a message acknowledge an attention. */
export function acknowledgesAttention(tail: Buffer): boolean {
  return (
    tail.length === DONE_SIZE && tail[0] === Token.done && (tail.readUInt16LE(1) & DoneStatus.attention) !== 0
  );
}

/** The same DONE as the plain end of an answer. */
export function withoutAttention(tail: Buffer): Buffer {
  const plain = Buffer.from(tail);
  plain.writeUInt16LE(plain.readUInt16LE(1) & ~DoneStatus.attention, 1);
  return plain;
}
