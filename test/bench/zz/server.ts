import { startTestServer, CA } from '../../azure/tds/testServer.ts';
import { writeFileSync } from 'node:fs';
writeFileSync('/tmp/zz-ca.pem', CA);
const s = await startTestServer({
  verifyToken: () => Promise.resolve({ aud: 'x', tid: 't', oid: 'o', upn: 'a@b', exp: 2_000_000_000 }),
});
let cached: Uint8Array[] | undefined;
const columns = [
  { name: 'id', type: { name: 'int' as const }, nullable: false },
  { name: 'first_name', type: { name: 'nvarchar' as const, length: 30 }, nullable: false },
  { name: 'last_name', type: { name: 'varchar' as const, length: 30 }, nullable: true },
  { name: 'amount', type: { name: 'decimal' as const, precision: 12, scale: 2 }, nullable: false },
  { name: 'created', type: { name: 'datetime2' as const, scale: 3 }, nullable: false },
];
s.backend.execute = async (_r, out) => {
  out.columns(columns);
  if (!cached) {
    cached = [];
    for (let b = 0; b < 1000; b++) {
      const parts: Uint8Array[] = [];
      for (let i = 1; i <= 1000; i++) {
        const v = b * 1000 + i;
        parts.push(
          out.encodeRow(columns, [
            v,
            `first ${v}`,
            v % 7 ? `last ${v}` : null,
            (v * 1.25).toFixed(2),
            '2020-01-01 00:00:00.123',
          ]),
        );
      }
      cached.push(Buffer.concat(parts));
    }
  }
  for (const c of cached) await out.encodedRows(c, 1000);
  out.done({ kind: 'statement', rowCount: 1_000_000 });
};
console.log(JSON.stringify({ port: s.port }));
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
