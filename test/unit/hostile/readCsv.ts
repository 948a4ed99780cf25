// A reader of CSV after RFC 4180 that shares nothing with the writer: what it reads back is what another program would see.

/** Records of fields; `undefined` is an empty field without quotes. Lines end in CR LF outside quotes and in nothing else. */
export function readCsv(text: string): (string | undefined)[][] {
  const records: (string | undefined)[][] = [];
  let record: (string | undefined)[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === '"') {
      let field = '';
      for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
        if (at >= text.length) throw new Error('A quoted field does not end.');
        if (text[at] === '"') at++;
        field += text[at];
      }
      at++;
      record.push(field);
    } else {
      const start = at;
      while (at < text.length && text[at] !== ',' && text[at] !== '\r' && text[at] !== '\n') at++;
      record.push(start === at ? undefined : text.slice(start, at));
    }
    if (text[at] === ',') at++;
    else if (text.startsWith('\r\n', at)) {
      at += 2;
      records.push(record);
      record = [];
    } else
      throw new Error(
        `Neither a comma nor a line break at ${at}: ${JSON.stringify(text.slice(at, at + 10))}`,
      );
  }
  return records;
}
