// Splits a script into batches at its GO lines, as sqlcmd and SSMS do: the server never sees GO.
import { lex } from './batchLexer.ts';

export interface Batch {
  /** Exactly the script's text between two GO lines: server line 1 is `line`. */
  text: string;
  /** Offset of `text` in the script. */
  start: number;
  /** Exclusive. */
  end: number;
  /** 0-based line of the script where `text` begins. */
  line: number;
  /** 0-based line of the first thing that is not a blank or a comment. */
  firstLine: number;
  /** How often to run it: the number after GO, otherwise 1. 0 is allowed and means not at all. */
  count: number;
}

interface Separator {
  start: number;
  /** Behind the line break that ends the GO line. */
  end: number;
  count: number;
}

/** GO alone on its line, an optional count, an optional line comment (Learn: "SQL Server Utilities Statements - GO"). */
const goLine = /^GO(?:[^\S\r\n]+(\d{1,9}))?[^\S\r\n]*(?:--.*)?$/i;

/** The batches of a script that hold at least one token that is not a comment. */
export function splitBatches(script: string): Batch[] {
  const batches: Batch[] = [];
  let start = 0;
  let line = 0;
  for (const separator of [...separators(script), { start: script.length, end: script.length, count: 1 }]) {
    const text = script.slice(start, separator.start);
    const first = firstToken(text);
    if (first !== undefined) {
      const firstLine = line + lineBreaks(text.slice(0, first));
      batches.push({ text, start, end: separator.start, line, firstLine, count: separator.count });
    }
    line += lineBreaks(script.slice(start, separator.end));
    start = separator.end;
  }
  return batches;
}

/** Maps a line the server named (1-based within the batch, 0 = unknown) to a 0-based line of the script. */
export function scriptLine(batch: Pick<Batch, 'line' | 'firstLine'>, serverLine: number): number {
  return serverLine > 0 ? batch.line + serverLine - 1 : batch.firstLine;
}

/** The batch an offset lies in, or the last one before it. */
export function batchAt(batches: readonly Batch[], offset: number): Batch | undefined {
  return batches.find((batch) => offset <= batch.end) ?? batches.at(-1);
}

function* separators(script: string): Generator<Separator> {
  let lineStart = 0;
  for (const token of lex(script)) {
    if (token.kind === 'newline') {
      lineStart = token.end;
    } else if (token.kind === 'word' && script.slice(token.start, token.end).toUpperCase() === 'GO') {
      if (script.slice(lineStart, token.start).trim() !== '') continue;
      const lineEnd = endOfLine(script, token.start);
      const match = goLine.exec(script.slice(token.start, lineEnd));
      if (!match) continue;
      const end = script.startsWith('\r\n', lineEnd) ? lineEnd + 2 : Math.min(lineEnd + 1, script.length);
      yield { start: lineStart, end, count: match[1] === undefined ? 1 : Number(match[1]) };
    }
  }
}

/** Offset of the first token that is neither a line break nor a comment. */
function firstToken(text: string): number | undefined {
  for (const token of lex(text)) {
    if (token.kind !== 'newline' && token.kind !== 'comment') return token.start;
  }
  return undefined;
}

function endOfLine(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charAt(at) !== '\n' && text.charAt(at) !== '\r') at++;
  return at;
}

function lineBreaks(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}
